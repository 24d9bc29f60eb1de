import { phone, visible } from "../../lib/format";
import { inbox as t } from "../../texts/inbox";
import type { Conversation } from "../model/types";

/** Who the contact is: by name where one is known. */
export function nameOfContact(c: Pick<Conversation, "name" | "contact">): string {
  return c.name ? visible(c.name) : phone(c.contact);
}

/** Our number, by its name where it has one. */
export function nameOfNumber(c: Pick<Conversation, "number_name" | "number_value">): string {
  return visible(c.number_name) || phone(c.number_value);
}

/** The line under the name. */
export function glance(c: Conversation, me: string): string {
  const l = c.last;
  if (!l) return t.list.nothingSaid;
  let text = l.content.replace(/\s+/g, " ").trim();
  if (l.deleted) text = t.list.deleted;
  else if (l.kind === "call") text = t.list.call;
  else if (text === "" && l.files) text = t.list.file;
  if (l.direction === "inbound" || l.kind === "call") return text;
  if (l.user?.id === me) return t.list.youSaid(text);
  return l.user?.name ? t.list.said(visible(l.user.name), text) : text;
}

export function initials(name: string): string {
  const letters = name.split(/\s+/).flatMap((w) => (/^\p{L}/u.test(w) ? [Array.from(w)[0] ?? ""] : []));
  return (letters.length > 1 ? `${letters[0]}${letters.at(-1)}` : (letters[0] ?? "#")).toUpperCase();
}
