import { describe, expect, it } from "vitest";
import { minute, note, ours, paged, text, waiting } from "./fixture";
import { bind, lastInbound, newer, refresh, remove, timeline, upsert } from "./timeline";
import type { Entry, Pages, Status } from "./types";

const none = new Map<string, string>();
const ids = (all: Pages<Entry>) => all.pages.flatMap((p) => p.data.map((e) => e.id));
const all: Status[] = ["queued", "sending", "unclear", "sent", "failed", "expired", "cancelled", "delivered", "read"];
const rank = (s: Status) =>
  [
    ["queued"],
    ["sending"],
    ["unclear"],
    ["sent"],
    ["failed", "expired", "cancelled"],
    ["delivered"],
    ["read"],
  ].findIndex((g) => g.includes(s));

describe("a status", () => {
  it("never goes back, whichever word comes later", () => {
    for (const had of all) {
      for (const came of all) {
        const got = newer(ours("m", 0, { status: had }), ours("m", 0, { status: came }));
        expect(got.kind !== "note" && got.status, `${had} then ${came}`).toBe(rank(came) < rank(had) ? had : came);
      }
    }
  });

  it("keeps the name of the writer that a notification does not carry", () => {
    const got = newer(ours("m", 0), ours("m", 0, { user: { id: "ana", name: "" } }));
    expect(got.user).toEqual({ id: "ana", name: "Ana" });
  });
});

describe("an entry that arrives", () => {
  const three = paged<Entry>([text("3", 3), text("2", 2), text("1", 1)], 2);

  it("stands at its time, once", () => {
    const with4 = upsert(three, text("4", 4));
    expect(ids(with4)).toEqual(["4", "3", "2", "1"]);
    expect(ids(upsert(with4, text("4", 4)))).toEqual(["4", "3", "2", "1"]);
    expect(ids(upsert(three, text("2½", 2.5 as number)))).toEqual(["3", "2½", "2", "1"]);
  });

  it("replaces what is known of it, on whichever page", () => {
    const got = upsert(three, text("1", 1, { content: "changed" }));
    expect(got.pages[1]?.data[0]?.content).toBe("changed");
    expect(got.pages[0]).toBe(three.pages[0]); // what did not change is not drawn again
  });

  it("that is older than all that is loaded waits for its own page", () => {
    expect(ids(upsert(paged<Entry>([text("3", 3)], 1, true), text("1", 1)))).toEqual(["3"]);
    expect(ids(upsert(paged<Entry>([text("3", 3)], 1), text("1", 1)))).toEqual(["3", "1"]);
  });

  it("into nothing is nothing", () => {
    expect(upsert({ pages: [], pageParams: [] }, text("1", 1)).pages).toEqual([]);
    expect(ids(upsert({ pages: [{ data: [], next: "" }], pageParams: [""] }, text("1", 1)))).toEqual(["1"]);
  });

  it("can be taken out", () => {
    expect(ids(remove(three, "2"))).toEqual(["3", "1"]);
  });
});

describe("the newest page asked for again", () => {
  it("adds what was missed and keeps what was paged back to", () => {
    const had = paged<Entry>([text("4", 4), text("3", 3), text("2", 2), text("1", 1)], 2);
    const got = refresh(had, {
      data: [text("6", 6), text("5", 5), text("4", 4), text("3", 3, { content: "changed" })],
      next: "x",
    });
    expect(ids(got)).toEqual(["6", "5", "4", "3", "2", "1"]);
    expect(got.pages.flatMap((p) => p.data)[3]?.content).toBe("changed");
  });

  it("begins anew where more was missed than it shows: no gap in the middle", () => {
    const had = paged<Entry>([text("2", 2), text("1", 1)], 2, true);
    const got = refresh(had, { data: [text("90", 90), text("89", 89)], next: "x" });
    expect(ids(got)).toEqual(["90", "89"]);
    expect(got.pages[0]?.next).toBe("x");
    expect(got.pageParams).toHaveLength(1);
  });

  it("takes away the note that somebody removed meanwhile", () => {
    const had = paged<Entry>([text("4", 4), note("n", 3), text("2", 2), text("1", 1)], 2, true);
    expect(ids(refresh(had, { data: [text("4", 4), text("2", 2)], next: "x" }))).toEqual(["4", "2", "1"]);
  });
});

describe("what is sent here", () => {
  it("stands at the end at once, and becomes its entry under the same key", () => {
    const pages = [{ data: [text("1", 0)] as Entry[] }];
    const before = timeline(pages, [waiting("k", minute)], none);
    expect(before.map((i) => i.key)).toEqual(["1", "k"]);
    const pending = [waiting("k", minute, { id: "m" })];
    const after = [{ data: [ours("m", minute), text("1", 0)] as Entry[] }];
    expect(
      timeline(after, pending, bind(after[0]?.data ?? [], pending, "ana")).map((i) => [i.key, "entry" in i]),
    ).toEqual([
      ["1", true],
      ["k", true],
    ]);
  });

  it("is not shown twice when the stream is quicker than the answer", () => {
    const entries = [text("1", 0), ours("m", minute, { content: "Hello\nSales" })];
    const pending = [waiting("k", minute, { content: "Hello" })];
    expect(
      timeline([{ data: entries.toReversed() }], pending, bind(entries, pending, "ana")).map((i) => i.key),
    ).toEqual(["1", "k"]);
  });

  it("twice with the same words is two", () => {
    const pending = [waiting("k1", minute, { content: "yes" }), waiting("k2", minute + 1, { content: "yes" })];
    const one = [ours("m1", minute, { content: "yes" })];
    expect(timeline([{ data: one }], pending, bind(one, pending, "ana"))).toHaveLength(2);
    const two = [...one, ours("m2", minute + 5, { content: "yes" })];
    const keys = bind(two, pending, "ana");
    expect([...keys.values()].sort()).toEqual(["k1", "k2"]);
    expect(timeline([{ data: two.toReversed() }], pending, keys)).toHaveLength(2);
  });

  it.each([
    ["a colleague's", ours("m", minute, { content: "yes", user: { id: "ben", name: "Ben" } })],
    ["the contact's", text("m", minute, { content: "yes" })],
    ["yesterday's", ours("m", -1440 * minute, { content: "yes" })],
    ["one that was sent again", ours("m", minute, { content: "yes", resend_of: "x" })],
    ["a note", note("m", minute, { content: "yes" })],
    ["one with a picture", ours("m", minute, { content: "yes", media: [{ url: "", type: "image/png", size: 1 }] })],
  ])("is not taken for %s", (_, other) => {
    expect(bind([other], [waiting("k", minute, { content: "yes" })], "ana").size).toBe(0);
  });

  it("that fails stays, with its words and its key", () => {
    const failed = waiting("k", minute, { content: "Hello", state: "failed", error: "no connection", again: true });
    const [, item] = timeline([{ data: [text("1", 0)] }], [failed], none);
    expect(item).toMatchObject({ key: "k", pending: { content: "Hello", key: "k", state: "failed" } });
  });
});

it("100,000 messages are ordered in a moment", () => {
  const entries = Array.from({ length: 100_000 }, (_, i) => text(`${i}`, 100_000 - i));
  const started = performance.now();
  expect(timeline(paged<Entry>(entries, 50).pages, [], none)).toHaveLength(100_000);
  expect(performance.now() - started).toBeLessThan(1000);
});

it("one has read up to the contact's newest message", () => {
  expect(lastInbound([{ data: [ours("3", 3), note("n", 2)] }, { data: [text("2", 2), text("1", 1)] }])?.id).toBe("2");
  expect(lastInbound([])).toBeUndefined();
});
