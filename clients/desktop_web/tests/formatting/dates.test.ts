import { afterEach, describe, expect, it } from 'vitest';

import { formatAge } from '../../src/formatting/age';
import { formatCalendarDate, nightsBetween } from '../../src/formatting/dates';

const zone = process.env['TZ'];
afterEach(() => {
  process.env['TZ'] = zone;
});

describe('a property-local date', () => {
  it.each(['Pacific/Kiritimati', 'Pacific/Pago_Pago', 'Asia/Kabul'])(
    'is the same day on a machine in %s',
    (machineZone) => {
      process.env['TZ'] = machineZone;

      expect(formatCalendarDate('2026-11-24', 'en', 'long')).toBe('Tuesday, November 24, 2026');
    },
  );

  it('counts nights over a change of clocks', () => {
    process.env['TZ'] = 'Europe/Paris';

    expect(nightsBetween('2026-10-24', '2026-10-26')).toBe(2);
  });

  it('shows what is no date as it came', () => {
    expect(formatCalendarDate('soon', 'en', 'short')).toBe('soon');
    expect(nightsBetween('soon', '2026-10-26')).toBeNull();
  });
});

describe('an age', () => {
  it.each([
    [4_000, '4 sec'],
    [180_000, '3 min'],
    [7_200_000, '2 hr'],
  ])('of %i ms reads %s', (age, words) => {
    expect(formatAge(age, 'en')).toBe(words);
  });
});
