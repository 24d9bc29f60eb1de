import { describe, expect, it, vi } from "vitest";
import { Problem } from "../../lib/problem";
import { storage } from "../model/fixture";
import type { Pending } from "../model/types";
import { Outbox, type Post } from "./outbox";

const draft = (key: string, content = key, more: Partial<Pending> = {}) => ({
  key,
  conversation: "c",
  content,
  note: false,
  media: [],
  ...more,
});
const unreached = () => Promise.reject(new Problem(0, "unreached", "nobody answers"));
const states = (box: Outbox) => box.pending.get().map((p) => `${p.key}:${p.state}`);

describe("what is sent", () => {
  it("that nobody answers stays with its words, and is tried again under its key", async () => {
    const said: string[] = [];
    let reached = false;
    const say: Post = (p) => {
      said.push(`${p.key} ${p.content}`);
      return reached ? Promise.resolve({ id: "m" }) : unreached();
    };
    const box = new Outbox("ana", storage(), say);
    box.send(draft("k", "Hello"));
    await vi.waitFor(() =>
      expect(box.pending.get()).toMatchObject([{ state: "failed", again: true, content: "Hello" }]),
    );
    reached = true;
    box.retryUnreached();
    await vi.waitFor(() => expect(box.pending.get()[0]?.id).toBe("m"));
    expect(said).toEqual(["k Hello", "k Hello"]);
    box.arrived("m", "k");
    expect(box.pending.get()).toEqual([]);
    expect(box.keys.get("m")).toBe("k"); // its line stays the same line
  });

  it("leaves in the order in which it was written, whatever takes longer", async () => {
    const said: string[] = [];
    const slow: ((v: { id: string }) => void)[] = [];
    const box = new Outbox("ana", storage(), (p) => {
      said.push(p.key);
      return p.key === "1" ? new Promise((done) => slow.push(done)) : Promise.resolve({ id: p.key });
    });
    box.send(draft("1"));
    box.send(draft("2"));
    box.send(draft("x", "x", { conversation: "other" }));
    await vi.waitFor(() => expect(said).toEqual(["1", "x"])); // another conversation does not wait
    slow[0]?.({ id: "1" });
    await vi.waitFor(() => expect(said).toEqual(["1", "x", "2"]));
  });

  it.each([
    [0, true],
    [409, true],
    [429, true],
    [503, true],
    [403, false],
    [422, false],
  ])("and answered %i may be tried again as it is: %s", async (status, again) => {
    const box = new Outbox("ana", storage(), () => Promise.reject(new Problem(status, "", "why")));
    box.send(draft("k"));
    await vi.waitFor(() => expect(box.pending.get()).toMatchObject([{ state: "failed", again, error: "why" }]));
  });

  it("is said again by itself only when it was a message: a note has no key", async () => {
    const say = vi.fn<Post>(unreached);
    const box = new Outbox("ana", storage(), say);
    box.send(draft("n", "n", { note: true }));
    await vi.waitFor(() => expect(states(box)).toEqual(["n:failed"]));
    box.retryUnreached();
    expect(states(box)).toEqual(["n:failed"]);
    expect(say).toHaveBeenCalledTimes(1);
  });

  it("outlives a reload until the server has it, and a day-old key is not relied upon", async () => {
    const kept = storage();
    let now = 1_000_000;
    const say: Post = (p) => (p.key === "lost" ? unreached() : Promise.resolve({ id: p.key }));
    const box = new Outbox("ana", kept, say, () => now);
    box.send(draft("there"));
    box.send(draft("lost"));
    await vi.waitFor(() => expect(states(box)).toEqual(["there:sending", "lost:failed"]));
    expect(new Outbox("ana", kept, say, () => now).pending.get()).toMatchObject([{ key: "lost", again: true }]);
    now += 21 * 3_600_000;
    expect(new Outbox("ana", kept, say, () => now).pending.get()).toMatchObject([{ key: "lost", again: false }]);
    expect(new Outbox("ben", kept, say, () => now).pending.get()).toEqual([]);
  });

  it("in one tab is not lost by what is sent in another", async () => {
    const kept = storage();
    const one = new Outbox("ana", kept, unreached);
    const two = new Outbox("ana", kept, unreached);
    one.send(draft("1"));
    two.send(draft("2"));
    await vi.waitFor(() => expect([...states(one), ...states(two)]).toEqual(["1:failed", "2:failed"]));
    expect(states(new Outbox("ana", kept, unreached))).toEqual(["1:failed", "2:failed"]);
  });

  it("and refused is not tried again by itself after a reload", async () => {
    const kept = storage();
    const box = new Outbox("ana", kept, () => Promise.reject(new Problem(422, "", "why")));
    box.send(draft("k"));
    await vi.waitFor(() => expect(states(box)).toEqual(["k:failed"]));
    expect(new Outbox("ana", kept).pending.get()).toMatchObject([{ key: "k", again: false, error: "why" }]);
  });

  it.each(["", "{", "7", '[{"key":7}]', "[null]"])("survives what else is kept there: %j", (text) => {
    const kept = storage();
    kept.setItem("patchbay.outbox.ana.k", text);
    expect(new Outbox("ana", kept, unreached).pending.get()).toEqual([]);
  });
});
