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

test("a number moves only when another service is chosen", () => {
  const v = valuesOf("acme", existing);
  expect(bodyOf(v, existing)).not.toHaveProperty("service");
  expect(bodyOf({ ...v, service: "other" }, existing)).toMatchObject({ service: "other" });
});

test("caps and a second way that are emptied are taken away, and one of two caps may stand alone", () => {
  const n: PhoneNumber = { ...existing, failover: { service: "other" }, daily_cap: { messages: 5, segments: 7 } };
  const v = valuesOf("acme", n);
  expect(bodyOf(v, n)).toMatchObject({ failover: { service: "other" }, daily_cap: { messages: 5, segments: 7 } });
  expect(bodyOf({ ...v, failover: "", capMessages: "", capSegments: "" }, n)).toMatchObject({
    failover: null,
    daily_cap: null,
  });
  expect(bodyOf({ ...v, capMessages: "" }, n).daily_cap).toEqual({ segments: 7 });
});
