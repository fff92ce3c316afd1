import type { Money } from '@ghasi/desktop-bridge-types';

const MICRO_PER_UNIT = 1_000_000n;
const AMOUNT = /^-?\d{1,24}$/;

/** The amount in its currency, or null where it is not an amount. No floating point on the way. */
export function formatMoney({ amountMicro, currency }: Money, language: string): string | null {
  if (!AMOUNT.test(amountMicro) || !/^[A-Z]{3}$/.test(currency)) return null;
  // Intl takes a decimal as text and keeps every digit of it.
  const decimal = decimalFromMicro(amountMicro) as Intl.StringNumericLiteral;
  return new Intl.NumberFormat(language, { style: 'currency', currency }).format(decimal);
}

export function decimalFromMicro(amountMicro: string): string {
  const micro = BigInt(amountMicro);
  const magnitude = micro < 0n ? -micro : micro;
  const fraction = (magnitude % MICRO_PER_UNIT).toString().padStart(6, '0');
  return `${micro < 0n ? '-' : ''}${(magnitude / MICRO_PER_UNIT).toString()}.${fraction}`;
}

export function isPositiveAmount({ amountMicro }: Money): boolean {
  return AMOUNT.test(amountMicro) && BigInt(amountMicro) > 0n;
}
