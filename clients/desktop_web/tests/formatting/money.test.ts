import { describe, expect, it } from 'vitest';

import { decimalFromMicro, formatMoney } from '../../src/formatting/money';

describe('money', () => {
  it.each([
    ['12500000', 'USD', '$12.50'],
    ['0', 'USD', '$0.00'],
    ['-1990000', 'EUR', '-€1.99'],
    ['5000000', 'JPY', '¥5'],
    ['1234000', 'KWD', 'KWD 1.234'],
  ])('%s micro %s reads %s', (amountMicro, currency, words) => {
    expect(formatMoney({ amountMicro, currency }, 'en')?.replaceAll('\u00a0', ' ')).toBe(words);
  });

  it('keeps every digit of an amount that a floating-point number cannot hold', () => {
    expect(formatMoney({ amountMicro: '9007199254740993010000', currency: 'USD' }, 'en')).toBe(
      '$9,007,199,254,740,993.01',
    );
    expect(decimalFromMicro('-9007199254740993000001')).toBe('-9007199254740993.000001');
  });

  it.each(['', '12.5', '1e9', 'NaN', '0x10', ' 1'])(
    'does not take %o for an amount',
    (amountMicro) => {
      expect(formatMoney({ amountMicro, currency: 'USD' }, 'en')).toBeNull();
    },
  );
});
