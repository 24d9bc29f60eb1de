import type { InfiniteData } from "@tanstack/react-query";
import type { Page } from "../../lib/api";
import { isProblem } from "../../lib/problem";
import { queries } from "../../lib/queries";
import { stream } from "../../lib/stream";
import { belongs, place, shows, withMessage } from "../model/lists";
import { newsOf } from "../model/notice";
import { refresh, remove, upsert } from "../model/timeline";
import type { Conversation, Entry, Message } from "../model/types";
import { alerts } from "./alerts";
import { looking } from "./looking";
import { outboxOf } from "./outbox";
import { learn, nameOf } from "./people";
import { askConversation, entriesPage, keys, listPage } from "./queries";
import { recent } from "./recent";
import type { Self } from "./self";
import { typing } from "./typing";

/** Keeps what is in the cache true to what the stream tells. */

type Entries = InfiniteData<Page<Entry>, string>;
type List = InfiniteData<Page<Conversation>, string>;

let me = "";

queries.setQueryDefaults(keys.ones, { gcTime: Number.POSITIVE_INFINITY }); // a notification says nothing of who the contact is

/** Puts a conversation into every list that it belongs in, and out of the others. What is open stays where it is. */
export function keep(c: Conversation): void {
  queries.setQueryData(keys.one(c.id), c);
  for (const show of shows) {
    queries.setQueryData<List>(keys.list(show), (all) => {
      const stays = show === "unread" && looking.get().id === c.id;
      return all && (place(all, c, belongs(c, show, me), stays) as List);
    });
  }
}

export function known(id: string): Conversation | undefined {
  return queries.getQueryData<Conversation>(keys.one(id));
}

const due = new Map<string, ReturnType<typeof setTimeout>>();

/** Asks for a conversation anew, once for many events of the same moment. */
export function touch(id: string): void {
  if (id === "" || due.has(id)) return;
  due.set(
    id,
    setTimeout(() => {
      due.delete(id);
      void ask(id);
    }, 200),
  );
}

async function ask(id: string): Promise<void> {
  const mark = recent.mark();
  try {
    const c = await askConversation(id);
    if (recent.conversationsSince(mark).includes(id)) return touch(id); // something was told meanwhile: that answer is old
    keep(c);
  } catch (e) {
    if (isProblem(e) && e.status === 404) drop(id);
  }
}

/** A conversation that one may not see any more, or that has become part of another. */
function drop(id: string): void {
  for (const show of shows) {
    queries.setQueryData<List>(
      keys.list(show),
      (all) => all && { ...all, pages: all.pages.map((p) => ({ ...p, data: p.data.filter((c) => c.id !== id) })) },
    );
  }
  void queries.resetQueries({ queryKey: keys.one(id) }); // whoever has it open is told
}

export function keepEntry(conversation: string, e: Entry): void {
  queries.setQueryData<Entries>(keys.entries(conversation), (all) => all && (upsert(all, e) as Entries));
}

export function dropEntry(conversation: string, id: string): void {
  queries.setQueryData<Entries>(keys.entries(conversation), (all) => all && (remove(all, id) as Entries));
}

function take(n: { type: string; data: unknown }): void {
  const news = newsOf(n, nameOf);
  if (!news) return;
  if (news.what === "message") {
    takeMessage(news.message, news.arrived);
    return;
  }
  if (news.what === "optout") {
    for (const c of knownOnes()) if (c.contact === news.contact) touch(c.id);
    return;
  }
  const { id, doing, by, entry } = news;
  if (doing === "typing" || doing === "typing_ended") {
    if (by !== me) typing.tell(id, by, doing === "typing");
    return;
  }
  recent.add(id);
  if (doing === "note_deleted") dropEntry(id, entry);
  else if (["noted", "kept", "updated", "deleted"].includes(doing)) void refreshEntries(id);
  touch(id);
}

function takeMessage(m: Message, arrived: boolean): void {
  recent.add(m.conversation, m);
  keepEntry(m.conversation, m);
  if (m.user && !m.user.name && queries.getQueryData(keys.entries(m.conversation))) void refreshEntries(m.conversation);
  if (m.user) typing.tell(m.conversation, m.user.id, false);
  const c = known(m.conversation);
  const seen = looking.sees(m.conversation);
  if (c) keep(withMessage(c, m, seen));
  touch(m.conversation);
  for (const p of outboxOf(me).pending.get()) {
    if (p.id === m.id && p.conversation !== m.conversation) outboxOf(me).arrived(m.id, p.key); // it began another conversation
  }
  if (arrived && m.direction === "inbound") alerts.arrived(m, c, seen);
}

function knownOnes(): Conversation[] {
  return queries.getQueriesData<Conversation>({ queryKey: keys.ones }).flatMap(([, c]) => c ?? []);
}

/** Asks for the newest page of what is shown, and puts it over what is known. */
async function refreshEntries(id: string): Promise<void> {
  if (!queries.getQueryData(keys.entries(id))) return;
  try {
    const newest = await entriesPage(id, "");
    queries.setQueryData<Entries>(keys.entries(id), (all) => all && (refresh(all, newest) as Entries));
  } catch {
    // The stream says when it can be asked again.
  }
}

/**
 * The stream goes on where it was, so nothing is missed. But it cannot when the server does not know the place any more, and what was shown
 * while it was not connected may be older than its beginning: what is open is asked for anew at each connection, the rest when it is opened.
 */
async function resync(): Promise<void> {
  queries.removeQueries({ queryKey: keys.allEntries, type: "inactive" });
  queries.removeQueries({ queryKey: keys.lists, type: "inactive" });
  void queries.invalidateQueries({ queryKey: keys.ones, refetchType: "none" });
  const open = looking.get().id;
  await Promise.all([
    ...shows.filter((s) => queries.getQueryData(keys.list(s))).map(resyncList),
    ...(open ? [refreshEntries(open), ask(open)] : []),
  ]);
  outboxOf(me).retryUnreached();
}

async function resyncList(show: (typeof shows)[number]): Promise<void> {
  try {
    const first = await listPage(show, "");
    queries.setQueryData<List>(keys.list(show), (all) => all && { pages: [first], pageParams: [""] });
  } catch {
    // As above.
  }
}

export function startLive(self: Self): () => void {
  me = self.id;
  learn(self);
  let state = stream.current();
  if (state === "live") void resync(); // nobody listened while another page was open
  const unwatch = stream.watch(() => {
    const now = stream.current();
    if (now === "live" && state !== "live") void resync();
    state = now;
  });
  const unlisten = stream.listen(take);
  return () => {
    unwatch();
    unlisten();
  };
}
