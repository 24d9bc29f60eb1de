import { describe, expect, it } from "vitest";
import { linkify } from "./links";

const hrefs = (text: string) => linkify(text).flatMap((p) => ("href" in p ? [p.href] : []));

describe("links", () => {
  it.each([
    ["see https://example.com/a?b=c#d now", ["https://example.com/a?b=c#d"]],
    ["HTTP://EXAMPLE.com", ["http://example.com/"]],
    ["(https://example.com/a_(b))", ["https://example.com/a_(b)"]],
    ["Is it https://example.com/x?", ["https://example.com/x"]],
    ["https://example.com/x, https://example.org.", ["https://example.com/x", "https://example.org/"]],
    ["javascript:alert(1)", []],
    ["data:text/html,<script>alert(1)</script>", []],
    ["JaVaScRiPt://example.com/%0aalert(1)", []],
    ["ftp://example.com", []],
    ["https://", []],
    ["https://good.example@evil.example/", []],
    ["https://example.com/\u202egpj.exe", []],
    ['https://example.com/"onmouseover="alert(1)', ["https://example.com/"]],
    ["https://example.com/<script>alert(1)</script>", ["https://example.com/"]],
    ["yes", []],
    ["", []],
  ])("%j", (text, want) => {
    expect(hrefs(text)).toEqual(want);
  });

  it.each([
    "",
    "yes",
    "0123",
    "~",
    "Hi: there",
    "$to$",
    "{{to}}",
    '"',
    "\\",
    "é",
    "😀 https://example.com 😀",
    "a\u0000b",
    "https://x.example/…",
    "x".repeat(1600),
    "<b>https://example.com</b>",
  ])("loses no character of %j", (text) => {
    expect(
      linkify(text)
        .map((p) => p.text)
        .join(""),
    ).toBe(text);
  });

  it("is quick on a text made to be slow", () => {
    const started = performance.now();
    linkify(`${"http://a".repeat(2000)}${")".repeat(4000)}`);
    expect(performance.now() - started).toBeLessThan(2000);
  });
});
