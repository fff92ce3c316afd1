/** Checks at the edge: what comes off the wire is unknown until one of these has looked at it. */

export class UnreadableError extends Error {}

export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function objectFrom(value: unknown, what: string): JsonObject {
  if (!isObject(value)) throw new UnreadableError(`${what} is not an object`);
  return value;
}

export function listFrom(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new UnreadableError(`${what} is not a list`);
  return value;
}

export function textFrom(value: unknown, what: string): string {
  if (typeof value !== 'string') throw new UnreadableError(`${what} is not text`);
  return value;
}

export function numberFrom(value: unknown, what: string): number {
  if (typeof value !== 'number' || !Number.isFinite(value))
    throw new UnreadableError(`${what} is not a number`);
  return value;
}

export function textsFrom(value: unknown, what: string): readonly string[] {
  return listFrom(value, what).map((item) => textFrom(item, what));
}

export function optionalText(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new UnreadableError('Not JSON', { cause: error });
  }
}
