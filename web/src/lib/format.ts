/** Times and sizes as people read them, in their own place and language. */

const minute = 60_000;
const day = 24 * 60 * minute;

const time = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const dayAndTime = new Intl.DateTimeFormat(undefined, {
  month: "short",
  day: "numeric",
  hour: "2-digit",
  minute: "2-digit",
});
const date = new Intl.DateTimeFormat(undefined, { year: "numeric", month: "short", day: "numeric" });
const whole = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "long" });
const exact = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  fractionalSecondDigits: 3,
});
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });

/** Today the time, this year the day and time, before that the date. */
export function when(at: string | Date, now = new Date()): string {
  const t = new Date(at);
  if (t.toDateString() === now.toDateString()) return time.format(t);
  return t.getFullYear() === now.getFullYear() ? dayAndTime.format(t) : date.format(t);
}

export function wholeTime(at: string | Date): string {
  return whole.format(new Date(at));
}

const counted = new Intl.NumberFormat();
const short = new Intl.NumberFormat(undefined, { notation: "compact" });
const dayOnly = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric", timeZone: "UTC" });
const wholeMonth = new Intl.DateTimeFormat(undefined, { year: "numeric", month: "long", timeZone: "UTC" });

export function count(n: number): string {
  return counted.format(n);
}

/** 12K: at the end of an axis, where the exact number stands elsewhere. */
export function shortCount(n: number): string {
  return short.format(n);
}

/** A day of UTC as 2026-11-24. */
export function utcDay(day: string): string {
  return dayOnly.format(new Date(`${day}T00:00:00Z`));
}

/** A month of UTC as 2026-11. */
export function utcMonth(month: string): string {
  return wholeMonth.format(new Date(`${month}-01T00:00:00Z`));
}

/** To the millisecond, for what happened within one second. */
export function exactTime(at: string | Date): string {
  return exact.format(new Date(at));
}

export function dateOf(at: string | Date): string {
  return date.format(new Date(at));
}

export function ago(at: string | Date, now = Date.now()): string {
  const passed = now - new Date(at).getTime();
  if (passed < minute) return relative.format(0, "minute");
  if (passed < 60 * minute) return relative.format(-Math.floor(passed / minute), "minute");
  if (passed < day) return relative.format(-Math.floor(passed / (60 * minute)), "hour");
  return relative.format(-Math.floor(passed / day), "day");
}

export function size(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${Math.round(bytes / 1000)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/**
 * A name, number or address of somebody else's: what would turn the reading direction, or is not seen at all, is shown as its code,
 * so that nobody is shown another number than the one that is there. An emoji's joiners stay.
 */
export function visible(text: string): string {
  return text.replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]/g,
    (c) => `‹U+${c.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}›`,
  );
}

/** Why a provider, or we, did not do something: its code and its words. */
export function reasonOf(e: { code?: string; text?: string }): string {
  return [e.code, e.text]
    .filter((s) => s !== undefined && s !== "")
    .map((s) => visible(s ?? ""))
    .join(": ");
}

/** A North American number in its usual groups; every other one as it is. */
export function phone(number: string): string {
  const us = /^\+1(\d{3})(\d{3})(\d{4})$/.exec(number);
  return us ? `+1 ${us[1]} ${us[2]} ${us[3]}` : visible(number);
}
