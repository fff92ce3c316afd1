import { describe, expect, it } from 'vitest';

import { LINE_CHARACTERS_MAX, LineTooLongError, readLines } from '../../src/bridge/ndjson';

function streamOf(chunks: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
}

async function linesOf(chunks: readonly Uint8Array[]): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of readLines(streamOf(chunks))) lines.push(line);
  return lines;
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('NDJSON lines', () => {
  it('are the same wherever the chunks break, inside a character too', async () => {
    const whole = bytes('{"guest":"سارا"}\n{"guest":"François 🏨"}\n{"last":true}');
    for (let position = 0; position <= whole.length; position += 1) {
      const lines = await linesOf([whole.slice(0, position), whole.slice(position)]);

      expect(lines).toEqual(['{"guest":"سارا"}', '{"guest":"François 🏨"}', '{"last":true}']);
    }
  });

  it('come one byte at a time and several at once alike', async () => {
    const whole = bytes('one\ntwo\n\nthree\n');

    expect(await linesOf(Array.from(whole, (byte) => Uint8Array.of(byte)))).toEqual([
      'one',
      'two',
      'three',
    ]);
    expect(await linesOf([whole])).toEqual(['one', 'two', 'three']);
  });

  it('are given out before the stream has ended', async () => {
    let send: ReadableStreamDefaultController<Uint8Array> | undefined;
    const lines = readLines(
      new ReadableStream<Uint8Array>({
        start(controller) {
          send = controller;
        },
      }),
    );
    send?.enqueue(bytes('{"type":"layout"}\n{"ty'));

    expect(await lines.next()).toEqual({ done: false, value: '{"type":"layout"}' });
  });

  it('end with an error when one has no end', async () => {
    const endless = bytes('x'.repeat(LINE_CHARACTERS_MAX + 1));

    await expect(linesOf([endless])).rejects.toThrow(LineTooLongError);
  });

  it('end with an error when they are not UTF-8', async () => {
    await expect(linesOf([Uint8Array.of(0xff, 0xfe, 0x0a)])).rejects.toThrow(TypeError);
  });

  it('tell the source to stop when the reader leaves early', async () => {
    let wasCancelled = false;
    const source = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.enqueue(bytes('line\n'));
      },
      cancel() {
        wasCancelled = true;
      },
    });
    for await (const line of readLines(source)) {
      expect(line).toBe('line');
      break;
    }

    expect(wasCancelled).toBe(true);
  });
});
