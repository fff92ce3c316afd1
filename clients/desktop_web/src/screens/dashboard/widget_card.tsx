import type { DashboardWidget } from '@ghasi/desktop-bridge-types';
import type { ReactNode } from 'react';

import { Badge } from '../../elements/badge';
import { formatAge } from '../../formatting/age';
import { useSpeaker, type Speaker } from '../../language/language_context';
import { GenericBody, labelFrom } from './generic_body';
import { WIDGET_BODIES } from './widget_bodies';
import { UnfamiliarDataError, WidgetData } from './widget_data';

const BOARD_KINDS: readonly string[] = ['arrivals_board', 'departures_board'];
const WIDE_KINDS: readonly string[] = ['alerts', 'ai_insight'];

export function WidgetCard({ widget }: { widget: DashboardWidget }) {
  const speaker = useSpeaker();
  const title = speaker.sayIfKnown(`widget.title.${widget.kind}`) ?? labelFrom(widget.kind);
  return (
    <article
      className="card"
      data-widget={widget.id}
      data-state={widget.state}
      data-size={sizeOf(widget.kind)}
      aria-busy={widget.state === 'pending'}
    >
      <header className="card-head">
        <h2>{title}</h2>
        <StateBadge widget={widget} />
      </header>
      <div className="card-body">{bodyOf(widget, speaker)}</div>
    </article>
  );
}

/** A kind has its room before its data has come: little moves while the dashboard paints. */
function sizeOf(kind: string): 'board' | 'wide' | 'single' {
  if (BOARD_KINDS.includes(kind)) return 'board';
  return WIDE_KINDS.includes(kind) ? 'wide' : 'single';
}

/** Fresh needs no badge: quiet means good. */
function StateBadge({ widget }: { widget: DashboardWidget }) {
  const speaker = useSpeaker();
  switch (widget.state) {
    case 'fresh':
      return null;
    case 'pending':
      return <span className="visually-hidden">{speaker.say('widget.state.pending')}</span>;
    case 'stale':
      return (
        <Badge tone="caution">
          {widget.ageMs === undefined
            ? speaker.say('widget.state.stale_ageless')
            : speaker.say('widget.state.stale', { age: formatAge(widget.ageMs, speaker.tag) })}
        </Badge>
      );
    case 'missing':
      return <Badge tone="neutral">{speaker.say('widget.state.missing')}</Badge>;
  }
}

function bodyOf(widget: DashboardWidget, speaker: Speaker): ReactNode {
  if (widget.state === 'missing') {
    const words = speaker.sayIfKnown(`widget.missing.${widget.reason ?? 'other'}`);
    return <p className="soft">{words ?? speaker.say('widget.missing.other')}</p>;
  }
  if (widget.data === undefined) return <Skeleton />;
  return drawn(widget.kind, widget.data, speaker);
}

/** The kind's own drawing, or labels and values where kind or data are not as this client knows them. */
function drawn(kind: string, data: unknown, speaker: Speaker): ReactNode {
  const draw = WIDGET_BODIES[kind];
  if (draw !== undefined) {
    try {
      return draw(new WidgetData(data), speaker);
    } catch (error) {
      if (!(error instanceof UnfamiliarDataError)) throw error;
    }
  }
  return <GenericBody data={data} speaker={speaker} />;
}

function Skeleton() {
  return (
    <div className="skeleton" aria-hidden="true">
      <div className="skeleton-figure" />
      <div className="skeleton-line" />
      <div className="skeleton-line short" />
    </div>
  );
}
