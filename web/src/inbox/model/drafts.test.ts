import { describe, expect, it } from "vitest";
import { Drafts } from "./drafts";
import { storage } from "./fixture";

describe("drafts", () => {
  it.each(["yes", "0123", '"', "\\", "$to$", "😀", "a\nb", "x".repeat(1600)])("come back as they were: %j", (text) => {
    const kept = storage();
    new Drafts(kept, "ana").save("c1", { text, note: true, key: "k" });
    expect(new Drafts(kept, "ana").load("c1")).toEqual({ text, note: true, key: "k" });
  });

  it("are each user's own", () => {
    const kept = storage();
    new Drafts(kept, "ana").save("c1", { text: "secret", note: false, key: "k" });
    expect(new Drafts(kept, "ben").load("c1").text).toBe("");
    expect(new Drafts(kept, "ben").all().size).toBe(0);
  });

  it("begin under a key of their own each", () => {
    const drafts = new Drafts(storage(), "ana");
    expect(drafts.load("c1").key).not.toBe(drafts.load("c1").key);
  });

  it("are gone when their text is", () => {
    const kept = storage();
    const drafts = new Drafts(kept, "ana");
    drafts.save("c1", { text: "a", note: false, key: "k" });
    drafts.save("c1", { text: "", note: false, key: "k" });
    expect(kept.all.size).toBe(0);
  });

  it.each(["", "null", "7", "{", '{"text":7,"key":"k"}', "[]"])("survive what else stands there: %j", (text) => {
    const kept = storage();
    kept.setItem("patchbay.draft.ana.c1", text);
    expect(new Drafts(kept, "ana").load("c1")).toMatchObject({ text: "", note: false });
  });

  it("do not stop the writing when the storage is full", () => {
    const full = storage();
    full.setItem = () => {
      throw new DOMException("full", "QuotaExceededError");
    };
    expect(() => new Drafts(full, "ana").save("c1", { text: "a", note: false, key: "k" })).not.toThrow();
  });

  it("are bounded: the ones touched longest ago go", () => {
    const kept = storage();
    let now = 0;
    const drafts = new Drafts(kept, "ana", () => ++now);
    for (let i = 0; i < 230; i++) {
      drafts.save(`c${i}`, { text: `${i}`, note: false, key: "k" });
    }
    const all = drafts.all();
    expect(all.size).toBe(200);
    expect(all.has("c29")).toBe(false);
    expect(all.get("c229")).toBe("229");
  });
});
