import { expect, test } from "vitest";
import { firstDay, monthFrom, roundUp } from "./scale";

test("an axis ends at a round number that nothing exceeds", () => {
  expect([0, 1, 3, 5, 6, 10, 11, 1999, 2001].map(roundUp)).toEqual([1, 1, 5, 5, 10, 10, 20, 2000, 5000]);
});

test("a range of one day is today, and longer ones begin before", () => {
  const now = new Date("2026-03-01T00:30:00Z");
  expect(firstDay(1, now)).toBe("2026-03-01");
  expect(firstDay(30, now)).toBe("2026-01-31");
});

test("months go on over the year's end", () => {
  expect(monthFrom("2026-01", -1)).toBe("2025-12");
  expect(monthFrom("2025-12", 1)).toBe("2026-01");
});
