/** The round number at or above n that an axis ends with: 1, 2 or 5 with zeros behind it. */
export function roundUp(n: number): number {
  if (n <= 1) return 1;
  const ten = 10 ** Math.floor(Math.log10(n));
  for (const step of [1, 2, 5]) if (n <= step * ten) return step * ten;
  return 10 * ten;
}

/** The first day of a range of so many days that ends today (UTC). */
export function firstDay(days: number, now = new Date()): string {
  return new Date(now.getTime() - (days - 1) * 86_400_000).toISOString().slice(0, 10);
}

/** The month so many months from one, as 2026-11. */
export function monthFrom(month: string, by: number): string {
  const [y = 1970, m = 1] = month.split("-").map(Number);
  return new Date(Date.UTC(y, m - 1 + by, 1)).toISOString().slice(0, 7);
}
