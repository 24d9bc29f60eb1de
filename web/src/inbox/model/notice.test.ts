import { describe, expect, it } from "vitest";
import { newsOf } from "./notice";

const names = (id: string) => (id === "7" ? "Ana" : "");
const data = {
  id: "m",
  direction: "outbound",
  status: "failed",
  orgid: "o",
  user: "7",
  conversation: "c",
  service: "s",
  from: "+1",
  to: "+2",
  content: "<script>",
  messageids: [],
  error: { code: "5", text: "no" },
  created: "2026-01-01T00:00:00Z",
  history: [],
  media: [{ url: "/media/x", type: "image/png", size: 3, name: "a.png" }, null, 7],
};

describe("a notification", () => {
  it("of a message is one, with the name of a writer who is known", () => {
    expect(newsOf({ type: "message.status", data }, names)).toMatchObject({
      what: "message",
      arrived: false,
      message: {
        id: "m",
        kind: "text",
        user: { id: "7", name: "Ana" },
        content: "<script>",
        error: { code: "5" },
        media: [{ name: "a.png" }],
      },
    });
    expect(newsOf({ type: "message.received", data: { ...data, user: undefined } }, names)).toMatchObject({
      arrived: true,
      message: { user: null },
    });
  });

  it("of what somebody does names the conversation", () => {
    expect(newsOf({ type: "conversation.updated", data: { id: "c", what: "typing", by: "7" } }, names)).toEqual({
      what: "doing",
      id: "c",
      doing: "typing",
      by: "7",
      entry: "",
    });
  });

  it.each([
    ["message.status", null],
    ["message.status", []],
    ["message.status", { ...data, status: "constructor" }],
    ["message.status", { ...data, direction: 7 }],
    ["message.status", { ...data, id: {} }],
    ["conversation.updated", {}],
    ["integration.attention", { id: "x" }],
  ])("%s %j is none of ours", (type, odd) => {
    expect(newsOf({ type, data: odd }, names)).toBeUndefined();
  });
});
