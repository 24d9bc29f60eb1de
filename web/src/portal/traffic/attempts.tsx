import { exactTime, reasonOf } from "../../lib/format";
import type { Attempt } from "../../lib/types";
import { integrations } from "../../texts/integrations";
import { traffic as t } from "../../texts/traffic";
import { Badge, Panel, type Tone } from "../../ui";
import { Raw } from "../integrations/report";

const tones: Record<string, Tone> = {
  accepted: "good",
  refused: "bad",
  busy: "warn",
  unreached: "warn",
  unclear: "warn",
};

/** What was asked of the provider and what it answered, credentials masked by the server. The last one stands open. */
export function Attempts({ list }: { list: Attempt[] }) {
  if (list.length === 0) return <p className="text-ink-2">{t.noAttempts}</p>;
  return (
    <div className="flex flex-col gap-3">
      {list.map((a, i) => (
        <Panel key={`${a.n}.${a.part ?? 0}`} flush>
          <details open={i === list.length - 1}>
            <summary className="flex cursor-pointer flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2.5">
              <span className="font-medium">
                {t.attempt(a.n)}
                {a.part ? `, ${t.part(a.part)}` : ""}
              </span>
              <Badge tone={tones[a.outcome ?? ""] ?? "neutral"}>
                {a.outcome ? (t.outcomes[a.outcome] ?? a.outcome) : t.open}
              </Badge>
              {a.again && <Badge tone="warn">{t.again}</Badge>}
              {a.error && <span className="min-w-0 text-sm text-ink-2">{reasonOf(a.error)}</span>}
              <span className="tabular ml-auto text-sm text-ink-3">
                {exactTime(a.at)} · {t.took(a.duration_ms)}
              </span>
            </summary>
            <div className="grid gap-3 border-t p-4 lg:grid-cols-2">
              <Raw label={integrations.request} text={a.request} />
              <Raw label={integrations.response} text={a.response} />
            </div>
          </details>
        </Panel>
      ))}
    </div>
  );
}
