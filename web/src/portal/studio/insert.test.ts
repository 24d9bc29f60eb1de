import { expect, it } from "vitest";
import { withModels } from "./insert";

const drafted =
  '{"id":"draft","Webhook":[{"event_type":"message","request_parameters":{"t":"$content$"}}],"tests":[{"name":"0"}]}';
const read = (text: string | undefined) => JSON.parse(text ?? "null");

it("models and their tests come behind those that are there, and nothing else changes", () => {
  const file = '{"id":"a","Webhook":[{"event_type":"mms"}],"tests":[{"name":"own"}],"x":"$to$ \\"é"}';
  expect(read(withModels(file, drafted))).toEqual({
    id: "a",
    Webhook: [{ event_type: "mms" }, { event_type: "message", request_parameters: { t: "$content$" } }],
    tests: [{ name: "own" }, { name: "0" }],
    x: '$to$ "é',
  });
});

it("a file without models gets them, and one model becomes a list", () => {
  expect(read(withModels('{"id":"a"}', drafted)).Webhook).toHaveLength(1);
  expect(read(withModels('{"id":"a","Webhook":{"event_type":"mms"}}', drafted)).Webhook[0]).toEqual({
    event_type: "mms",
  });
});

it("what has a form of its own, or is no file, is left to a person", () => {
  expect(withModels('{"Webhook":{"events":{}}}', drafted)).toBeUndefined();
  expect(withModels("{", drafted)).toBeUndefined();
  expect(withModels("[]", drafted)).toBeUndefined();
});
