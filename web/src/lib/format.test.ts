import { expect, test } from "vitest";
import { phone, size, visible } from "./format";

test("a text that turns the reading direction is seen to", () => {
  expect(visible("+1555\u202e0001")).toBe("+1555‹U+202E›0001");
  expect(visible("a\u200bb\u0000")).toBe("a‹U+200B›b‹U+0000›");
});

test("emoji, accents and lines stay", () => {
  expect(visible("👩‍💻 é €\n\tx")).toBe("👩‍💻 é €\n\tx");
});

test("numbers are grouped where the grouping is known", () => {
  expect(phone("+15550001111")).toBe("+1 555 000 1111");
  expect(phone("+447700900123")).toBe("+447700900123");
  expect(phone("ACME")).toBe("ACME");
});

test("sizes are short", () => {
  expect([0, 999, 1000, 1_499_999, 1_500_000].map(size)).toEqual(["0 B", "999 B", "1 kB", "1.5 MB", "1.5 MB"]);
});
