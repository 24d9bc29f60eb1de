import { expect, test } from "vitest";
import { match } from "./router";

test.each([
  ["/", "/", {}],
  ["/portal", "/portal/", {}],
  ["/portal/:id", "/portal/a%20b", { id: "a b" }],
  ["/portal/:id/*", "/portal/7/x/y", { id: "7", "*": "x/y" }],
  ["/portal/:id", "/portal/", null],
  ["/portal/:id", "/portal/1/2", null],
  ["/portal/:id", "/portal/%E0%A4%A", null],
])("%s of %s is %o", (pattern, at, want) => {
  expect(match(pattern, at)).toEqual(want);
});
