import { reasonOf } from "../../lib/format";
import type { Report } from "../../lib/types";
import { integrations as t } from "../../texts/integrations";
import { Notice } from "../../ui";

/** What the provider said, in its own words; the exchange itself is behind a fold. */
export function ReportNotice({ report, good, bad }: { report: Report; good: string; bad: string }) {
  const fine = report.outcome === "accepted";
  return (
    <Notice tone={fine ? "good" : "bad"}>
      <p>{fine ? good : bad}</p>
      {report.error && <p className="text-sm">{reasonOf(report.error)}</p>}
      {(report.request || report.response) && !fine && <Exchange request={report.request} response={report.response} />}
    </Notice>
  );
}

export function Exchange({ request, response }: { request: string; response: string }) {
  return (
    <details className="mt-1">
      <summary className="cursor-pointer text-sm">
        {t.request} · {t.response}
      </summary>
      <div className="mt-2 grid gap-2 lg:grid-cols-2">
        <Raw label={t.request} text={request} />
        <Raw label={t.response} text={response} />
      </div>
    </details>
  );
}

/** Somebody else's bytes as text, and as nothing else. */
export function Raw({ label, text }: { label: string; text: string }) {
  return (
    <figure className="min-w-0">
      <figcaption className="mb-1 text-xs font-medium text-ink-3">{label}</figcaption>
      <pre
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable with the keyboard
        tabIndex={0}
        className="max-h-80 overflow-auto rounded-md border bg-canvas p-2 font-mono text-xs break-all whitespace-pre-wrap text-ink"
      >
        {text || "–"}
      </pre>
    </figure>
  );
}
