import type {
  IssueKeyRequest,
  IssueKeyResult,
  Lock,
  LocksBridge,
} from '@ghasi/desktop-bridge-types';

import { newUlid } from '../device/ulid';
import { outcomeOf } from './problem';
import type { Session } from './session';
import { listFrom, objectFrom, optionalText, textFrom, textsFrom } from './shapes';
import { newRequestId } from './signed_calls';

const ACCEPTED = 202;

export function locksBridge(session: Session, base: string): LocksBridge {
  return {
    newCommandId: () => newUlid(),
    ofRoom: ({ propertyId, roomId, signal }) => {
      const requestId = newRequestId();
      const url = `${base}/locks?${new URLSearchParams({ roomId }).toString()}`;
      return outcomeOf(async () => {
        const response = await session.send({ method: 'GET', url, requestId, propertyId, signal });
        return locksFrom(await response.json());
      }, requestId);
    },
    issueKey: (request) => {
      const requestId = newRequestId();
      return outcomeOf(async () => {
        const response = await session.send({
          method: 'POST',
          url: `${base}/locks/${encodeURIComponent(request.lockId)}/issue-key`,
          requestId,
          propertyId: request.propertyId,
          idempotencyKey: request.commandId,
          body: bodyOf(request),
        });
        return issueKeyResultFrom(response.status, await response.json());
      }, requestId);
    },
  };
}

function bodyOf({ reservationId, kind, validFrom, validUntil }: IssueKeyRequest): object {
  return { reservationId, kind, validFrom, validUntil };
}

export function locksFrom(unchecked: unknown): readonly Lock[] {
  return listFrom(objectFrom(unchecked, 'locks')['items'], 'items').map((item) => {
    const lock = objectFrom(item, 'lock');
    return {
      id: textFrom(lock['id'], 'lock id'),
      name: textFrom(lock['name'], 'lock name'),
      vendor: textFrom(lock['vendor'], 'vendor'),
      health: textFrom(lock['health'], 'health'),
      supportedKinds: textsFrom(lock['supportedKinds'], 'supportedKinds'),
    };
  });
}

export function issueKeyResultFrom(status: number, unchecked: unknown): IssueKeyResult {
  const members = objectFrom(unchecked, 'issue-key');
  const activityId = textFrom(members['activityId'], 'activityId');
  if (status === ACCEPTED) return { status: 'outcome_pending', activityId };
  const credential = objectFrom(members['credential'], 'credential');
  return {
    status: 'succeeded',
    activityId,
    auditId: textFrom(members['auditId'], 'auditId'),
    credential: {
      id: textFrom(credential['id'], 'credential id'),
      kind: textFrom(credential['kind'], 'kind'),
      state: optionalText(credential['state']) ?? '',
      vendor: textFrom(credential['vendor'], 'vendor'),
    },
  };
}
