import type { Arrival } from '@ghasi/desktop-bridge-types';

export const FILTERS = ['due', 'checked_in', 'all'] as const;
export type Filter = (typeof FILTERS)[number];

const DUE_STATES: readonly string[] = ['confirmed', 'check_in_started'];
const IN_STATES: readonly string[] = ['checked_in', 'in_house'];

export function filterArrivals(
  arrivals: readonly Arrival[],
  filter: Filter,
  search: string,
): readonly Arrival[] {
  const words = searchable(search)
    .split(/\s+/)
    .filter((word) => word !== '');
  return arrivals.filter(
    (arrival) => passes(arrival, filter) && words.every((word) => haystack(arrival).includes(word)),
  );
}

export function passes({ state }: Arrival, filter: Filter): boolean {
  if (filter === 'all') return true;
  return filter === 'due' ? DUE_STATES.includes(state) : IN_STATES.includes(state);
}

function haystack({ guest, code, roomNumber, flags }: Arrival): string {
  return searchable([guest.displayName, code, roomNumber ?? '', ...flags].join(' '));
}

/** Without case and without accents, so that "Francois" finds "François". */
function searchable(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{Mark}/gu, '')
    .toLowerCase()
    .trim();
}
