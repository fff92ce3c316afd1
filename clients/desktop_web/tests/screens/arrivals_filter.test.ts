import type { Arrival } from '@ghasi/desktop-bridge-types';
import { describe, expect, it } from 'vitest';

import { filterArrivals } from '../../src/screens/arrivals/arrivals_filter';

function arrival(displayName: string, state: string, changes: Partial<Arrival> = {}): Arrival {
  return {
    id: `rsv_${displayName}`,
    code: 'K7Q2',
    state,
    version: 1,
    guest: { id: 'gst_1', displayName },
    arrivalDate: '2026-11-24',
    departureDate: '2026-11-25',
    roomTypeId: 'rty_1',
    flags: [],
    ...changes,
  };
}

const LIST = [
  arrival('François Dubois', 'confirmed', { flags: ['vip'] }),
  arrival('سارا احمدی', 'confirmed', { code: 'Z9X8' }),
  arrival('Anna Berg', 'checked_in', { roomId: 'rmu_01HZX', roomNumber: '204' }),
  arrival('Ola Nord', 'cancelled'),
];

const names = (found: readonly Arrival[]) => found.map(({ guest }) => guest.displayName);

describe('the arrivals list', () => {
  it('shows those still due, those in, or all', () => {
    expect(names(filterArrivals(LIST, 'due', ''))).toEqual(['François Dubois', 'سارا احمدی']);
    expect(names(filterArrivals(LIST, 'checked_in', ''))).toEqual(['Anna Berg']);
    expect(filterArrivals(LIST, 'all', '')).toHaveLength(4);
  });

  it.each([
    ['francois', 'François Dubois'],
    ['DUBOIS fran', 'François Dubois'],
    ['vip', 'François Dubois'],
    ['204', 'Anna Berg'],
    ['z9x8', 'سارا احمدی'],
    ['احمدی', 'سارا احمدی'],
  ])('finds by %o', (search, name) => {
    expect(names(filterArrivals(LIST, 'all', search))).toEqual([name]);
  });

  it('finds nobody by the id of a room, which nobody is shown', () => {
    expect(filterArrivals(LIST, 'all', '01HZX')).toEqual([]);
  });
});
