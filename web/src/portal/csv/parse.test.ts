import { expect, test } from "vitest";
import { firstLines } from "./parse";

test("cells in quotation marks keep commas, line ends and quotation marks", () => {
  expect(firstLines('\ufeffname,about\r\n"Olsen, Olga","says ""hi""\nand more"\r\n', 5)).toEqual({
    rows: [
      ["name", "about"],
      ["Olsen, Olga", 'says "hi"\nand more'],
    ],
    all: 2,
  });
});

test("only so many lines are kept, all are counted, and empty ones are none", () => {
  expect(firstLines("a\n\nb\nc", 2)).toEqual({ rows: [["a"], ["b"]], all: 3 });
  expect(firstLines("", 2)).toEqual({ rows: [], all: 0 });
});

test("a quotation mark that is never closed ends with the file", () => {
  expect(firstLines('a,"b\nc', 3)).toEqual({ rows: [["a", "b\nc"]], all: 1 });
});
