import type { Arrival } from '@ghasi/desktop-bridge-types';

import type { CheckInFlow } from '../check_in/check_in_flow';

/**
 * The reservation as this desk last knows it: the service's list may be some seconds behind a
 * check-in that has just succeeded here, and must not show that guest as still due.
 */
export function withCheckIn(listed: Arrival, flow: CheckInFlow): Arrival {
  if (flow.stage !== 'succeeded' || flow.after === null) return listed;
  const { state, roomId, version } = flow.after;
  return listed.version >= version ? listed : { ...listed, state, roomId, version };
}
