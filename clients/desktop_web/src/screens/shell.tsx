import type { DeviceSession, SessionSnapshot } from '@ghasi/desktop-bridge-types';
import { useCallback, useState } from 'react';

import { Badge } from '../elements/badge';
import { Icon } from '../elements/icon';
import { Notice } from '../elements/notice';
import { formatCalendarDate } from '../formatting/dates';
import { wordsFrom } from '../formatting/identifiers';
import { useSpeaker } from '../language/language_context';
import { ArrivalsScreen } from './arrivals/arrivals_screen';
import { useCheckIns } from './check_in/use_check_ins';
import { DashboardScreen } from './dashboard/dashboard_screen';
import { addressOf, PLACES, usePlace, type Place } from './use_place';
import { useScopeResolution } from './use_scope_resolution';
import { usePropertyNaming } from './use_property_naming';
import { usePropertyNames, type PropertyNames } from './use_property_names';
import { THEMES, type Theme } from './use_theme';

export interface ShellProps {
  readonly snapshot: SessionSnapshot;
  readonly session: DeviceSession;
  readonly theme: Theme;
  readonly onTheme: (theme: Theme) => void;
}

export function Shell({ snapshot, session, theme, onTheme }: ShellProps) {
  const speaker = useSpeaker();
  const place = usePlace();
  const checkIns = useCheckIns();
  const [propertyId, setPropertyId] = useState(
    session.primaryPropertyId ?? session.propertyIds[0] ?? null,
  );
  useScopeResolution(session.scopeResolved);
  usePropertyNaming(session);
  const [businessDate, setBusinessDate] = useState<string | null>(null);
  const [names, learnName] = usePropertyNames();
  const switchProperty = useCallback((next: string) => {
    setPropertyId(next);
    setBusinessDate(null);
  }, []);
  return (
    <div className="shell">
      <a className="skip" href="#content">
        {speaker.say('common.skip_to_content')}
      </a>
      <Rail place={place} session={session} theme={theme} onTheme={onTheme} />
      <header className="top">
        <PropertySwitcher
          session={session}
          propertyId={propertyId}
          names={names}
          onSwitch={switchProperty}
        />
        <p className="hotel-day">
          <span className="soft">{speaker.say('shell.business_date')}</span>{' '}
          <b>
            {businessDate === null ? '–' : formatCalendarDate(businessDate, speaker.tag, 'long')}
          </b>
        </p>
        <ConnectionPill snapshot={snapshot} session={session} />
      </header>
      <main id="content" tabIndex={-1}>
        <LineBanner snapshot={snapshot} />
        {propertyId === null ? (
          <Notice tone="caution">
            <p>{speaker.say('widget.missing.no_property')}</p>
          </Notice>
        ) : place === 'arrivals' ? (
          <ArrivalsScreen
            key={propertyId}
            propertyId={propertyId}
            isOffline={snapshot.connection === 'offline'}
            checkIns={checkIns}
            onBusinessDate={setBusinessDate}
          />
        ) : (
          <DashboardScreen
            key={propertyId}
            propertyId={propertyId}
            onBusinessDate={setBusinessDate}
            onPropertyName={learnName}
          />
        )}
      </main>
    </div>
  );
}

function Rail({
  place,
  session,
  theme,
  onTheme,
}: {
  place: Place;
  session: DeviceSession;
  theme: Theme;
  onTheme: (theme: Theme) => void;
}) {
  const speaker = useSpeaker();
  const roles = session.roles.map((role) => speaker.sayIfKnown(`role.${role}`) ?? wordsFrom(role));
  return (
    <div className="rail">
      <p className="brand">
        <img src="/icon.svg" alt="" width="24" height="24" />
        <b>{speaker.say('product.name')}</b>
      </p>
      <nav aria-label={speaker.say('shell.navigation')}>
        {PLACES.map((target) => (
          <a
            key={target}
            href={addressOf(target)}
            aria-current={target === place ? 'page' : undefined}
          >
            <Icon name={target} />
            <span>{speaker.say(`shell.${target}`)}</span>
          </a>
        ))}
      </nav>
      <div className="rail-foot">
        <p className="soft roles">{roles.join(', ')}</p>
        <label className="theme-choice">
          <span className="visually-hidden">{speaker.say('shell.theme')}</span>
          <Icon name="theme" />
          <select
            value={theme}
            onChange={(event) => {
              onTheme(THEMES.find((known) => known === event.target.value) ?? 'system');
            }}
          >
            {THEMES.map((known) => (
              <option key={known} value={known}>
                {speaker.say(`shell.theme.${known}`)}
              </option>
            ))}
          </select>
        </label>
        <button
          type="button"
          className="button-quiet"
          onClick={() => void window.melmastoon.session.signOut()}
        >
          <Icon name="signOut" /> <span>{speaker.say('shell.sign_out')}</span>
        </button>
      </div>
    </div>
  );
}

interface PropertySwitcherProps {
  readonly session: DeviceSession;
  readonly propertyId: string | null;
  readonly names: PropertyNames;
  readonly onSwitch: (propertyId: string) => void;
}

function PropertySwitcher({ session, propertyId, names, onSwitch }: PropertySwitcherProps) {
  const speaker = useSpeaker();
  const nameOf = (id: string) =>
    names[id] ??
    session.properties.find((named) => named.id === id)?.name ??
    speaker.say('shell.property_unnamed', { number: session.propertyIds.indexOf(id) + 1 });
  if (propertyId === null) return null;
  if (session.propertyIds.length <= 1)
    return (
      <p className="property-name" dir="auto">
        {nameOf(propertyId)}
      </p>
    );
  return (
    <label className="property-choice">
      <span className="visually-hidden">{speaker.say('shell.property')}</span>
      <select
        value={propertyId}
        onChange={(event) => {
          onSwitch(event.target.value);
        }}
      >
        {session.propertyIds.map((id) => (
          <option key={id} value={id}>
            {nameOf(id)}
          </option>
        ))}
      </select>
    </label>
  );
}

function ConnectionPill({
  snapshot: { connection },
  session,
}: {
  snapshot: SessionSnapshot;
  session: DeviceSession;
}) {
  const speaker = useSpeaker();
  return (
    <p className="connection" data-connection={connection} role="status">
      {session.scopeResolved ? null : (
        <Badge tone="neutral">{speaker.say('shell.scope_pending')}</Badge>
      )}
      <span className="dot" aria-hidden="true" />
      {speaker.say(`connection.${connection}`)}
    </p>
  );
}

/** A service that does not answer is told where it was asked; a machine without a line, everywhere. */
function LineBanner({ snapshot: { connection } }: { snapshot: SessionSnapshot }) {
  const speaker = useSpeaker();
  if (connection !== 'offline') return null;
  return (
    <Notice tone="caution">
      <p>{speaker.say('connection.offline_banner')}</p>
    </Notice>
  );
}
