import type { Kept } from "./shelf";
import type { Conversation, Message, Note, Pages, Pending } from "./types";

/** Things for tests to speak of. */

export const minute = 60_000;
export const start = Date.parse("2026-03-10T09:00:00Z");

export function text(id: string, at: number, more: Partial<Message> = {}): Message {
  return {
    kind: "text",
    id,
    direction: "inbound",
    status: "received",
    user: null,
    conversation: "c",
    from: "+15550100123",
    to: "+15550001003",
    content: id,
    created: new Date(start + at).toISOString(),
    media: [],
    ...more,
  };
}

export function ours(id: string, at: number, more: Partial<Message> = {}): Message {
  return text(id, at, {
    direction: "outbound",
    status: "queued",
    user: { id: "ana", name: "Ana" },
    from: "+15550001003",
    to: "+15550100123",
    ...more,
  });
}

export function note(id: string, at: number, more: Partial<Note> = {}): Note {
  return {
    kind: "note",
    id,
    conversation: "c",
    user: { id: "ana", name: "Ana" },
    content: id,
    created: new Date(start + at).toISOString(),
    ...more,
  };
}

export function waiting(key: string, at: number, more: Partial<Pending> = {}): Pending {
  return { key, conversation: "c", note: false, content: key, media: [], at: start + at, state: "sending", ...more };
}

export function conversation(id: string, at: number, more: Partial<Conversation> = {}): Conversation {
  const created = new Date(start + at).toISOString();
  return {
    id,
    orgid: "o",
    number: "n",
    number_value: "+15550001003",
    number_name: "Support",
    contact: "+15550100123",
    name: "",
    contact_id: "",
    kind: "group",
    user: "",
    claimed_by: null,
    closed: false,
    unread: 0,
    last: null,
    opted_out: false,
    blocked: false,
    created,
    last_at: created,
    ...more,
  };
}

/** Pages of so many each, the newest first, out of a list whose newest is first; older: there is more behind the last. */
export function paged<T>(list: readonly T[], each: number, older = false): Pages<T> {
  const pages: Pages<T>["pages"] = [];
  for (let i = 0; i < list.length; i += each) {
    pages.push({ data: list.slice(i, i + each), next: i + each < list.length || older ? `after ${i + each}` : "" });
  }
  return { pages, pageParams: pages.map((_, i) => (i === 0 ? "" : `after ${i * each}`)) };
}

/** A browser's storage. */
export function storage(): Kept & { all: Map<string, string> } {
  const all = new Map<string, string>();
  return {
    all,
    getItem: (k) => all.get(k) ?? null,
    setItem: (k, v) => void all.set(k, v),
    removeItem: (k) => void all.delete(k),
    key: (i) => [...all.keys()][i] ?? null,
    get length() {
      return all.size;
    },
  };
}
