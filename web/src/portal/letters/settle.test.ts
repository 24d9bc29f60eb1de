import { expect, test } from "vitest";
import { type Chosen, queryOf, settle } from "./settle";

const answer = (done: number, more: boolean, refused: string[] = []) => ({
  done,
  more,
  failed: refused.map((id) => ({ id, code: "conflict" as const, detail: "no" })),
  sent: [],
});

test("more than a thousand ids go in several requests, and none goes twice", async () => {
  const asked: string[] = [];
  const ids = Array.from({ length: 2500 }, (_, i) => String(i));
  const got = await settle({ ids }, async (c: Chosen) => {
    if (!("ids" in c)) throw new Error("ids were given");
    asked.push(...c.ids);
    return answer(c.ids.length, false);
  });
  expect(got).toEqual({ done: 2500, refused: [] });
  expect(asked).toEqual(ids);
});

test("all is asked for until there is no more", async () => {
  const answers = [answer(1000, true), answer(1000, true), answer(3, false)];
  const got = await settle({ all: true }, async () => answers.shift() ?? answer(0, false));
  expect(got.done).toBe(2003);
  expect(answers).toEqual([]);
});

test("all stops where some are refused, which would be picked again for ever", async () => {
  let asked = 0;
  const got = await settle({ all: true }, async () => {
    asked++;
    return answer(999, true, ["7"]);
  });
  expect(asked).toBe(1);
  expect(got.refused).toHaveLength(1);
});

test("all ends with the newest that was shown", () => {
  const newest = "2026-11-24T03:00:00.000Z";
  const filter = { code: "30003", status: undefined };
  expect(queryOf({ all: true }, filter, newest)).toEqual({ ...filter, until: "2026-11-24T03:00:00.001Z" });
  expect(queryOf({ ids: ["1"] }, filter, newest)).toEqual({});
});
