import { type InfiniteData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { api, type Page, path } from "../../lib/api";
import { queries } from "../../lib/queries";
import { queryOf, type Show } from "../model/lists";
import { upsert } from "../model/timeline";
import type { Conversation, Entry, Person } from "../model/types";
import { touch } from "./live";
import { learnFromConversations, learnFromEntries } from "./people";
import { recent } from "./recent";

/** What the inbox asks for, and under which names it is kept. */
export const keys = {
  lists: ["inbox", "list"] as const,
  list: (show: Show) => ["inbox", "list", show] as const,
  ones: ["inbox", "conversation"] as const,
  one: (id: string) => ["inbox", "conversation", id] as const,
  allEntries: ["inbox", "entries"] as const,
  assignees: (id: string) => ["inbox", "assignees", id] as const,
  entries: (id: string) => ["inbox", "entries", id] as const,
  contacts: ["inbox", "contact"] as const,
  contact: (id: string) => ["inbox", "contact", id] as const,
  past: (contact: string) => ["inbox", "past", contact] as const,
  search: (q: string) => ["inbox", "search", q] as const,
};

const perPage = 50;

export async function listPage(show: Show, cursor: string, signal?: AbortSignal): Promise<Page<Conversation>> {
  const mark = recent.mark();
  const page = await api.get<Page<Conversation>>(
    "/v1/conversations",
    { ...queryOf(show), limit: perPage, cursor },
    signal,
  );
  learnFromConversations(page.data);
  for (const c of page.data) queries.setQueryData(keys.one(c.id), c);
  for (const id of recent.conversationsSince(mark)) touch(id);
  return page;
}

export function useList(show: Show, enabled = true) {
  return useInfiniteQuery({
    queryKey: keys.list(show),
    queryFn: ({ pageParam, signal }) => listPage(show, pageParam, signal),
    initialPageParam: "",
    getNextPageParam: (last) => last.next || undefined,
    staleTime: Number.POSITIVE_INFINITY, // the stream keeps it true
    enabled,
  });
}

export async function askConversation(id: string, signal?: AbortSignal): Promise<Conversation> {
  const c = await api.get<Conversation>(path`/v1/conversations/${id}`, undefined, signal);
  learnFromConversations([c]);
  return c;
}

export function useConversation(id: string) {
  return useQuery({
    queryKey: keys.one(id),
    queryFn: ({ signal }) => askConversation(id, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export async function entriesPage(id: string, cursor: string, signal?: AbortSignal): Promise<Page<Entry>> {
  const mark = recent.mark();
  const page = await api.get<Page<Entry>>(path`/v1/conversations/${id}/messages`, { limit: perPage, cursor }, signal);
  learnFromEntries(page.data);
  if (cursor !== "") return page;
  let whole: InfiniteData<Page<Entry>> = { pages: [page], pageParams: [""] };
  for (const m of recent.messagesSince(mark, id)) whole = upsert(whole, m);
  return whole.pages[0] ?? page;
}

export function useEntries(id: string) {
  return useInfiniteQuery({
    queryKey: keys.entries(id),
    queryFn: ({ pageParam, signal }) => entriesPage(id, pageParam, signal),
    initialPageParam: "",
    getNextPageParam: (last) => last.next || undefined,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** Those to whom a group's conversation can be given. */
export function useAssignees(id: string): Person[] {
  const { data } = useQuery({
    queryKey: keys.assignees(id),
    queryFn: ({ signal }) => api.get<Page<Person>>(path`/v1/conversations/${id}/assignees`, { limit: 200 }, signal),
    staleTime: 60_000,
  });
  return data?.data ?? [];
}
