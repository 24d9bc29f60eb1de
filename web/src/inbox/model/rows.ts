import { dayOf } from "./days";
import type { Item } from "./timeline";

/** What stands in a conversation line by line: days, the place where the new begins, and what was said, grouped by who said it. */
export type Row =
  | { type: "day"; key: string; at: number }
  | { type: "new"; key: string }
  | { type: "item"; key: string; item: Item; first: boolean; last: boolean; resent: boolean };

const together = 5 * 60_000; // said in one go

/** Who said it: the contact, one of us, or a number by itself; notes are apart from what was sent. */
export function writerOf(item: Item): string {
  if ("pending" in item) return item.pending.note ? "note:me" : "me";
  const e = item.entry;
  if (e.kind === "note") return `note:${e.user?.id ?? ""}`;
  if (e.kind === "call") return `call:${e.id}`; // each stands by itself
  return e.direction === "inbound" ? "contact" : `us:${e.user?.id ?? ""}:${e.from}`;
}

/** newFrom: the key of the first item that is new to the reader. */
export function rowsOf(items: readonly Item[], me: string, newFrom?: string, zone?: string): Row[] {
  const resent = new Set(items.map(firstTryOf));
  const rows: Row[] = [];
  let day = "";
  let before: (Row & { type: "item" }) | undefined;
  for (const item of items) {
    const its = dayOf(item.at, zone);
    if (its !== day) {
      rows.push({ type: "day", key: `day:${its}`, at: item.at });
      day = its;
      before = undefined;
    }
    if (item.key === newFrom) {
      rows.push({ type: "new", key: "new" });
      before = undefined;
    }
    const joined = before !== undefined && sameWriter(before.item, item, me) && item.at - before.item.at < together;
    if (before && joined) before.last = false;
    const row: Row & { type: "item" } = {
      type: "item",
      key: item.key,
      item,
      first: !joined,
      last: true,
      resent: "entry" in item && resent.has(item.entry.id),
    };
    rows.push(row);
    before = row;
  }
  return rows;
}

/** The message that this one is a second try of. */
function firstTryOf(item: Item): string | undefined {
  return "entry" in item && item.entry.kind !== "note" ? item.entry.resend_of : undefined;
}

function sameWriter(a: Item, b: Item, me: string): boolean {
  const mine = (w: string) => (w.startsWith(`us:${me}:`) ? "me" : w === `note:${me}` ? "note:me" : w);
  return mine(writerOf(a)) === mine(writerOf(b));
}
