import { expect, test } from "vitest";
import { bodyOf, valuesOf } from "./values";

test("a new number says nothing about opt-out unless somebody did: an empty confirmation would silence the usual one", () => {
  const body = bodyOf({ ...valuesOf("acme"), number: "+15550001111" });
  expect(body).not.toHaveProperty("optout");
  expect(body).toMatchObject({ service: "acme", number: "+15550001111", sessionTimeout: 0, autoreply: [] });
});

test("a confirmation that was silenced stays silenced, and a word of one's own is kept", () => {
  const n = {
    ...valuesOf("acme"),
    id: "1",
    orgid: "2",
    webhook_url: "",
    created: "",
    sessionTimeout: 60,
    autoreply: [],
    optout: { keyword: "ENOUGH", autoreply: "" },
  };
  expect(bodyOf(valuesOf("acme", n), n).optout).toEqual({ keyword: "ENOUGH", autoreply: "", resubscribe: "keyword" });
});

test("empty auto-replies are not sent, and an existing number's own value is not changed", () => {
  const n = {
    ...valuesOf("acme"),
    id: "1",
    orgid: "2",
    webhook_url: "",
    created: "",
    sessionTimeout: 60,
    autoreply: [
      { key: " ", value: "" },
      { key: "*", value: "Hi" },
    ],
  };
  const body = bodyOf(valuesOf("acme", n), n);
  expect(body.autoreply).toEqual([{ key: "*", value: "Hi" }]);
  expect(body).not.toHaveProperty("number");
});
