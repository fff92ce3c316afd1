import { describe, expect, it } from 'vitest';

import { issueKeyResultFrom, locksFrom } from '../../src/bridge/locks';

const CREDENTIAL = { id: 'key_1', kind: 'rfid_card', state: 'active', vendor: 'salto' };

describe('what comes off the wire about locks', () => {
  it('is a key with its audit, or an outcome to be asked for', () => {
    const issued = { credential: CREDENTIAL, auditId: 'lap_1', activityId: 'act_1' };

    expect(issueKeyResultFrom(201, issued)).toEqual({ status: 'succeeded', ...issued });
    expect(issueKeyResultFrom(202, { activityId: 'act_1', status: 'outcome_pending' })).toEqual({
      status: 'outcome_pending',
      activityId: 'act_1',
    });
  });

  it('is refused where it is neither', () => {
    expect(() => issueKeyResultFrom(201, { activityId: 'act_1' })).toThrow('credential');
    expect(() => locksFrom({ items: [{ id: 'lck_1' }] })).toThrow('lock name');
  });

  it('is a list of locks with the kinds of keys they take', () => {
    const lock = {
      id: 'lck_1',
      name: 'Room 101',
      vendor: 'salto',
      health: 'ok',
      supportedKinds: ['rfid_card'],
    };

    expect(locksFrom({ items: [{ ...lock, batteryPercent: 80 }], nextCursor: null })).toEqual([
      lock,
    ]);
  });
});
