import { formatMoney } from '../../formatting/money';
import type { Speaker } from '../../language/language_context';
import { Rows, type Row } from './figures';
import { isMembers, moneyIn } from './widget_data';

const ROWS_MAX = 8;

/** A kind this client does not know: labels and values, as far as they can be read. */
export function GenericBody({ data, speaker }: { data: unknown; speaker: Speaker }) {
  const rows = rowsOf(data, speaker).slice(0, ROWS_MAX);
  return rows.length === 0 ? (
    <p className="soft">{speaker.say('widget.no_entries')}</p>
  ) : (
    <Rows rows={rows} />
  );
}

function rowsOf(data: unknown, speaker: Speaker): readonly Row[] {
  if (!isMembers(data)) return [{ key: 'value', label: '', value: textOf(data, speaker) }];
  return Object.entries(data).map(([name, value]) => ({
    key: name,
    label: labelFrom(name),
    value: textOf(value, speaker),
  }));
}

/** `linenRunwayMinutes` → "Linen runway minutes". */
export function labelFrom(name: string): string {
  const spaced = name
    .replaceAll(/[_-]/g, ' ')
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase();
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}

function textOf(value: unknown, speaker: Speaker): string {
  const money = moneyIn(value);
  if (money !== null) return formatMoney(money, speaker.tag) ?? '–';
  if (typeof value === 'number') return new Intl.NumberFormat(speaker.tag).format(value);
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return value ? '✓' : '–';
  if (Array.isArray(value)) return new Intl.NumberFormat(speaker.tag).format(value.length);
  if (isMembers(value)) {
    return Object.entries(value)
      .map(
        ([name, inner]) => `${labelFrom(name)} ${isMembers(inner) ? '…' : textOf(inner, speaker)}`,
      )
      .join(' · ');
  }
  return '–';
}
