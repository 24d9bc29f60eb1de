import type { Conversation, Entry, Person } from "../model/types";

/** The names of colleagues that have been seen: a notification says who by id alone. */
const known = new Map<string, string>();

export function learn(...people: (Person | null | undefined)[]): void {
  for (const p of people) {
    if (p?.id && p.name) known.set(p.id, p.name);
  }
}

export function nameOf(id: string): string {
  return known.get(id) ?? "";
}

export function learnFromEntries(entries: readonly Entry[]): void {
  learn(...entries.map((e) => e.user));
}

export function learnFromConversations(list: readonly Conversation[]): void {
  for (const c of list) learn(c.claimed_by, c.last?.user);
}
