import type { Arrival } from '@ghasi/desktop-bridge-types';
import type { KeyboardEvent } from 'react';

import { formatCalendarDate, nightsBetween } from '../../formatting/dates';
import type { MessageKey } from '../../language/english';
import { useSpeaker } from '../../language/language_context';
import { BalanceText, FlagBadges, ReservationState, RoomStatusBadge } from './arrival_words';

const COLUMNS: readonly MessageKey[] = [
  'arrivals.column.guest',
  'arrivals.column.code',
  'arrivals.column.stay',
  'arrivals.column.room',
  'arrivals.column.room_status',
  'arrivals.column.balance',
  'arrivals.column.state',
  'arrivals.column.flags',
];

export interface ArrivalsTableProps {
  readonly arrivals: readonly Arrival[];
  readonly openId: string | null;
  readonly onOpen: (reservationId: string) => void;
}

/**
 * One stop in the tab order: the arrow keys move between the guests' buttons, Enter opens. A click
 * anywhere in a row does the same.
 */
export function ArrivalsTable({ arrivals, openId, onOpen }: ArrivalsTableProps) {
  const speaker = useSpeaker();
  const isOpenListed = arrivals.some(({ id }) => id === openId);
  return (
    <table className="arrivals" aria-label={speaker.say('arrivals.title')}>
      <thead>
        <tr>
          {COLUMNS.map((column) => (
            <th key={column} scope="col" data-column={column.split('.').at(-1)}>
              {speaker.say(column)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody onKeyDown={moveBetweenRows}>
        {arrivals.map((arrival, position) => (
          <tr
            key={arrival.id}
            data-reservation={arrival.id}
            aria-current={arrival.id === openId ? 'true' : undefined}
            onClick={() => {
              onOpen(arrival.id);
            }}
          >
            <ArrivalCells
              arrival={arrival}
              isTabStop={arrival.id === openId || (!isOpenListed && position === 0)}
            />
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function ArrivalCells({ arrival, isTabStop }: { arrival: Arrival; isTabStop: boolean }) {
  const speaker = useSpeaker();
  const nights = nightsBetween(arrival.arrivalDate, arrival.departureDate);
  return (
    <>
      <th scope="row">
        {/* Its click is the row's: the button gives the row a name and the keyboard. */}
        <button type="button" className="row-button" tabIndex={isTabStop ? 0 : -1}>
          <bdi>{arrival.guest.displayName}</bdi>
        </button>
      </th>
      <td className="code">{arrival.code}</td>
      <td>
        {formatCalendarDate(arrival.departureDate, speaker.tag, 'short')}
        {nights === null ? null : (
          <span className="soft"> · {speaker.sayCount('arrivals.nights', nights)}</span>
        )}
      </td>
      <td className={arrival.roomNumber === undefined ? 'soft' : 'code'}>
        {arrival.roomNumber ??
          speaker.say(
            arrival.roomId === undefined ? 'arrivals.room_none' : 'arrivals.room_unnumbered',
          )}
      </td>
      <td>
        <RoomStatusBadge status={arrival.roomStatus} />
      </td>
      <td className="amount">
        <BalanceText balance={arrival.balance} />
      </td>
      <td>
        <ReservationState state={arrival.state} />
      </td>
      <td className="badges">
        <FlagBadges flags={arrival.flags} />
      </td>
    </>
  );
}

/** The buttons that open the rows of the arrivals board, in the order shown. */
export function rowButtons(): readonly HTMLElement[] {
  return [...document.querySelectorAll<HTMLElement>('table.arrivals .row-button')];
}

function moveBetweenRows(event: KeyboardEvent<HTMLElement>): void {
  const buttons = rowButtons();
  const position = buttons.findIndex((button) => button === document.activeElement);
  const target = targetPosition(event.key, position, buttons.length);
  if (target === null) return;
  event.preventDefault();
  buttons[target]?.focus();
}

function targetPosition(key: string, position: number, count: number): number | null {
  switch (key) {
    case 'ArrowDown':
      return Math.min(position + 1, count - 1);
    case 'ArrowUp':
      return Math.max(position - 1, 0);
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    default:
      return null;
  }
}
