import { ranks } from "./status";
import type { Entry, Message, Pages, Pending } from "./types";

/** One ordered list out of pages, notifications and what was sent here and is not there yet. */

/** The newer word about an entry. A page that was asked for earlier may arrive after a notification: a status never goes back. */
export function newer(had: Entry, came: Entry): Entry {
  if (had.kind === "note" || came.kind === "note") return came;
  const back = ranks[came.status] < ranks[had.status];
  const user = came.user?.name ? came.user : (had.user ?? came.user);
  return back ? { ...came, status: had.status, error: had.error, user } : { ...came, user };
}

/** Pages, the newest entry first, with one more entry or a newer word about one. Nothing is loaded: nothing is added. */
export function upsert(all: Pages<Entry>, entry: Entry): Pages<Entry> {
  const [first, ...rest] = all.pages;
  if (!first) return all;
  for (const [n, page] of all.pages.entries()) {
    const i = page.data.findIndex((e) => e.id === entry.id);
    const had = page.data[i];
    if (!had) continue;
    const data = page.data.with(i, newer(had, entry));
    return { ...all, pages: all.pages.with(n, { ...page, data }) };
  }
  const at = Date.parse(entry.created);
  const older = first.data.findIndex((e) => Date.parse(e.created) <= at);
  if (older < 0 && (first.next !== "" || rest.length > 0)) return all; // older than what the first page shows: its own page has it
  const data = first.data.toSpliced(older < 0 ? first.data.length : older, 0, entry);
  return { ...all, pages: [{ ...first, data }, ...rest] };
}

export function remove(all: Pages<Entry>, id: string): Pages<Entry> {
  return { ...all, pages: all.pages.map((p) => ({ ...p, data: p.data.filter((e) => e.id !== id) })) };
}

/**
 * What is shown, after the newest page was asked for again: everything where the two touch. Where they do not, more was missed than a page
 * holds, and the list begins anew, because a gap in the middle would never be seen.
 */
export function refresh(all: Pages<Entry>, newest: { data: Entry[]; next: string }): Pages<Entry> {
  const known = new Set(all.pages.flatMap((p) => p.data.map((e) => e.id)));
  const touches = newest.data.some((e) => known.has(e.id));
  const complete = newest.next === "";
  if (!touches || complete) {
    const had = new Map(all.pages.flatMap((p) => p.data.map((e) => [e.id, e])));
    const data = newest.data.map((e) => newer(had.get(e.id) ?? e, e));
    return { pages: [{ ...newest, data }], pageParams: [all.pageParams[0]] };
  }
  const kept = new Set(newest.data.map((e) => e.id));
  const oldest = Math.min(...newest.data.map((e) => Date.parse(e.created)));
  let out = all;
  for (const e of all.pages.flatMap((p) => p.data)) {
    if (!kept.has(e.id) && Date.parse(e.created) > oldest) out = remove(out, e.id); // a note that is gone
  }
  return newest.data.reduceRight(upsert, out);
}

/** An entry or something pending, under a key that stays the same when the one becomes the other. */
export type Item = { key: string; at: number } & ({ entry: Entry } | { pending: Pending });

/** The pending ones that have become entries: by the id that the answer gave, or, when the stream was quicker than the answer, by their words. */
export function bind(entries: readonly Entry[], pending: readonly Pending[], me: string): Map<string, string> {
  const keys = new Map<string, string>();
  const taken = new Set(pending.flatMap((p) => (p.id ? [p.id] : [])));
  for (const p of pending) {
    if (p.id) {
      keys.set(p.id, p.key);
      continue;
    }
    const match = entries.findLast(
      (e) =>
        !taken.has(e.id) &&
        e.user?.id === me &&
        (e.kind === "note") === p.note &&
        (p.note || (e.kind === "text" && e.direction === "outbound" && !e.resend_of)) &&
        sameWords(e, p) &&
        Date.parse(e.created) >= p.at - clockApart,
    );
    if (!match) continue;
    taken.add(match.id);
    keys.set(match.id, p.key);
  }
  return keys;
}

const clockApart = 120_000; // between a browser's clock and the server's

/** A header, a footer and the writer's name may have been put around what was written. */
function sameWords(e: Entry, p: Pending): boolean {
  const files = e.kind === "note" ? 0 : e.media.length;
  return files === p.media.length && (p.note ? e.content === p.content : e.content.includes(p.content));
}

/** Everything, the oldest first, and what is pending at the end. keys are those of entries that were pending here. */
export function timeline(
  pages: readonly { data: readonly Entry[] }[],
  pending: readonly Pending[],
  keys: ReadonlyMap<string, string>,
): Item[] {
  const items: Item[] = [];
  const shown = new Set<string>();
  for (const page of pages.toReversed()) {
    for (const entry of page.data.toReversed()) {
      const key = keys.get(entry.id) ?? entry.id;
      if (shown.has(key)) continue; // a page that was asked for while something arrived may repeat one
      shown.add(key);
      items.push({ key, at: Date.parse(entry.created), entry });
    }
  }
  for (const p of pending.toSorted((a, b) => a.at - b.at)) {
    if (!shown.has(p.key)) items.push({ key: p.key, at: p.at, pending: p });
  }
  return items;
}

/** The newest message of the contact: up to it one has read. */
export function lastInbound(pages: readonly { data: readonly Entry[] }[]): Message | undefined {
  for (const page of pages) {
    for (const e of page.data) {
      if (e.kind !== "note" && e.direction === "inbound") return e;
    }
  }
  return undefined;
}
