import type { Conversation, Message, Pages } from "./types";

/** Which conversations a list shows. */
export type Show = "all" | "mine" | "unclaimed" | "unread" | "closed";

export const shows: readonly Show[] = ["all", "mine", "unclaimed", "unread", "closed"];

/** The same as the server's filter of that name, so that a list can follow what happens without being asked for again. */
export function belongs(c: Conversation, show: Show, me: string): boolean {
  switch (show) {
    case "all":
      return !c.closed;
    case "closed":
      return c.closed;
    case "mine":
      return !c.closed && (c.user === me || c.claimed_by?.id === me);
    case "unclaimed":
      return !c.closed && c.kind === "group" && c.claimed_by === null;
    case "unread":
      return !c.closed && (c.unread ?? 0) > 0;
  }
}

export function queryOf(show: Show): Record<string, string> {
  switch (show) {
    case "all":
      return {};
    case "closed":
      return { closed: "true" };
    default:
      return { [show]: "true" };
  }
}

/** Puts a conversation where it belongs in a list that is loaded in part, or takes it out. keep: it stays although it no longer belongs. */
export function place(all: Pages<Conversation>, c: Conversation, inside: boolean, keep = false): Pages<Conversation> {
  const had = all.pages.findIndex((p) => p.data.some((e) => e.id === c.id));
  const stays = inside || (keep && had >= 0);
  const old = all.pages[had]?.data.find((e) => e.id === c.id);
  if (stays && old && old.last_at === c.last_at) {
    return { ...all, pages: all.pages.map((p) => ({ ...p, data: p.data.map((e) => (e.id === c.id ? c : e)) })) };
  }
  const pages = all.pages.map((p) => ({ ...p, data: p.data.filter((e) => e.id !== c.id) }));
  if (!stays) return had < 0 ? all : { ...all, pages };
  for (const [n, page] of pages.entries()) {
    const i = page.data.findIndex((e) => isBefore(c, e));
    const end = i < 0 && (n === pages.length - 1 ? page.next === "" : false);
    if (i < 0 && !end) continue;
    const data = page.data.toSpliced(i < 0 ? page.data.length : i, 0, c);
    return { ...all, pages: pages.with(n, { ...page, data }) };
  }
  return { ...all, pages }; // further down than what is loaded
}

function isBefore(a: Conversation, b: Conversation): boolean {
  const x = Date.parse(a.last_at);
  const y = Date.parse(b.last_at);
  return x > y || (x === y && a.id > b.id);
}

/** A conversation after a message of which a notification told; the server's own word follows. */
export function withMessage(c: Conversation, m: Message, seen: boolean): Conversation {
  const isNew = c.last?.id !== m.id && Date.parse(m.created) >= Date.parse(c.last?.at ?? c.created);
  if (!isNew && c.last?.id !== m.id) return c;
  const unread = isNew && m.direction === "inbound" && !seen && c.unread !== null ? c.unread + 1 : c.unread;
  return {
    ...c,
    unread,
    last_at: isNew ? m.created : c.last_at,
    last: {
      id: m.id,
      direction: m.direction,
      status: m.status,
      kind: m.kind,
      content: m.deleted ? "" : m.content.slice(0, 160),
      deleted: m.deleted === true,
      files: m.media.length > 0,
      user: m.user,
      at: m.created,
    },
  };
}
