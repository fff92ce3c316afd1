/** "3 min", "2 h": how old a value is, in the largest unit that says enough. */
export function formatAge(ageMilliseconds: number, language: string): string {
  const seconds = Math.max(0, Math.round(ageMilliseconds / 1000));
  const [amount, unit] =
    seconds < 60
      ? [seconds, 'second']
      : seconds < 3600
        ? [Math.round(seconds / 60), 'minute']
        : [Math.round(seconds / 3600), 'hour'];
  return new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'short' }).format(
    amount,
  );
}
