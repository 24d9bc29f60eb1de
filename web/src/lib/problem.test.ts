import { expect, test } from "vitest";
import { path } from "./api";
import { problemOf } from "./problem";

test("a problem finds its fields, and what belongs to none is said beside the form", () => {
  const p = problemOf(422, {
    code: "invalid",
    detail: "d",
    errors: [
      { pointer: "/name", message: "is missing" },
      { pointer: "/x/0", message: "is odd" },
    ],
  });
  expect(p.at("/name")).toBe("is missing");
  expect(p.at("/x")).toBe("is odd");
  expect(p.at("/nam")).toBeUndefined();
  expect(p.besides(["/name"])).toBe("x/0 is odd");
  expect(p.besides(["/name", "/x"])).toBeUndefined();
});

test("what a proxy answers is no problem of ours, and is not shown", () => {
  expect(problemOf(502, "<h1>Bad gateway</h1>").message).toBe("The server answered 502.");
  expect(problemOf(500, { errors: "x", detail: 7 }).message).toBe("The server answered 500.");
});

test("a path escapes what is put into it", () => {
  expect(path`/v1/services/${"a/../b?c"}/versions/${"é"}`).toBe("/v1/services/a%2F..%2Fb%3Fc/versions/%C3%A9");
});
