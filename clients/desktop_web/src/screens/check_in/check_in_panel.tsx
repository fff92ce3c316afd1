import type { Arrival } from '@ghasi/desktop-bridge-types';
import { useEffect, useRef } from 'react';

import { Icon } from '../../elements/icon';
import { formatCalendarDate } from '../../formatting/dates';
import { useSpeaker } from '../../language/language_context';
import { BalanceText, FlagBadges, notableFlags, ReservationState } from '../arrivals/arrival_words';
import { CheckInForm } from './check_in_form';
import { CheckInOutcome } from './check_in_outcome';
import { IssueKey } from './issue_key';
import type { CheckIns } from './use_check_ins';

export interface CheckInPanelProps {
  readonly arrival: Arrival;
  readonly propertyId: string;
  readonly isOffline: boolean;
  readonly checkIns: CheckIns;
  readonly onClose: () => void;
}

/** Mount it with the reservation's id as key: one panel lives for one reservation. */
export function CheckInPanel({
  arrival,
  propertyId,
  isOffline,
  checkIns,
  onClose,
}: CheckInPanelProps) {
  const speaker = useSpeaker();
  const flow = checkIns.flowOf(arrival.id);
  const editAgain = () => {
    checkIns.editAgain(arrival.id);
  };
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    heading.current?.focus();
  }, []);
  const showsForm = flow.stage === 'editing' || flow.stage === 'sending' || flow.stage === 'unsure';
  return (
    <aside
      className="panel"
      aria-labelledby="check-in-title"
      onKeyDown={(event) => {
        if (event.key === 'Escape') onClose();
      }}
    >
      <header className="panel-head">
        <div>
          <p className="eyebrow">{speaker.say('check_in.title')}</p>
          <h2 id="check-in-title" ref={heading} tabIndex={-1}>
            <bdi>{arrival.guest.displayName}</bdi>
          </h2>
        </div>
        <button
          type="button"
          className="button-quiet"
          onClick={onClose}
          aria-label={speaker.say('common.close')}
        >
          <Icon name="close" />
        </button>
      </header>
      <StayFacts arrival={arrival} />
      <CheckInOutcome
        flow={flow}
        arrival={arrival}
        onEditAgain={editAgain}
        onRetry={checkIns.submit}
        onClose={onClose}
      />
      {flow.stage === 'succeeded' && flow.after !== null ? (
        <IssueKey
          arrival={arrival}
          roomId={flow.after.roomId}
          propertyId={propertyId}
          keys={checkIns.keys}
        />
      ) : null}
      {showsForm ? (
        <CheckInForm
          arrival={arrival}
          propertyId={propertyId}
          flow={flow}
          isOffline={isOffline}
          onSubmit={checkIns.submit}
        />
      ) : null}
    </aside>
  );
}

function StayFacts({ arrival }: { arrival: Arrival }) {
  const speaker = useSpeaker();
  return (
    <dl className="facts">
      <div>
        <dt>{speaker.say('check_in.stay')}</dt>
        <dd>
          {formatCalendarDate(arrival.arrivalDate, speaker.tag, 'short')} –{' '}
          {formatCalendarDate(arrival.departureDate, speaker.tag, 'short')}
        </dd>
      </div>
      <div>
        <dt>{speaker.say('check_in.code')}</dt>
        <dd className="code">
          {arrival.code} <ReservationState state={arrival.state} />
        </dd>
      </div>
      <div>
        <dt>{speaker.say('check_in.balance')}</dt>
        <dd>
          <BalanceText balance={arrival.balance} />
        </dd>
      </div>
      {notableFlags(arrival.flags).length === 0 ? null : (
        <div>
          <dt>{speaker.say('arrivals.column.flags')}</dt>
          <dd className="badges">
            <FlagBadges flags={arrival.flags} />
          </dd>
        </div>
      )}
    </dl>
  );
}
