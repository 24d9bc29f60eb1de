import { describe, expect, it } from "vitest";
import { minute, note, ours, text, waiting } from "./fixture";
import { rowsOf } from "./rows";
import { timeline } from "./timeline";
import type { Entry, Pending } from "./types";

const look = (entries: Entry[], pending: Pending[] = [], newFrom?: string) =>
  rowsOf(timeline([{ data: entries.toReversed() }], pending, new Map()), "ana", newFrom, "UTC").map((r) =>
    r.type === "item" ? `${r.first ? "[" : ""}${r.key}${r.last ? "]" : ""}` : r.type,
  );

describe("lines of a conversation", () => {
  it("know which message was sent again", () => {
    const entries = [ours("b", 1, { resend_of: "a" }), ours("a", 0, { status: "failed" })];
    const rows = rowsOf(timeline([{ data: entries }], [], new Map()), "ana", undefined, "UTC");
    expect(rows.flatMap((r) => (r.type === "item" ? [[r.key, r.resent]] : []))).toEqual([
      ["a", true],
      ["b", false],
    ]);
  });

  it("are grouped by who wrote, within five minutes", () => {
    expect(
      look([text("a", 0), text("b", minute), text("c", 9 * minute), ours("d", 10 * minute), ours("e", 11 * minute)]),
    ).toEqual(["day", "[a", "b]", "[c]", "[d", "e]"]);
  });

  it("keep colleagues, notes, numbers and calls apart", () => {
    expect(
      look([
        ours("a", 0),
        ours("b", 1, { user: { id: "ben", name: "Ben" } }),
        note("c", 2),
        note("d", 3),
        ours("e", 4, { from: "+15550001001", user: { id: "ben", name: "Ben" } }),
        ours("f", 5, { user: null }),
        text("g", 6, { kind: "call" }),
        text("h", 7, { kind: "call" }),
      ]),
    ).toEqual(["day", "[a]", "[b]", "[c", "d]", "[e]", "[f]", "[g]", "[h]"]);
  });

  it("join what is being sent to what was sent", () => {
    expect(look([ours("a", 0)], [waiting("k", minute)])).toEqual(["day", "[a", "k]"]);
    expect(look([note("a", 0)], [waiting("k", minute)])).toEqual(["day", "[a]", "[k]"]);
  });

  it("have a line between days, and one where the new begins", () => {
    expect(look([text("a", 0), text("b", 1440 * minute), text("c", 1441 * minute)], [], "c")).toEqual([
      "day",
      "[a]",
      "day",
      "[b]",
      "new",
      "[c]",
    ]);
  });

  it("have keys of their own each", () => {
    const keys = rowsOf(
      timeline([{ data: [text("b", 1440 * minute), text("a", 0)] }], [], new Map()),
      "ana",
      "b",
      "UTC",
    ).map((r) => r.key);
    expect(new Set(keys).size).toBe(keys.length);
  });
});
