import type { ActivitiesBridge, Activity, ActivityState } from '@ghasi/desktop-bridge-types';

import { outcomeOf } from './problem';
import type { Session } from './session';
import { objectFrom, UnreadableError } from './shapes';
import { newRequestId } from './signed_calls';

const STATES: readonly ActivityState[] = [
  'in_flight',
  'outcome_pending',
  'succeeded',
  'refused',
  'not_performed',
  'parked',
];

/** Asks by id and not by the `statusUrl` of an answer: a token goes only to an address of our own making. */
export function activitiesBridge(session: Session, base: string): ActivitiesBridge {
  return {
    get: (activityId, options) => {
      const requestId = newRequestId();
      const url = `${base}/activities/${encodeURIComponent(activityId)}`;
      return outcomeOf(async () => {
        const response = await session.send({
          method: 'GET',
          url,
          requestId,
          signal: options?.signal,
        });
        return activityFrom(await response.json());
      }, requestId);
    },
  };
}

export function activityFrom(unchecked: unknown): Activity {
  const members = objectFrom(unchecked, 'activity');
  const state = STATES.find((known) => known === members['state']);
  if (state === undefined) throw new UnreadableError('An activity in no known state');
  return { state, ...('result' in members ? { result: members['result'] } : {}) };
}
