import { expect, test } from "vitest";
import { type SSE, SSEParser } from "./sse";

function read(...pieces: string[]): SSE[] {
  const got: SSE[] = [];
  const p = new SSEParser((e) => got.push(e));
  for (const piece of pieces) p.push(piece);
  return got;
}

test("an event is told once it is whole, however it was cut", () => {
  const whole = 'id: 7\nevent: message.received\ndata: {"a":1}\n\n';
  for (let cut = 0; cut <= whole.length; cut++) {
    expect(read(whole.slice(0, cut), whole.slice(cut))).toEqual([
      { id: "7", event: "message.received", data: '{"a":1}' },
    ]);
  }
});

test("an id without data says where to resume", () => {
  expect(read("retry: 2000\nid: 42\n\n")).toEqual([{ id: "42", event: "message", data: "" }]);
});

test("heartbeats are no events", () => {
  expect(read(":\n\n:\n\n")).toEqual([]);
});

test("text keeps its colons, spaces and lines", () => {
  expect(read("data: Hi: there\ndata:  two\r\n\r\n")).toEqual([
    { id: undefined, event: "message", data: "Hi: there\n two" },
  ]);
});
