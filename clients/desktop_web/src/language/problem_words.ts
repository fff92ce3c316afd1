import type { BridgeProblem } from '@ghasi/desktop-bridge-types';

import type { MessageKey } from './english';
import type { Speaker } from './language_context';

/** A problem in plain words: the service's own key first, then what its kind and status say. */
export function problemWords(problem: BridgeProblem, speaker: Speaker): string {
  const known = problem.userMessageKey === null ? null : speaker.sayIfKnown(problem.userMessageKey);
  if (known !== null) return known;
  if (problem.kind !== 'refused') return speaker.say(`problem.${problem.kind}`);
  // A rule of the hotel that this client has no words for yet: the service's sentence says more than ours.
  if (problem.detail !== null && (problem.status === 409 || problem.status === 422))
    return problem.detail;
  return speaker.say(keyForStatus(problem.status ?? 500));
}

/** The words for a wire code that came without a problem around it, if this client knows any. */
export function codeWords(wireCode: string, speaker: Speaker): string | null {
  return speaker.sayIfKnown(`errors.${wireCode.replace(/^MELMASTOON\./, '').toLowerCase()}`);
}

const KEYS_BY_STATUS: Readonly<Record<number, MessageKey>> = {
  401: 'problem.session_ended',
  403: 'problem.not_allowed',
  404: 'problem.not_found',
  409: 'problem.conflict',
  412: 'problem.conflict',
  422: 'problem.rule',
  429: 'problem.too_many',
  502: 'problem.unavailable',
  503: 'problem.unavailable',
  504: 'problem.unavailable',
};

function keyForStatus(status: number): MessageKey {
  return KEYS_BY_STATUS[status] ?? (status < 500 ? 'problem.malformed' : 'problem.failed');
}
