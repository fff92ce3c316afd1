import type { Arrival } from '@ghasi/desktop-bridge-types';
import { describe, expect, it } from 'vitest';

import { withCheckIn } from '../../src/screens/arrivals/with_check_in';
import { EDITING, type CheckInFlow } from '../../src/screens/check_in/check_in_flow';

const LISTED: Arrival = {
  id: 'rsv_1',
  code: 'K7Q2',
  state: 'confirmed',
  version: 3,
  guest: { id: 'gst_1', displayName: 'Anna Berg' },
  arrivalDate: '2026-11-24',
  departureDate: '2026-11-25',
  roomTypeId: 'rty_1',
  flags: [],
};

const DONE: CheckInFlow = {
  stage: 'succeeded',
  activityId: 'act_1',
  after: { state: 'checked_in', roomId: 'rmu_9', version: 4 },
};

describe('a listed reservation', () => {
  it('shows a check-in of this desk before the list does', () => {
    expect(withCheckIn(LISTED, DONE)).toMatchObject({
      state: 'checked_in',
      roomId: 'rmu_9',
      version: 4,
    });
  });

  it.each([
    [
      'of the room the service chose',
      { ...LISTED, roomId: 'rmu_1', roomNumber: '101' },
      '204',
      '204',
    ],
    [
      'of the room that was named',
      { ...LISTED, roomId: 'rmu_9', roomNumber: '109' },
      undefined,
      '109',
    ],
    ['of no other room', { ...LISTED, roomId: 'rmu_1', roomNumber: '101' }, undefined, undefined],
  ])('shows the number %s', (_, listed: Arrival, told, shown) => {
    const after = { state: 'checked_in', roomId: 'rmu_9', version: 4 };
    const done: CheckInFlow = {
      stage: 'succeeded',
      activityId: 'act_1',
      after: told === undefined ? after : { ...after, roomNumber: told },
    };

    expect(withCheckIn(listed, done).roomNumber).toBe(shown);
  });

  it('is as the list says once the list is as new or newer', () => {
    const newer: Arrival = { ...LISTED, version: 5, state: 'checked_out' };

    expect(withCheckIn(newer, DONE)).toBe(newer);
    expect(withCheckIn(LISTED, EDITING)).toBe(LISTED);
  });
});
