import type { Integration } from "../../lib/types";
import { integrations as t } from "../../texts/integrations";
import type { Tone } from "../../ui";

/** How an integration does, in a word. */
export function stateOf(i: Integration | undefined): { word: string; tone: Tone; why?: string } {
  if (!i?.enabled) return { word: t.off, tone: "neutral" };
  if (i.authorization === "needs authorization") return { word: t.attention, tone: "warn", why: t.authorize };
  if (i.paused) {
    const tone = i.paused.cause === "person" ? "warn" : "bad";
    return { word: i.paused.until ? t.probing : t.paused, tone, why: i.paused.reason || t.causes[i.paused.cause] };
  }
  const [first] = i.attention;
  if (first) return { word: t.attention, tone: "bad", why: first.reason };
  return { word: t.working, tone: "good" };
}
