import type { BridgeProblem, IssueKeyRequest } from '@ghasi/desktop-bridge-types';
import { describe, expect, it } from 'vitest';

import {
  CHOOSING,
  mayChooseAgain,
  nextKeyStage,
  type KeyFlow,
} from '../../src/screens/check_in/key_flow';

const COMMAND: IssueKeyRequest = {
  commandId: '01HZX8QJ5T9W2V4Y6B8D0F2H4K',
  propertyId: 'prop_1',
  lockId: 'lck_1',
  reservationId: 'rsv_1',
  kind: 'rfid_card',
  validFrom: '2026-03-14T12:00:00Z',
  validUntil: '2026-03-16T12:00:00Z',
};
const SENDING: KeyFlow = { stage: 'sending', command: COMMAND };
const PENDING: KeyFlow = { stage: 'pending', activityId: 'act_1' };

function problem(change: Partial<BridgeProblem>): BridgeProblem {
  return {
    kind: 'refused',
    code: 'MELMASTOON.BFF.BACKOFFICE.LOCK_NOT_REACHABLE',
    status: 422,
    userMessageKey: null,
    detail: null,
    requestId: 'req_1',
    retriable: false,
    retryAfterSeconds: null,
    fields: [],
    ...change,
  };
}

describe('a key from the press to its outcome', () => {
  it('is issued once the service says so', () => {
    const sending = nextKeyStage(CHOOSING, { event: 'submitted', command: COMMAND });
    const issued = nextKeyStage(sending, {
      event: 'answered',
      outcome: {
        ok: true,
        value: {
          status: 'succeeded',
          activityId: 'act_1',
          auditId: 'lap_1',
          credential: { id: 'key_1', kind: 'rfid_card', state: 'active', vendor: 'salto' },
        },
      },
    });

    expect(issued).toEqual({ stage: 'issued', activityId: 'act_1' });
  });

  it('is not asked for a second time while nobody knows about the first', () => {
    for (const flow of [SENDING, PENDING]) {
      const other = { ...COMMAND, commandId: '01HZX8QJ5T9W2V4Y6B8D0F2H4M' };

      expect(nextKeyStage(flow, { event: 'submitted', command: other })).toBe(flow);
      expect(nextKeyStage(flow, { event: 'chosen_again' })).toBe(flow);
    }
  });

  it('keeps its command where the line broke, and retries that one alone', () => {
    const outcome = { ok: false, problem: problem({ kind: 'unreachable', status: null }) } as const;
    const unsure = nextKeyStage(SENDING, { event: 'answered', outcome });
    const other = { ...COMMAND };

    expect(nextKeyStage(unsure, { event: 'submitted', command: other })).toBe(unsure);
    expect(nextKeyStage(unsure, { event: 'submitted', command: COMMAND })).toEqual(SENDING);
    expect(mayChooseAgain(unsure)).toBe(false);
  });

  it('may be chosen anew after a definite refusal', () => {
    const outcome = { ok: false, problem: problem({}) } as const;
    const refused = nextKeyStage(SENDING, { event: 'answered', outcome });

    expect(refused.stage).toBe('refused');
    expect(nextKeyStage(refused, { event: 'chosen_again' })).toBe(CHOOSING);
  });

  it.each([
    ['not_performed', true],
    ['refused', true],
    ['parked', false],
    ['still_unknown', false],
  ] as const)('that was pending and is %s may be chosen anew: %s', (settlement, may) => {
    const settled = { settlement, refusalCode: null, after: null };
    const flow = nextKeyStage(PENDING, { event: 'settled', settled });

    expect(mayChooseAgain(flow)).toBe(may);
  });
});
