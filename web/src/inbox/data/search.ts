import { useInfiniteQuery } from "@tanstack/react-query";
import { api } from "../../lib/api";
import type { Schemas } from "../../lib/types";
import { keys } from "./queries";

/** What was found: contacts by name or number, and messages and notes by their words. */
type Found = Schemas["Search"];
export type FoundContact = Found["contacts"][number];
export type Hit = Found["data"][number];

/** A page may be short, even empty, and yet there is more. */
export function useSearch(q: string, enabled = true) {
  return useInfiniteQuery({
    queryKey: keys.search(q),
    queryFn: ({ pageParam, signal }) => api.get<Found>("/v1/search", { q, limit: 30, cursor: pageParam }, signal),
    initialPageParam: "",
    getNextPageParam: (last) => last.next || undefined,
    enabled: enabled && q !== "",
    staleTime: 5_000,
    placeholderData: (had) => had, // what was found stays until the next is there: nothing flickers
  });
}
