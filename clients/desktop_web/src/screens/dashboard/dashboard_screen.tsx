import { useEffect } from 'react';

import { Icon } from '../../elements/icon';
import { ProblemNotice } from '../../elements/notice';
import { useSpeaker } from '../../language/language_context';
import type { DashboardState } from './dashboard_state';
import { useDashboard } from './use_dashboard';
import { WidgetCard } from './widget_card';

export interface DashboardScreenProps {
  readonly propertyId: string;
  readonly onBusinessDate: (date: string) => void;
  readonly onPropertyName: (propertyId: string, name: string) => void;
}

export function DashboardScreen({
  propertyId,
  onBusinessDate,
  onPropertyName,
}: DashboardScreenProps) {
  const speaker = useSpeaker();
  const dashboard = useDashboard(propertyId);
  const { businessDate, reload } = dashboard;
  const name = propertyNameIn(dashboard);
  useEffect(() => {
    if (businessDate !== null) onBusinessDate(businessDate);
  }, [businessDate, onBusinessDate]);
  useEffect(() => {
    if (name !== null) onPropertyName(propertyId, name);
  }, [propertyId, name, onPropertyName]);
  return (
    <section aria-labelledby="dashboard-title" className="dashboard" data-phase={dashboard.phase}>
      <div className="toolbar">
        <h1 id="dashboard-title">{speaker.say('dashboard.title')}</h1>
        <SummaryLine dashboard={dashboard} />
        <button
          type="button"
          className="button"
          onClick={reload}
          aria-busy={dashboard.phase === 'streaming'}
        >
          <Icon name="refresh" /> {speaker.say('common.refresh')}
        </button>
      </div>
      {dashboard.problem === null ? null : (
        <ProblemNotice
          problem={dashboard.problem}
          {...(dashboard.phase === 'interrupted'
            ? { title: speaker.say('dashboard.interrupted') }
            : {})}
          actions={
            <button type="button" className="button" onClick={reload}>
              {speaker.say('common.retry')}
            </button>
          }
        />
      )}
      {dashboard.phase === 'opening' ? (
        <p className="visually-hidden" role="status">
          {speaker.say('dashboard.opening')}
        </p>
      ) : null}
      <div className="cards">
        {dashboard.widgets.map((widget) => (
          <WidgetCard key={widget.id} widget={widget} />
        ))}
      </div>
    </section>
  );
}

function SummaryLine({ dashboard: { summary } }: { dashboard: DashboardState }) {
  const speaker = useSpeaker();
  return (
    <p className="soft summary" aria-live="polite">
      {summary === null
        ? null
        : `${speaker.say('dashboard.summary', { fresh: summary.fresh, stale: summary.stale, missing: summary.missing })} ${speaker.say('dashboard.duration', { ms: Math.round(summary.durationMs) })}`}
    </p>
  );
}

function propertyNameIn({ widgets }: DashboardState): string | null {
  const data = widgets.find(({ kind }) => kind === 'property_day')?.data;
  if (typeof data !== 'object' || data === null || !('name' in data)) return null;
  return typeof data.name === 'string' ? data.name : null;
}
