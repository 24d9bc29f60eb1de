import { api, path } from "../../lib/api";
import type { Conversation, Message, Note, Person } from "../model/types";
import { dropEntry, keep, keepEntry, known, touch } from "./live";

/** What is done in a conversation. Each answers it as it is then, and the lists follow. */
async function does(id: string, what: string, body: Record<string, unknown> = {}): Promise<Conversation> {
  const c = await api.post<Conversation>(path`/v1/conversations/${id}/` + what, body);
  keep(c);
  return c;
}

/** Shows what is going to be so, and takes it back when it could not be done. */
async function soon(
  id: string,
  change: Partial<Conversation>,
  act: () => Promise<Conversation>,
): Promise<Conversation> {
  const before = known(id);
  if (before) keep({ ...before, ...change });
  try {
    return await act();
  } catch (e) {
    if (before) keep(before);
    touch(id); // more may have happened in the meantime
    throw e;
  }
}

export const claim = (id: string, self: Person, take = false) =>
  soon(id, { claimed_by: { id: self.id, name: self.name } }, () => does(id, "claim", take ? { take } : {}));
export const release = (id: string) => soon(id, { claimed_by: null }, () => does(id, "release", { take: true }));
export const assign = (id: string, to: Person) =>
  soon(id, { claimed_by: to }, () => does(id, "assign", { user: to.id }));
export const close = (id: string) => soon(id, { closed: true }, () => does(id, "close"));
export const reopen = (id: string) => soon(id, { closed: false }, () => does(id, "reopen"));
export const markRead = (id: string, message: string) => soon(id, { unread: 0 }, () => does(id, "read", { message }));
export const markUnread = (id: string) => soon(id, { unread: 1 }, () => does(id, "unread"));

export async function openConversation(number: string, contact: string): Promise<Conversation> {
  const c = await api.post<Conversation>("/v1/conversations", { number, contact });
  keep(c);
  return c;
}

export async function deleteNote(n: Note): Promise<void> {
  await api.delete(path`/v1/conversations/${n.conversation}/notes/${n.id}`);
  dropEntry(n.conversation, n.id);
}

/** A person decides over a message: once more, as a new one; it counts as settled; or it is taken back. */
export async function resend(m: Message): Promise<void> {
  await api.post(path`/v1/messages/${m.id}/resend`, undefined, { headers: { "Idempotency-Key": `resend-${m.id}` } });
}

export async function settle(m: Message, how: "dismiss" | "cancel"): Promise<void> {
  const v = await api.post<Message>(path`/v1/messages/${m.id}/` + how);
  keepEntry(m.conversation, { ...m, status: v.status, error: v.error });
}
