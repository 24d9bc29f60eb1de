import { useQuery } from "@tanstack/react-query";
import { api, type Page, path } from "../../lib/api";
import { queries } from "../../lib/queries";
import type { Schemas } from "../../lib/types";
import type { Conversation } from "../model/types";
import { touch } from "./live";
import { keys } from "./queries";

/** A contact, as the organization knows one. */
export type Contact = Schemas["Contact"];

/** What the panel shows of a contact, and lets one change. */
export interface Card {
  name: string;
  phones: string[];
  emails: string[];
  note: string;
}

export function cardOf(c: Contact): Card {
  return {
    name: c.name,
    phones: textsOf(c.info.phone).concat(textsOf(c.info.mobile)),
    emails: textsOf(c.info.email),
    note: textsOf(c.info.note).join("\n"),
  };
}

function textsOf(v: unknown): string[] {
  const list = Array.isArray(v) ? v : [v];
  return list.flatMap((e) => (typeof e === "string" && e !== "" ? [e] : typeof e === "number" ? [String(e)] : []));
}

/** The members that the panel does not know stay as they are. */
export function infoWith(info: Record<string, unknown>, card: Card): Record<string, unknown> {
  const { mobile: _, phone: __, email: ___, note: ____, ...rest } = info;
  return {
    ...rest,
    phone: card.phones,
    ...(card.emails.length > 0 ? { email: card.emails } : {}),
    ...(card.note !== "" ? { note: card.note } : {}),
  };
}

export function useContact(c: Conversation) {
  return useQuery({
    queryKey: keys.contact(c.contact_id),
    queryFn: ({ signal }) =>
      api.get<Contact>(path`/v1/organizations/${c.orgid}/contacts/${c.contact_id}`, undefined, signal),
    enabled: c.contact_id !== "",
  });
}

/** The other conversations with the same contact, the newest first. */
export function usePast(c: Conversation) {
  return useQuery({
    queryKey: keys.past(c.contact),
    queryFn: ({ signal }) =>
      api.get<Page<Conversation>>("/v1/conversations", { contact: c.contact, closed: "any", limit: 50 }, signal),
    select: (page) => page.data.filter((o) => o.id !== c.id),
    staleTime: 5_000,
  });
}

export function useContactActions(c: Conversation) {
  const at = path`/v1/organizations/${c.orgid}/contacts`;
  const after = () => {
    touch(c.id);
    void queries.invalidateQueries({ queryKey: keys.contacts });
  };
  return {
    block: async (blocked: boolean, about?: string) => {
      if (c.contact_id) await api.patch(`${at}/${encodeURIComponent(c.contact_id)}`, { blocked, about });
      else await api.post(at, { info: { phone: [c.contact] }, blocked, about });
      after();
    },
    save: async (card: Card, had?: Contact) => {
      const body = { name: card.name, info: infoWith(had?.info ?? {}, card) };
      if (had) await api.patch(`${at}/${encodeURIComponent(had.id)}`, body);
      else await api.post(at, body);
      after();
    },
  };
}
