/**
 * Stay dates and business dates are property-local calendar dates without a time or a zone. They
 * are formatted in UTC throughout, so that the zone of this machine cannot move them by a day.
 */

const CALENDAR_DATE = /^\d{4}-\d{2}-\d{2}$/;
const DAY_MILLISECONDS = 86_400_000;

export function formatCalendarDate(
  date: string,
  language: string,
  style: 'short' | 'long',
): string {
  const midnight = midnightUtc(date);
  if (midnight === null) return date;
  const options: Intl.DateTimeFormatOptions =
    style === 'long'
      ? { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' }
      : { weekday: 'short', day: 'numeric', month: 'short' };
  return new Intl.DateTimeFormat(language, { ...options, timeZone: 'UTC' }).format(midnight);
}

export function nightsBetween(arrivalDate: string, departureDate: string): number | null {
  const arrival = midnightUtc(arrivalDate);
  const departure = midnightUtc(departureDate);
  if (arrival === null || departure === null) return null;
  return Math.round((departure - arrival) / DAY_MILLISECONDS);
}

/** A moment (RFC 3339) as the clock on this wall shows it. */
export function formatMoment(moment: string, language: string): string {
  const milliseconds = Date.parse(moment);
  if (!Number.isFinite(milliseconds)) return moment;
  return new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit' }).format(
    milliseconds,
  );
}

function midnightUtc(date: string): number | null {
  if (!CALENDAR_DATE.test(date)) return null;
  const milliseconds = Date.parse(`${date}T00:00:00Z`);
  return Number.isFinite(milliseconds) ? milliseconds : null;
}
