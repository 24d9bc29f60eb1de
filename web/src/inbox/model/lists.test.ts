import { describe, expect, it } from "vitest";
import { conversation, ours, paged, text } from "./fixture";
import { belongs, place, withMessage } from "./lists";
import type { Conversation, Pages } from "./types";

const ids = (all: Pages<Conversation>) => all.pages.map((p) => p.data.map((c) => c.id).join("")).join("|");

describe("a list that is loaded in part", () => {
  const list = paged(
    [conversation("d", 40), conversation("c", 30), conversation("b", 20), conversation("a", 10)],
    2,
    true,
  );

  it("moves a conversation up when something is said in it", () => {
    expect(ids(place(list, conversation("b", 50), true))).toBe("bdc|a");
    expect(ids(place(list, conversation("b", 35), true))).toBe("dbc|a");
  });

  it("takes in a new one where it belongs, and leaves out what is further down", () => {
    expect(ids(place(list, conversation("n", 25), true))).toBe("dc|nba");
    expect(ids(place(list, conversation("n", 5), true))).toBe("dc|ba");
    expect(ids(place(paged([conversation("c", 30)], 2), conversation("n", 5), true))).toBe("cn");
  });

  it("lets go what no longer belongs, unless it is being looked at", () => {
    expect(ids(place(list, conversation("c", 30, { closed: true }), false))).toBe("d|ba");
    expect(ids(place(list, conversation("c", 30, { closed: true }), false, true))).toBe("dc|ba");
    expect(place(list, conversation("x", 99), false)).toBe(list);
  });

  it("changes nothing else when only a detail changed", () => {
    const got = place(list, conversation("c", 30, { unread: 3 }), true);
    expect(got.pages[0]?.data[1]?.unread).toBe(3);
    expect(ids(got)).toBe("dc|ba");
  });
});

describe("filters", () => {
  const mine = conversation("1", 0, { kind: "private", user: "ana" });
  const claimed = conversation("2", 0, { claimed_by: { id: "ana", name: "Ana" } });
  const others = conversation("3", 0, { claimed_by: { id: "ben", name: "Ben" } });
  const open = conversation("4", 0, { unread: 2 });
  const closed = conversation("5", 0, { closed: true, unread: 1 });
  it.each([
    ["all", "1234"],
    ["mine", "12"],
    ["unclaimed", "4"],
    ["unread", "4"],
    ["closed", "5"],
  ] as const)("%s: %s", (show, want) => {
    expect(
      [mine, claimed, others, open, closed]
        .filter((c) => belongs(c, show, "ana"))
        .map((c) => c.id)
        .join(""),
    ).toBe(want);
  });
});

describe("a message in the list", () => {
  it("is new to who does not look at it", () => {
    const c = withMessage(conversation("c", 0), text("m", 5), false);
    expect(c).toMatchObject({ unread: 1, last: { id: "m", content: "m" } });
    expect(withMessage(c, text("m", 5), false).unread).toBe(1); // told twice, counted once
    expect(withMessage(conversation("c", 0), text("m", 5), true).unread).toBe(0);
    expect(withMessage(conversation("c", 0), ours("m", 5), false).unread).toBe(0);
  });

  it("shows what became of the newest one alone", () => {
    const c = withMessage(conversation("c", 0), ours("m", 5), true);
    expect(withMessage(c, ours("m", 5, { status: "delivered" }), true).last?.status).toBe("delivered");
    expect(withMessage(c, ours("old", 1, { status: "delivered" }), true)).toBe(c);
  });

  it("shows nothing of a deleted one", () => {
    expect(withMessage(conversation("c", 0), text("m", 5, { deleted: true }), false).last?.content).toBe("");
  });
});
