import type { Arrival, ArrivalsPage, Money, WorkbenchBridge } from '@ghasi/desktop-bridge-types';

import { outcomeOf } from './problem';
import type { Session } from './session';
import { listFrom, numberFrom, objectFrom, optionalText, textFrom, textsFrom } from './shapes';
import { newRequestId } from './signed_calls';

const PAGE_LIMIT = 100;

export function workbenchBridge(session: Session, base: string): WorkbenchBridge {
  return {
    arrivals: ({ propertyId, cursor, signal }) => {
      const requestId = newRequestId();
      const query = new URLSearchParams({
        limit: String(PAGE_LIMIT),
        ...(cursor === undefined ? {} : { cursor }),
      });
      const url = `${base}/arrivals?${query.toString()}`;
      return outcomeOf(async () => {
        const response = await session.send({ method: 'GET', url, requestId, propertyId, signal });
        return arrivalsPageFrom(await response.json());
      }, requestId);
    },
  };
}

export function arrivalsPageFrom(unchecked: unknown): ArrivalsPage {
  const members = objectFrom(unchecked, 'arrivals');
  return {
    items: listFrom(members['items'], 'items').map(arrivalFrom),
    nextCursor: optionalText(members['nextCursor']),
    businessDate: textFrom(members['businessDate'], 'businessDate'),
    partial: textsFrom(members['partial'] ?? [], 'partial'),
  };
}

function arrivalFrom(unchecked: unknown): Arrival {
  const members = objectFrom(unchecked, 'arrival');
  const guest = objectFrom(members['guest'], 'guest');
  const text = (name: string): string => textFrom(members[name], name);
  const roomId = optionalText(members['roomId']);
  const roomNumber = optionalText(members['roomNumber']);
  const roomStatus = optionalText(members['roomStatus']);
  return {
    id: text('id'),
    code: text('code'),
    state: text('state'),
    version: numberFrom(members['version'], 'version'),
    guest: {
      id: textFrom(guest['id'], 'guest id'),
      displayName: textFrom(guest['displayName'], 'guest name'),
    },
    arrivalDate: text('arrivalDate'),
    departureDate: text('departureDate'),
    roomTypeId: text('roomTypeId'),
    ...(roomId === null ? {} : { roomId }),
    ...(roomNumber === null ? {} : { roomNumber }),
    ...(roomStatus === null ? {} : { roomStatus }),
    ...(members['balance'] === undefined || members['balance'] === null
      ? {}
      : { balance: moneyFrom(members['balance']) }),
    flags: textsFrom(members['flags'] ?? [], 'flags'),
  };
}

function moneyFrom(unchecked: unknown): Money {
  const members = objectFrom(unchecked, 'money');
  return {
    amountMicro: textFrom(members['amountMicro'], 'amountMicro'),
    currency: textFrom(members['currency'], 'currency'),
  };
}
