import type { BridgeProblem, CheckInRequest } from '@ghasi/desktop-bridge-types';
import { describe, expect, it } from 'vitest';

import {
  EDITING,
  nextStage,
  settledFrom,
  type CheckInEvent,
  type CheckInFlow,
} from '../../src/screens/check_in/check_in_flow';

const COMMAND: CheckInRequest = {
  commandId: 'C1',
  propertyId: 'prop_1',
  reservationId: 'rsv_1',
  documentVerified: true,
};
const OTHER: CheckInRequest = { ...COMMAND, commandId: 'C2' };

function problem(changes: Partial<BridgeProblem>): BridgeProblem {
  return {
    kind: 'refused',
    code: null,
    status: 409,
    userMessageKey: null,
    detail: null,
    requestId: 'r',
    retriable: false,
    retryAfterSeconds: null,
    fields: [],
    ...changes,
  };
}

function refused(changes: Partial<BridgeProblem>): CheckInEvent {
  return { event: 'answered', outcome: { ok: false, problem: problem(changes) } };
}

function after(...events: CheckInEvent[]): CheckInFlow {
  return events.reduce(nextStage, EDITING);
}

const SUBMITTED: CheckInEvent = { event: 'submitted', command: COMMAND };
const PENDING: CheckInEvent = {
  event: 'answered',
  outcome: { ok: true, value: { status: 'outcome_pending', activityId: 'act_1' } },
};

describe('a check-in', () => {
  it('is not sent a second time while the first is under way', () => {
    expect(after(SUBMITTED, { event: 'submitted', command: OTHER })).toEqual({
      stage: 'sending',
      command: COMMAND,
    });
  });

  it('is not sent a second time while its outcome is not known', () => {
    expect(after(SUBMITTED, PENDING, { event: 'submitted', command: OTHER })).toEqual({
      stage: 'pending',
      activityId: 'act_1',
    });
  });

  it.each([
    ['the line broke', { kind: 'unreachable', status: null } as const],
    ['the answer could not be read', { kind: 'unreadable', status: null } as const],
    ['the same request is still under way', { status: 409, retriable: true }],
    ['a limit was reached', { status: 429, retriable: true }],
    ['something failed', { status: 500 }],
    ['a system is away', { status: 503, retriable: true }],
  ])('may only be repeated as it was when %s', (_, changes) => {
    const flow = after(SUBMITTED, refused(changes));

    expect(flow.stage).toBe('unsure');
    expect(nextStage(flow, { event: 'submitted', command: OTHER })).toBe(flow);
    expect(nextStage(flow, { event: 'edited_again' })).toBe(flow);
    expect(nextStage(flow, SUBMITTED)).toEqual({ stage: 'sending', command: COMMAND });
  });

  it('may be changed and sent anew after a definite refusal', () => {
    const flow = after(SUBMITTED, refused({ status: 422 }));

    expect(flow.stage).toBe('refused');
    expect(
      nextStage(nextStage(flow, { event: 'edited_again' }), { event: 'submitted', command: OTHER }),
    ).toEqual({
      stage: 'sending',
      command: OTHER,
    });
  });

  it('ends where the settled outcome says', () => {
    expect(
      after(SUBMITTED, PENDING, {
        event: 'settled',
        settlement: 'succeeded',
        refusalCode: null,
        after: null,
      }),
    ).toMatchObject({
      stage: 'succeeded',
    });
    const parked = after(SUBMITTED, PENDING, {
      event: 'settled',
      settlement: 'parked',
      refusalCode: null,
      after: null,
    });
    expect(parked).toMatchObject({ stage: 'settled', settlement: 'parked' });
    expect(nextStage(parked, { event: 'edited_again' })).toBe(parked);
    const notPerformed = after(SUBMITTED, PENDING, {
      event: 'settled',
      settlement: 'not_performed',
      refusalCode: null,
      after: null,
    });
    expect(nextStage(notPerformed, { event: 'edited_again' })).toEqual(EDITING);
  });

  it('waits while the service still looks', () => {
    expect(settledFrom({ state: 'in_flight' })).toBeNull();
    expect(settledFrom({ state: 'outcome_pending' })).toBeNull();
  });

  it('knows the code of a refusal that was settled later', () => {
    const code = 'MELMASTOON.BFF.BACKOFFICE.ROOM_NOT_READY';

    expect(settledFrom({ state: 'refused', result: { code } })).toEqual({
      settlement: 'refused',
      refusalCode: code,
      after: null,
    });
    expect(settledFrom({ state: 'refused', result: 'nonsense' })).toEqual({
      settlement: 'refused',
      refusalCode: null,
      after: null,
    });
  });
});
