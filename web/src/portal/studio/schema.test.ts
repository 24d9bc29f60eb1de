import { expect, it } from "vitest";
import { aboutAt, namesAt, type Schema, wordsAt } from "./schema";

const root: Schema = {
  properties: {
    id: { description: "what it is called", type: "string" },
    auth: { $ref: "#/$defs/auth" },
    models: { anyOf: [{ items: { $ref: "#/$defs/model" } }, { $ref: "#/$defs/model" }] },
    named: { additionalProperties: { $ref: "#/$defs/model" } },
  },
  $defs: {
    auth: { properties: { type: { enum: ["Bearer", "Basic", 7] } } },
    model: {
      properties: { event: { description: "what it tells", const: "message" }, inner: { $ref: "#/$defs/model" } },
    },
  },
};

it("names the members of the place, through references, alternatives and lists", () => {
  expect(namesAt(root, []).map((n) => n.name)).toEqual(["id", "auth", "models", "named"]);
  expect(namesAt(root, ["auth"])).toEqual([{ name: "type" }]);
  expect(namesAt(root, ["models", null]).map((n) => n.name)).toEqual(["event", "inner"]);
  expect(namesAt(root, ["models"]).map((n) => n.name)).toEqual(["event", "inner"]);
  expect(namesAt(root, ["named", "any name"]).map((n) => n.name)).toEqual(["event", "inner"]);
  expect(namesAt(root, ["nothing", "like", "it"])).toEqual([]);
});

it("ends where a schema holds itself", () => {
  expect(namesAt(root, ["named", "a", "inner", "inner", "inner"]).map((n) => n.name)).toEqual(["event", "inner"]);
});

it("knows the words of a place, and what a member is for", () => {
  expect(wordsAt(root, ["auth", "type"])).toEqual(["Bearer", "Basic"]);
  expect(wordsAt(root, ["models", null, "event"])).toEqual(["message"]);
  expect(aboutAt(root, ["id"])).toBe("what it is called");
  expect(aboutAt(root, ["models", null])).toBeUndefined();
});
