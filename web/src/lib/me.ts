import { useQuery } from "@tanstack/react-query";
import { api } from "./api";
import { isProblem } from "./problem";
import { queries } from "./queries";
import { stream } from "./stream";
import type { Schemas } from "./types";

/** Who is signed in here, and what a page may offer them. */
export type Me = Schemas["Me"];

export const meKey = ["me"] as const;

/** null: nobody is signed in. */
async function askWho(): Promise<Me | null> {
  try {
    return await api.get<Me>("/v1/me");
  } catch (e) {
    if (isProblem(e) && e.status === 401) return null;
    throw e;
  }
}

export function useMe() {
  return useQuery({ queryKey: meKey, queryFn: askWho, staleTime: 60_000 });
}

/** Nobody is signed in any more: nothing of what they saw stays in the page. */
export function forget(): void {
  stream.stop();
  // Who is signed in is what the frame of every page looks at: the answer changes, and the question stays where it is.
  queries.removeQueries({ predicate: (q) => q.queryKey[0] !== meKey[0] });
  queries.getMutationCache().clear();
  queries.setQueryData(meKey, null);
}

/** Under what a browser keeps the words that somebody has not sent yet. */
export const draftPlace = "patchbay.draft.";

/** The page is loaded anew: on a shared computer nothing of what somebody saw or began to write stays behind. */
export async function signOut(): Promise<void> {
  await api.post("/v1/sign-out");
  for (const name of Object.keys(localStorage)) {
    if (name.startsWith(draftPlace)) localStorage.removeItem(name);
  }
  location.assign("/sign-in");
}

export function isAdmin(me: Me): boolean {
  return me.may_manage_organization;
}
