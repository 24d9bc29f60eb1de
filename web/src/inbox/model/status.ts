import { inbox as t } from "../../texts/inbox";
import type { Message, Status } from "./types";

/** Only a higher rank replaces a lower. */
export const ranks: Record<Status, number> = {
  received: 0,
  queued: 0,
  sending: 1,
  unclear: 2,
  sent: 3,
  failed: 4,
  expired: 4,
  cancelled: 4,
  delivered: 5,
  read: 6,
};

export function isStatus(text: string): text is Status {
  return Object.hasOwn(ranks, text);
}

/** What has become of a message, for somebody who does not know what a receipt is. */
export interface Fate {
  words: string;
  tone: "quiet" | "good" | "warn" | "bad";
  /** What may be done about it. */
  ask?: "unclear" | "again";
  /** It will not change any more, and is as it should be. */
  done: boolean;
}

export function fateOf(m: Message): Fate {
  switch (m.status) {
    case "queued":
    case "sending":
      return { words: t.fate.onItsWay, tone: "quiet", done: false };
    case "sent":
      return { words: t.fate.sent, tone: "quiet", done: true };
    case "delivered":
      return { words: t.fate.delivered, tone: "good", done: true };
    case "read":
      return { words: t.fate.read, tone: "good", done: true };
    case "unclear":
      return { words: t.fate.unclear, tone: "warn", ask: "unclear", done: false };
    case "failed":
      if (m.error?.code === "dismissed") return { words: t.fate.settled, tone: "quiet", done: true };
      return { words: t.fate.failed(reasonOf(m)), tone: "bad", ask: "again", done: false };
    case "expired":
      return { words: t.fate.failed(m.error?.text || t.fate.tooLate), tone: "bad", ask: "again", done: false };
    case "cancelled":
      return { words: t.fate.cancelled(m.error?.text || ""), tone: "warn", done: false };
    case "received":
      return { words: "", tone: "quiet", done: true };
  }
}

/** The provider's words, as it said them; else its code. */
function reasonOf(m: Message): string {
  return m.error?.text || (m.error?.code ? t.fate.code(m.error.code) : t.fate.noReason);
}
