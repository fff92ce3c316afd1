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

  it('is as the list says once the list is as new or newer', () => {
    const newer: Arrival = { ...LISTED, version: 5, state: 'checked_out' };

    expect(withCheckIn(newer, DONE)).toBe(newer);
    expect(withCheckIn(LISTED, EDITING)).toBe(LISTED);
  });
});
