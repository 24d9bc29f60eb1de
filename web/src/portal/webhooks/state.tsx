import type { Webhook } from "../../lib/types";
import { notifications as t } from "../../texts/account";
import { Badge } from "../../ui";

/** How a webhook does, in a word. */
export function WebhookState({ hook }: { hook: Webhook }) {
  if (hook.status === "paused") return <Badge tone="bad">{t.states.paused}</Badge>;
  if (hook.failing_since) return <Badge tone="warn">{t.states.failing}</Badge>;
  if (hook.replaying) return <Badge tone="accent">{t.states.replaying}</Badge>;
  return <Badge tone="good">{t.states.active}</Badge>;
}
