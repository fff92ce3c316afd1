import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

import { ESLint } from 'eslint';
import { describe, expect, it } from 'vitest';

const CLIENT = join(import.meta.dirname, '../..');
const SOURCE = join(CLIENT, 'src');
const ONLY_DOOR = 'bridge/http_exchange.ts';
const NETWORK_WORDS =
  /\b(fetch|XMLHttpRequest|WebSocket|EventSource|WebTransport|sendBeacon|importScripts)\b/;

const WAYS_OUT = [
  "void fetch('/x');",
  "void window.fetch('/x');",
  "void globalThis.fetch('/x');",
  'new XMLHttpRequest();',
  "new WebSocket('wss://x');",
  "new EventSource('/x');",
  "navigator.sendBeacon('/x');",
];
/** The linter reads the whole project's types first, which takes its time on a busy machine. */
const LINTER_MILLISECONDS_MAX = 60_000;

function sourceFiles(): string[] {
  return readdirSync(SOURCE, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /\.tsx?$/.test(name),
  );
}

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/(^|\s)\/\/.*$/gm, '$1');
}

describe('the network', () => {
  it('is named in one file of the client alone', () => {
    const naming = sourceFiles().filter((name) =>
      NETWORK_WORDS.test(withoutComments(readFileSync(join(SOURCE, name), 'utf8'))),
    );

    expect(naming).toEqual([ONLY_DOOR]);
  });

  it('is reached through the bridge by the screens, which import nothing of it', () => {
    const outside = sourceFiles().filter(
      (name) => !name.startsWith('bridge/') && name !== 'main.tsx',
    );
    const reaching = outside.filter(
      (name) =>
        /from '[./]+(bridge|device)\//.test(readFileSync(join(SOURCE, name), 'utf8')) &&
        !name.startsWith('device/'),
    );

    expect(outside.length).toBeGreaterThan(20);
    expect(reaching.map((name) => relative(SOURCE, join(SOURCE, name)))).toEqual([]);
  });

  it(
    'is refused to a screen by the linter, whatever it is called',
    async () => {
      const linter = new ESLint({ cwd: CLIENT });

      const [result] = await linter.lintText(`${WAYS_OUT.join('\n')}\n`, {
        filePath: join(SOURCE, 'screens/use_place.ts'),
      });
      const refusedLines = (result?.messages ?? [])
        .filter(({ ruleId }) => ruleId?.startsWith('no-restricted-') === true)
        .map(({ line }) => line);

      expect([...new Set(refusedLines)]).toEqual(WAYS_OUT.map((_, position) => position + 1));
    },
    LINTER_MILLISECONDS_MAX,
  );
});
