import { describe, expect, it } from "vitest";
import { ours } from "./fixture";
import { fateOf } from "./status";

describe("what has become of a message", () => {
  it.each([
    ["queued", undefined, "On its way", undefined],
    ["sending", undefined, "On its way", undefined],
    ["sent", undefined, "Sent", undefined],
    ["delivered", undefined, "Delivered", undefined],
    ["read", undefined, "Read", undefined],
    ["unclear", undefined, "It is unclear whether it arrived", "unclear"],
    [
      "failed",
      { code: "30003", text: 'Unreachable <b>"handset"</b>' },
      'Not delivered: Unreachable <b>"handset"</b>',
      "again",
    ],
    ["failed", { code: "30003" }, "Not delivered: the provider's code is 30003", "again"],
    ["failed", undefined, "Not delivered: the provider gives no reason", "again"],
    ["failed", { code: "dismissed", text: "x" }, "Settled by hand", undefined],
    ["expired", undefined, "Not delivered: it could not be handed over in time", "again"],
    ["cancelled", undefined, "Taken back before it was sent", undefined],
  ] as const)("%s %j: %s", (status, error, words, ask) => {
    expect(fateOf(ours("m", 0, { status, error }))).toMatchObject({ words, ...(ask ? { ask } : {}) });
    expect(fateOf(ours("m", 0, { status, error })).ask).toBe(ask);
  });
});
