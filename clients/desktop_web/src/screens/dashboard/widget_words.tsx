import type { Money } from '@ghasi/desktop-bridge-types';
import type { ReactNode } from 'react';

import { Badge, type Tone } from '../../elements/badge';
import { formatMinutes } from '../../formatting/age';
import { wordsFrom } from '../../formatting/identifiers';
import { formatMoney } from '../../formatting/money';
import type { Speaker } from '../../language/language_context';
import { Counts, Rows } from './figures';
import { UnfamiliarDataError, type WidgetData } from './widget_data';

const LISTED_MAX = 6;
export const LISTED_IN_A_BOARD_MAX = 8;

const TONES: Readonly<Record<string, Tone>> = {
  ready: 'positive',
  inspected: 'positive',
  dirty: 'caution',
  cleaning: 'caution',
  out_of_order: 'danger',
  low: 'neutral',
  normal: 'informative',
  high: 'caution',
  critical: 'danger',
  warning: 'caution',
};

export function entries(
  data: WidgetData,
  speaker: Speaker,
  emptyKey: Parameters<Speaker['say']>[0],
  rowOf: (item: WidgetData) => { key: string; label: ReactNode; value: ReactNode },
  listedMax = LISTED_MAX,
): ReactNode {
  const items = data.list('items');
  if (items.length === 0) return <p className="soft">{speaker.say(emptyKey)}</p>;
  const rest = items.length - listedMax;
  return (
    <>
      <Rows rows={items.slice(0, listedMax).map(rowOf)} />
      {rest > 0 ? <p className="soft">{speaker.say('widget.more', { count: rest })}</p> : null}
    </>
  );
}

export function countsBy(
  counts: readonly (readonly [string, number])[],
  prefix: 'room_status' | 'severity',
  speaker: Speaker,
): ReactNode {
  return (
    <Counts
      counts={counts
        .filter(([, number]) => number > 0)
        .map(([name, number]) => ({
          key: name,
          label: speaker.sayIfKnown(`${prefix}.${name}`) ?? wordsFrom(name),
          count: count(number, speaker),
          tone: TONES[name] ?? 'neutral',
        }))}
    />
  );
}

export function provenance(item: WidgetData): string {
  const source = item.object('provenance');
  return [source.optionalText('model'), source.optionalText('version')]
    .filter((part) => part !== null)
    .join(' ');
}

export function severity(name: string, speaker: Speaker): ReactNode {
  return (
    <Badge tone={TONES[name] ?? 'neutral'}>
      {speaker.sayIfKnown(`severity.${name}`) ?? wordsFrom(name)}
    </Badge>
  );
}

export function reservationState(
  state: string,
  doneStates: readonly string[],
  speaker: Speaker,
): ReactNode {
  const isDone = doneStates.includes(state);
  return (
    <Badge tone={isDone ? 'positive' : 'neutral'}>
      {speaker.sayIfKnown(`reservation.${state}`) ?? wordsFrom(state)}
    </Badge>
  );
}

export function confidence(share: number | null, speaker: Speaker): ReactNode {
  return share === null ? null : (
    <span className="soft">
      {speaker.say('figure.confidence', {
        percent: percent(share <= 1 ? share * 100 : share, speaker),
      })}
    </span>
  );
}

export function money(amount: Money, speaker: Speaker): string {
  const formatted = formatMoney(amount, speaker.tag);
  if (formatted === null) throw new UnfamiliarDataError('Not an amount');
  return formatted;
}

export function count(number: number, speaker: Speaker): string {
  return new Intl.NumberFormat(speaker.tag).format(number);
}

export function minutes(number: number | null, speaker: Speaker): string {
  return number === null ? speaker.say('common.not_known') : formatMinutes(number, speaker.tag);
}

export function percent(number: number, speaker: Speaker): string {
  return new Intl.NumberFormat(speaker.tag, { style: 'percent', maximumFractionDigits: 1 }).format(
    number / 100,
  );
}

export function signedPercent(number: number, speaker: Speaker): string {
  return new Intl.NumberFormat(speaker.tag, {
    style: 'percent',
    maximumFractionDigits: 1,
    signDisplay: 'exceptZero',
  }).format(number / 100);
}
