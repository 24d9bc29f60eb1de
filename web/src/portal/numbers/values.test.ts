import { expect, test } from "vitest";
import type { PhoneNumber } from "../../lib/types";
import { bodyOf, valuesOf } from "./values";

test("a new number says nothing about opt-out unless somebody did: an empty confirmation would silence the usual one", () => {
  const body = bodyOf({ ...valuesOf("acme"), number: "+15550001111" });
  expect(body).not.toHaveProperty("optout");
  expect(body).toMatchObject({ service: "acme", number: "+15550001111", sessionTimeout: 0, autoreply: [] });
});

const existing: PhoneNumber = {
  id: "1",
  orgid: "2",
  service: "acme",
  number: "+15550001111",
  name: "",
  country: "",
  users: [],
  inboundFormat: "",
  outboundFormat: "",
  sendName: false,
  sessionTimeout: 60,
  header: "",
  footer: "",
  strip_metadata: null,
  validity: 0,
  webhook_url: "",
  created: "",
};

test("a confirmation that was silenced stays silenced, and a word of one's own is kept", () => {
  const n: PhoneNumber = { ...existing, optout: { keyword: "ENOUGH", autoreply: "", resubscribe: "" } };
  expect(bodyOf(valuesOf("acme", n), n).optout).toEqual({ keyword: "ENOUGH", autoreply: "", resubscribe: "keyword" });
});

test("empty auto-replies are not sent, and an existing number's own value is not changed", () => {
  const n: PhoneNumber = {
    ...existing,
    autoreply: [
      { key: " ", value: "" },
      { key: "*", value: "Hi" },
    ],
  };
  const body = bodyOf(valuesOf("acme", n), n);
  expect(body.autoreply).toEqual([{ key: "*", value: "Hi" }]);
  expect(body).not.toHaveProperty("number");
});
