import type { Arrival } from '@ghasi/desktop-bridge-types';

import type { CheckInFlow } from '../check_in/check_in_flow';

/**
 * The reservation as this desk last knows it: the service's list may be some seconds behind a
 * check-in that has just succeeded here, and must not show that guest as still due.
 */
export function withCheckIn(listed: Arrival, flow: CheckInFlow): Arrival {
  if (flow.stage !== 'succeeded' || flow.after === null) return listed;
  const { state, roomId, version, roomNumber: toldNumber } = flow.after;
  if (listed.version >= version) return listed;
  const { roomId: listedId, roomNumber: listedNumber, ...rest } = listed;
  // A room that was named is numbered by the list, one that the service chose by its answer.
  const roomNumber = toldNumber ?? (roomId === listedId ? listedNumber : undefined);
  return { ...rest, state, roomId, ...(roomNumber === undefined ? {} : { roomNumber }), version };
}
