import type { BridgeProblem } from '@ghasi/desktop-bridge-types';
import { describe, expect, it } from 'vitest';

import { languageFor, say, sayCount, sayIfKnown } from '../../src/language/dictionaries';
import { codeWords, problemWords } from '../../src/language/problem_words';

const language = languageFor('en');
const speaker = {
  tag: language.tag,
  say: say.bind(null, language),
  sayIfKnown: sayIfKnown.bind(null, language),
  sayCount: sayCount.bind(null, language),
};

function words(changes: Partial<BridgeProblem>): string {
  const problem: BridgeProblem = {
    kind: 'refused',
    code: null,
    status: 409,
    userMessageKey: null,
    detail: null,
    requestId: 'r',
    retriable: false,
    retryAfterSeconds: null,
    fields: [],
  };
  return problemWords({ ...problem, ...changes }, speaker);
}

describe('a problem in words', () => {
  it('uses the service’s own key first', () => {
    expect(
      words({ userMessageKey: 'errors.bff.backoffice.no_room_ready', detail: 'Something else' }),
    ).toBe('No room of the booked type is ready yet.');
  });

  it('takes the service’s sentence for a rule it has no words for', () => {
    expect(words({ userMessageKey: 'errors.new', detail: 'Deposit due first.' })).toBe(
      'Deposit due first.',
    );
    expect(words({ status: 500, detail: 'Traceback' })).toBe('Something went wrong on our side.');
  });

  it.each([400, 401, 403, 404, 409, 412, 418, 422, 429, 500, 502, 503, 599])(
    'says something plain for any %i',
    (status) => {
      expect(words({ status })).toMatch(/^[A-Z].*\.$/);
    },
  );

  it.each(['unreachable', 'unreadable', 'session_ended'] as const)('has words for %s', (kind) => {
    expect(words({ kind, status: null })).toMatch(/^[A-Z].*\.$/);
  });

  it('knows a bare wire code', () => {
    expect(codeWords('MELMASTOON.BFF.BACKOFFICE.ROOM_NOT_READY', speaker)).toMatch(/room/);
    expect(codeWords('MELMASTOON.SOMETHING.NEW', speaker)).toBeNull();
  });
});
