import type { Status } from "../../lib/types";
import { traffic as t } from "../../texts/traffic";
import { Badge, type Tone } from "../../ui";

const tones: Record<Status, Tone> = {
  queued: "neutral",
  received: "neutral",
  sending: "neutral",
  unclear: "warn",
  sent: "accent",
  failed: "bad",
  expired: "bad",
  cancelled: "neutral",
  delivered: "good",
  read: "good",
};

export function toneOf(s: Status): Tone {
  return tones[s] ?? "neutral";
}

export function StatusBadge({ status }: { status: Status }) {
  return (
    <Badge tone={toneOf(status)} title={t.meanings[status]}>
      {t.statuses[status] ?? status}
    </Badge>
  );
}
