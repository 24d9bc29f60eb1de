// Local days and times. The server speaks UTC; people live somewhere.

const made = new Map<string, Intl.DateTimeFormat>(); // making one takes longer than using it a hundred times

function format(locale: string | undefined, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = JSON.stringify([locale, options]);
  let f = made.get(key);
  if (!f) {
    f = new Intl.DateTimeFormat(locale, options);
    made.set(key, f);
  }
  return f;
}

// A local day as a text that sorts: 2026-03-09.
export function dayOf(at: number, zone?: string): string {
  return format("en-CA", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" }).format(at);
}

export interface DayWords {
  today: string;
  yesterday: string;
}

// A separator: "Today", "Yesterday", "Monday" within a week, else the date; the year only when it is another one.
export function dayLabel(at: number, now: number, words: DayWords, locale?: string, zone?: string): string {
  const apart = daysBetween(dayOf(at, zone), dayOf(now, zone));
  if (apart === 0) {
    return words.today;
  }
  if (apart === 1) {
    return words.yesterday;
  }
  if (apart > 1 && apart < 7) {
    return format(locale, { timeZone: zone, weekday: "long" }).format(at);
  }
  const sameYear = dayOf(at, zone).slice(0, 4) === dayOf(now, zone).slice(0, 4);
  return format(locale, {
    timeZone: zone,
    weekday: sameYear ? "long" : undefined,
    day: "numeric",
    month: "long",
    year: sameYear ? undefined : "numeric",
  }).format(at);
}

// The short stamp of a list: the time today, else the day.
export function listStamp(at: number, now: number, words: DayWords, locale?: string, zone?: string): string {
  const apart = daysBetween(dayOf(at, zone), dayOf(now, zone));
  if (apart <= 0) {
    return timeOf(at, locale, zone);
  }
  if (apart === 1) {
    return words.yesterday;
  }
  if (apart < 7) {
    return format(locale, { timeZone: zone, weekday: "short" }).format(at);
  }
  const sameYear = dayOf(at, zone).slice(0, 4) === dayOf(now, zone).slice(0, 4);
  return format(locale, {
    timeZone: zone,
    day: "numeric",
    month: "short",
    year: sameYear ? undefined : "2-digit",
  }).format(at);
}

export function timeOf(at: number, locale?: string, zone?: string): string {
  return format(locale, { timeZone: zone, hour: "numeric", minute: "2-digit" }).format(at);
}

// Whole days from one local day to another: days of 23 and of 25 hours are days too.
function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / 86_400_000);
}
