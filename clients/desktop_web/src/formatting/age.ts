/** "3 min", "2 h": how old a value is, in the largest unit that says enough. */
export function formatAge(ageMilliseconds: number, language: string): string {
  const seconds = Math.max(0, Math.round(ageMilliseconds / 1000));
  if (seconds < 60) return inUnit(seconds, 'second', language);
  if (seconds < 3600) return inUnit(Math.round(seconds / 60), 'minute', language);
  return inUnit(Math.round(seconds / 3600), 'hour', language);
}

const MINUTES_READ_AS_SUCH_MAX = 120;

/** A span given in minutes, in hours from two hours on. */
export function formatMinutes(minutes: number, language: string): string {
  return minutes < MINUTES_READ_AS_SUCH_MAX
    ? inUnit(minutes, 'minute', language)
    : inUnit(minutes / 60, 'hour', language);
}

function inUnit(amount: number, unit: 'second' | 'minute' | 'hour', language: string): string {
  const style = { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: 1 } as const;
  return new Intl.NumberFormat(language, style).format(amount);
}
