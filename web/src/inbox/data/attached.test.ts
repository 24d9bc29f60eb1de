import { describe, expect, it, vi } from "vitest";
import { Problem } from "../../lib/problem";
import type { Upload } from "../model/types";
import { Attached, attachedTo } from "./attached";

const file = (name: string, size = 3) => new File(["x".repeat(size)], name, { type: "text/plain" });
const uploaded = (f: File): Upload => ({
  id: f.name,
  orgid: "1",
  url: "/media/1",
  type: f.type,
  size: f.size,
  name: f.name,
  created: "",
  expires: "",
});
const names = (a: Attached) => a.get().list.map((f) => f.name);

describe("attached files", () => {
  it("go up at once, and are ready when all are there", async () => {
    const ends: (() => void)[] = [];
    const a = new Attached((f) => new Promise((done) => ends.push(() => done(uploaded(f)))));
    a.add([file("a"), file("b")]);
    expect(a.busy).toBe(true);
    ends[0]?.();
    await vi.waitFor(() => expect(a.done.map((d) => d.id)).toEqual(["a"]));
    expect(a.busy).toBe(true);
    ends[1]?.();
    await vi.waitFor(() => expect(a.busy).toBe(false));
  });

  it("stay with their conversation and their user", () => {
    attachedTo("ana", "c1").putBack([uploaded(file("a"))]);
    expect(names(attachedTo("ana", "c1"))).toEqual(["a"]);
    expect(names(attachedTo("ana", "c2"))).toEqual([]);
    expect(names(attachedTo("ben", "c1"))).toEqual([]);
  });

  it("that are taken away are not uploaded to the end", () => {
    const stopped: boolean[] = [];
    const a = new Attached((_, signal) => {
      signal.addEventListener("abort", () => stopped.push(true));
      return new Promise(() => {});
    });
    a.add([file("a"), file("b")]);
    a.remove(a.get().list[0]?.n ?? 0);
    expect(names(a)).toEqual(["b"]);
    a.clear();
    expect([names(a), stopped]).toEqual([[], [true, true]]);
  });

  it("are ten at most, of 10 MB at most, and say so", () => {
    const a = new Attached(() => new Promise(() => {}));
    a.add([file("large", (10 << 20) + 1), file("small")]);
    expect([names(a), a.get().error]).toEqual([["small"], "large is larger than 10 MB."]);
    a.add(Array.from({ length: 10 }, (_, i) => file(`f${i}`)));
    expect([names(a).length, a.get().error]).toEqual([10, "A message takes 10 files at most."]);
    a.remove(a.get().list[0]?.n ?? 0);
    expect(a.get().error).toBeUndefined();
  });

  it("that could not be uploaded say why", async () => {
    const a = new Attached(() => Promise.reject(new Problem(413, "", "too large")));
    a.add([file("a")]);
    await vi.waitFor(() => expect(a.get().list).toMatchObject([{ name: "a", error: "too large" }]));
    expect(a.busy).toBe(true);
  });
});
