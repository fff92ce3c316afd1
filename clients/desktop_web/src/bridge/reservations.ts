import type {
  CheckInRequest,
  CheckInResult,
  ReservationsBridge,
} from '@ghasi/desktop-bridge-types';

import { newUlid } from '../device/ulid';
import { outcomeOf } from './problem';
import type { Session } from './session';
import { numberFrom, objectFrom, optionalText, textFrom } from './shapes';
import { newRequestId } from './signed_calls';

const ACCEPTED = 202;

export function reservationsBridge(session: Session, base: string): ReservationsBridge {
  return {
    newCommandId: () => newUlid(),
    checkIn: (request) => {
      const requestId = newRequestId();
      return outcomeOf(async () => {
        const response = await session.send({
          method: 'POST',
          url: `${base}/reservations/${encodeURIComponent(request.reservationId)}/check-in`,
          requestId,
          propertyId: request.propertyId,
          idempotencyKey: request.commandId,
          body: bodyOf(request),
        });
        return checkInResultFrom(response.status, await response.json());
      }, requestId);
    },
  };
}

function bodyOf({ roomId, documentVerified, note }: CheckInRequest): object {
  return {
    documentVerified,
    ...(roomId === undefined ? {} : { roomId }),
    ...(note === undefined || note === '' ? {} : { note }),
  };
}

export function checkInResultFrom(status: number, unchecked: unknown): CheckInResult {
  const members = objectFrom(unchecked, 'check-in');
  const activityId = textFrom(members['activityId'], 'activityId');
  if (status === ACCEPTED) return { status: 'outcome_pending', activityId };
  const reservation = objectFrom(members['reservation'], 'reservation');
  const roomNumber = optionalText(reservation['roomNumber']);
  return {
    status: 'succeeded',
    activityId,
    reservation: {
      id: textFrom(reservation['id'], 'reservation id'),
      state: textFrom(reservation['state'], 'reservation state'),
      roomId: textFrom(reservation['roomId'], 'room id'),
      ...(roomNumber === null ? {} : { roomNumber }),
      version: numberFrom(reservation['version'], 'reservation version'),
    },
  };
}
