import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { costly, countSegments, gsmBasic, gsmExtension, matters } from "./segments";

const a = (n: number) => "a".repeat(n);

// The rows of TestSegments in internal/phone.
const rows: [name: string, text: string, encoding: string, segments: number, units: number][] = [
  ["nothing", "", "gsm7", 0, 0],
  ["one", "a", "gsm7", 1, 1],
  ["alone, full", a(160), "gsm7", 1, 160],
  ["one too many", a(161), "gsm7", 2, 161],
  ["two full", a(306), "gsm7", 2, 306],
  ["three", a(307), "gsm7", 3, 307],
  ["1,600", a(1600), "gsm7", 11, 1600],
  ["extension costs two", "[€]", "gsm7", 1, 6],
  ["80 euros", "€".repeat(80), "gsm7", 1, 160],
  ["81 euros: 76 in a part, its last septet empty", "€".repeat(81), "gsm7", 2, 162],
  ["an escape is not cut from its septet", `${a(152)}€${a(152)}`, "gsm7", 3, 306],
  ["the same alone", `${a(158)}€`, "gsm7", 1, 160],
  ["all of the basic table", gsmBasic, "gsm7", 1, 127],
  ["all of the extension table", gsmExtension, "gsm7", 1, 20],
  ["form feed is in the extension, tab nowhere", "\f", "gsm7", 1, 2],
  ["tab", "\t", "ucs2", 1, 1],
  ["escape", "\x1b", "ucs2", 1, 1],
  ["backtick", "`", "ucs2", 1, 1],
  ["capital cedilla", "Ç", "gsm7", 1, 1],
  ["small cedilla", "ç", "ucs2", 1, 1],
  ["Greek that looks Latin", "Α", "ucs2", 1, 1],
  ["typographic quote", "it’s", "ucs2", 1, 4],
  ["ucs2 alone, full", "я".repeat(70), "ucs2", 1, 70],
  ["ucs2, one too many", "я".repeat(71), "ucs2", 2, 71],
  ["ucs2, two full", "я".repeat(134), "ucs2", 2, 134],
  ["ucs2, three", "я".repeat(135), "ucs2", 3, 135],
  ["an emoji is two units", "😀", "ucs2", 1, 2],
  ["35 emojis", "😀".repeat(35), "ucs2", 1, 70],
  ["a pair is not cut in two: 33 in a part", "😀".repeat(36), "ucs2", 2, 72],
  ["67 emojis take three parts, 134 units would be two", "😀".repeat(67), "ucs2", 3, 134],
  ["one character changes all", `${a(159)}я`, "ucs2", 3, 160],
];

describe("segments", () => {
  it.each(rows)("%s", (_, text, encoding, segments, units) => {
    expect(countSegments(text)).toMatchObject({ encoding, segments, units });
  });

  it("counts every case that the server's own test has", () => {
    const source = readFileSync(new URL("../../../../internal/phone/segment_test.go", import.meta.url), "utf8");
    const table = source.slice(source.indexOf("func TestSegments"), source.indexOf("} {\n\t\te, s, u"));
    const names = [...table.matchAll(/^\t\t\{"([^"]+)", .*"(gsm7|ucs2)", (\d+), (\d+)\},$/gm)].map((m) => m.slice(1));
    const ours = rows.map(([name, , encoding, segments, units]) => [name, encoding, `${segments}`, `${units}`]);
    expect(names.filter(([name]) => name !== "not text")).toEqual(ours); // JavaScript has no strings that are not text
  });

  it("has the server's two tables", () => {
    expect(Array.from(gsmBasic)).toHaveLength(127);
    expect(Array.from(gsmExtension)).toHaveLength(10);
    expect(new Set(gsmBasic + gsmExtension).size).toBe(137);
  });

  it("says how much still fits", () => {
    expect(countSegments(a(150)).left).toBe(10);
    expect(countSegments(a(161)).left).toBe(145);
    expect(countSegments("").left).toBe(160);
  });
});

describe("whether the count matters", () => {
  it.each([
    ["", false],
    ["Hi: there", false],
    [a(139), false],
    [a(140), true],
    [a(161), true],
    ["é", false],
    ["😀", true],
  ])("%j: %s", (text, want) => {
    expect(matters(countSegments(text))).toBe(want);
  });

  it("names the characters that cost, each once", () => {
    expect(costly("it’s ’😀 я ż")).toEqual(["’", "😀", "я"]);
    expect(costly("€é[]")).toEqual([]);
  });
});
