import type { Money } from '@ghasi/desktop-bridge-types';
import type { ReactNode } from 'react';

import { Badge, type Tone } from '../../elements/badge';
import { formatMinutes } from '../../formatting/age';
import { wordsFrom } from '../../formatting/identifiers';
import { formatMoney } from '../../formatting/money';
import type { MessageKey } from '../../language/english';
import type { Speaker } from '../../language/language_context';
import { Counts, Rows, type Row } from './figures';
import { UnfamiliarDataError, type WidgetData } from './widget_data';

const LISTED_MAX = 3;
export const LISTED_IN_A_BOARD_MAX = 8;
export const LISTED_IN_A_WIDE_CARD_MAX = 5;

const TONES: Readonly<Record<string, Tone>> = {
  ready: 'positive',
  inspected: 'informative',
  dirty: 'caution',
  cleaning: 'caution',
  out_of_order: 'danger',
  low: 'neutral',
  normal: 'informative',
  high: 'caution',
  critical: 'danger',
  warning: 'caution',
};

export interface EntriesWords {
  readonly empty: MessageKey;
  readonly rowOf: (item: WidgetData) => Row;
  readonly listedMax?: number;
  /** How many there are in all, where the service lists only the first of them. */
  readonly total?: number;
}

export function entries(
  data: WidgetData,
  speaker: Speaker,
  { empty, rowOf, listedMax = LISTED_MAX, total }: EntriesWords,
): ReactNode {
  const items = data.list('items');
  if (items.length === 0) return <p className="soft">{speaker.say(empty)}</p>;
  const listed = items.slice(0, listedMax);
  const rest = (total ?? items.length) - listed.length;
  return (
    <>
      <Rows rows={listed.map(rowOf)} />
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

/** Which model said so, where it ran: a suggestion never stands there as if a person had made it. */
export function provenance(item: WidgetData, speaker: Speaker): string {
  const source = item.object('provenance');
  const place = speaker.say(source.isTrue('local') ? 'figure.on_site' : 'figure.in_cloud');
  const parts = [source.optionalText('modelId'), source.optionalText('modelVersion'), place];
  return parts.filter((part) => part !== null).join(' · ');
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
