import { isStatus } from "./status";
import type { Media, Message, Person } from "./types";

/** What a notification means to the inbox. */
export type News =
  | { what: "message"; message: Message; arrived: boolean }
  | { what: "doing"; id: string; doing: string; by: string; entry: string }
  | { what: "optout"; contact: string };

type Data = Record<string, unknown>;

/** Reads a notification. names gives the names of users that are known here: a notification carries ids alone. */
export function newsOf(n: { type: string; data: unknown }, names: (id: string) => string): News | undefined {
  if (!isData(n.data)) return undefined;
  const d = n.data;
  switch (n.type) {
    case "message.received":
    case "message.status": {
      const message = messageOf(d, names);
      return message && { what: "message", message, arrived: n.type === "message.received" };
    }
    case "conversation.updated":
      return text(d.id) === ""
        ? undefined
        : { what: "doing", id: text(d.id), doing: text(d.what), by: text(d.by), entry: text(d.message_id) };
    case "optout.changed":
      return { what: "optout", contact: text(d.contact) };
  }
  return undefined;
}

function messageOf(d: Data, names: (id: string) => string): Message | undefined {
  const status = text(d.status);
  const direction = text(d.direction);
  if (!isStatus(status) || (direction !== "inbound" && direction !== "outbound") || text(d.id) === "") return undefined;
  const m: Message = {
    kind: isData(d.call) ? "call" : "text",
    id: text(d.id),
    direction,
    status,
    user: personOf(d.user, names),
    conversation: text(d.conversation),
    from: text(d.from),
    to: text(d.to),
    content: text(d.content),
    created: text(d.created),
    media: (Array.isArray(d.media) ? d.media : []).filter(isData).map((f) => ({
      url: text(f.url),
      preview: text(f.preview) || undefined,
      type: text(f.type),
      size: typeof f.size === "number" ? f.size : 0,
      name: text(f.name) || undefined,
      state: (text(f.state) || undefined) as Media["state"],
      reason: text(f.reason) || undefined,
    })),
  };
  if (typeof d.segments === "number") m.segments = d.segments;
  if (isData(d.error)) m.error = { code: text(d.error.code), text: text(d.error.text) || undefined };
  if (text(d.resend_of)) m.resend_of = text(d.resend_of);
  if (isData(d.call)) m.call = d.call;
  if (text(d.edited)) m.edited = text(d.edited);
  if (d.deleted === true) m.deleted = true;
  return m;
}

function personOf(v: unknown, names: (id: string) => string): Person | null {
  if (isData(v)) return { id: text(v.id), name: text(v.name) };
  const id = text(v);
  return id === "" ? null : { id, name: names(id) };
}

function isData(v: unknown): v is Data {
  return typeof v === "object" && v !== null && !Array.isArray(v);
}

function text(v: unknown): string {
  return typeof v === "string" ? v : "";
}
