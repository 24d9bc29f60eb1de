import { api } from "../../lib/api";
import type { Schemas } from "../../lib/types";

type Letters = Schemas["Letters"];
type Refused = Schemas["Letter"];

export type Does = "retry" | "dismiss";

/** What is meant: some by their ids, or all that the filters pick. */
export type Chosen = { ids: string[] } | { all: true };

export interface Outcome {
  done: number;
  refused: Refused[];
}

type Send = (chosen: Chosen) => Promise<Letters>;

const atOnce = 1000; // that one request takes

/** Settles what is meant, a thousand at a time. Where some of "all" are refused it stops: they would be the first of the next thousand again. */
export async function settle(chosen: Chosen, send: Send): Promise<Outcome> {
  const out: Outcome = { done: 0, refused: [] };
  const take = (a: Letters) => {
    out.done += a.done;
    out.refused.push(...a.failed);
  };
  if ("ids" in chosen) {
    for (let i = 0; i < chosen.ids.length; i += atOnce) take(await send({ ids: chosen.ids.slice(i, i + atOnce) }));
    return out;
  }
  let more = true;
  while (more && out.refused.length === 0) {
    const a = await send(chosen);
    take(a);
    more = a.more && a.done > 0;
  }
  return out;
}

type Filter = Record<string, string | undefined>;

/**
 * What picks the messages. Ids say it all. "All that fit" ends with the newest that was shown, by the server's clock: what is sent again and
 * fails at once would fit again, and be sent for ever.
 */
export function queryOf(chosen: Chosen, filter: Filter, newest: string): Filter {
  if ("ids" in chosen) return {};
  const until = new Date(new Date(newest).getTime() + 1).toISOString(); // those before it
  return { ...filter, until };
}

export function settleAt(does: Does, filter: Filter): Send {
  return (chosen) => api.post<Letters>(`/v1/dead-letters/${does}`, chosen, { query: filter });
}
