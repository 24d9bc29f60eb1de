import { describe, expect, it } from "vitest";
import { dayLabel, dayOf, listStamp } from "./days";

const words = { today: "Today", yesterday: "Yesterday" };
const at = (text: string) => Date.parse(text);
const zone = "Europe/Berlin";
const now = at("2026-03-30T10:00:00Z"); // a Monday; the night before lost an hour

describe("days", () => {
  it("are local: late in the evening of UTC it is tomorrow in Berlin", () => {
    expect(dayOf(at("2026-03-10T23:30:00Z"), zone)).toBe("2026-03-11");
    expect(dayOf(at("2026-03-10T23:30:00Z"), "America/New_York")).toBe("2026-03-10");
  });

  it.each([
    ["2026-03-30T00:30:00Z", "Today"],
    ["2026-03-29T21:59:00Z", "Yesterday"],
    ["2026-03-28T23:30:00Z", "Yesterday"], // on the 29th since 23:00 UTC, a day of 23 hours
    ["2026-03-28T12:00:00Z", "Saturday"],
    ["2026-03-24T12:00:00Z", "Tuesday"],
    ["2026-03-23T12:00:00Z", "Monday, March 23"],
    ["2025-12-24T12:00:00Z", "December 24, 2025"],
    ["2026-03-31T12:00:00Z", "Tuesday, March 31"], // a clock that runs ahead
  ])("%s is %s", (text, want) => {
    expect(dayLabel(at(text), now, words, "en-US", zone)).toBe(want);
  });

  it.each([
    ["2026-03-30T07:05:00Z", "9:05 AM"],
    ["2026-03-29T12:00:00Z", "Yesterday"],
    ["2026-03-26T12:00:00Z", "Thu"],
    ["2026-02-02T12:00:00Z", "Feb 2"],
    ["2025-02-02T12:00:00Z", "Feb 2, 25"],
  ])("a list shows %s as %s", (text, want) => {
    expect(listStamp(at(text), now, words, "en-US", zone).replace("\u202f", " ")).toBe(want);
  });
});
