import type { Money } from '@ghasi/desktop-bridge-types';

/** The data is not what this client knows of the kind; it is then shown label by label. */
export class UnfamiliarDataError extends Error {}

type Members = Readonly<Record<string, unknown>>;

/** Reads a widget's data member by member; `optional…` answers null, the others throw. */
export class WidgetData {
  readonly #members: Members;

  constructor(unchecked: unknown) {
    if (!isMembers(unchecked)) throw new UnfamiliarDataError('The data is not an object');
    this.#members = unchecked;
  }

  text(name: string): string {
    return known(this.optionalText(name), name);
  }

  optionalText(name: string): string | null {
    const value = this.#members[name];
    return typeof value === 'string' ? value : null;
  }

  number(name: string): number {
    return known(this.optionalNumber(name), name);
  }

  optionalNumber(name: string): number | null {
    const value = this.#members[name];
    return typeof value === 'number' && Number.isFinite(value) ? value : null;
  }

  isTrue(name: string): boolean {
    return this.#members[name] === true;
  }

  money(name: string): Money {
    return known(this.optionalMoney(name), name);
  }

  optionalMoney(name: string): Money | null {
    return moneyIn(this.#members[name]);
  }

  list(name: string): readonly WidgetData[] {
    const value = this.#members[name];
    if (!Array.isArray(value)) throw new UnfamiliarDataError(`${name} is not a list`);
    return value.map((item) => new WidgetData(item));
  }

  texts(name: string): readonly string[] {
    const value = this.#members[name];
    return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
  }

  object(name: string): WidgetData {
    return new WidgetData(this.#members[name]);
  }

  /** Counts by name, as `byStatus` and `bySeverity` hold them, in the order they came. */
  counts(name: string): readonly (readonly [string, number])[] {
    const value = this.#members[name];
    if (!isMembers(value)) throw new UnfamiliarDataError(`${name} holds no counts`);
    return Object.entries(value).filter(
      (entry): entry is [string, number] => typeof entry[1] === 'number',
    );
  }
}

export function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function moneyIn(value: unknown): Money | null {
  if (!isMembers(value)) return null;
  const { amountMicro, currency } = value;
  return typeof amountMicro === 'string' && typeof currency === 'string'
    ? { amountMicro, currency }
    : null;
}

function known<Value>(value: Value | null, name: string): Value {
  if (value === null) throw new UnfamiliarDataError(`${name} is missing`);
  return value;
}
