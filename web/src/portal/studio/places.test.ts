import { Text } from "@codemirror/state";
import { expect, it } from "vitest";
import { rangeOf } from "./places";

const doc = Text.of(["{", '  "é😀": "x"', "}"]);
const at = (s: Parameters<typeof rangeOf>[1]) => {
  const { from, to } = rangeOf(doc, s);
  return doc.sliceString(from, to);
};

it("a place is counted as an editor counts it: a character outside the first plane is two", () => {
  expect(at({ line: 2, column: 3, end_line: 2, end_column: 8 })).toBe('"é😀"');
  expect(at({ line: 2, column: 10, end_line: 2, end_column: 13 })).toBe('"x"');
});

it("what stands nowhere, or outside, is shown all the same", () => {
  expect(at({})).toBe("{");
  expect(at({ line: 99, column: 1 })).toBe("}");
  expect(rangeOf(Text.empty, { line: 1, column: 1 })).toEqual({ from: 0, to: 0 });
});
