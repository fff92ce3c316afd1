/** A line longer than this is no dashboard line; stop before memory fills. */
export const LINE_CHARACTERS_MAX = 1_000_000;

export class LineTooLongError extends Error {}

/** Complete lines of a byte stream, wherever its chunks break: inside a line or inside a character. */
export async function* readLines(
  bytes: ReadableStream<Uint8Array>,
): AsyncGenerator<string, void, undefined> {
  const reader = bytes.getReader();
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      rest += done ? decoder.decode() : decoder.decode(value, { stream: true });
      const lines = rest.split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > LINE_CHARACTERS_MAX) throw new LineTooLongError('A line has no end');
      yield* lines.filter((line) => line.trim() !== '');
      if (done) break;
    }
    if (rest.trim() !== '') yield rest;
  } finally {
    // Also when the consumer stops early: the service then stops sending.
    await reader.cancel().catch(() => undefined);
  }
}
