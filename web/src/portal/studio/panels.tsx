import { useMutation, useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { api, type Page } from "../../lib/api";
import { when } from "../../lib/format";
import type { Callback, Schemas } from "../../lib/types";
import { studio as t } from "../../texts/studio";
import { Badge, Button, CopyButton, ErrorLine, Fact, Facts, Notice, Select, TextArea, TextField } from "../../ui";
import { Raw } from "../integrations/report";
import { useAnswer, useSettled } from "./ask";
import type { Span } from "./places";

type Lint = Schemas["DraftLint"];
type Show = (place: Span) => void;

/** A line that leads to its place in the file. */
function Place({ pointer, at, onShow }: { pointer: string; at: Span; onShow: Show }) {
  return (
    <button type="button" className="font-mono text-xs text-link hover:underline" onClick={() => onShow(at)}>
      {pointer || "/"}
      {at.line ? `:${at.line}` : ""}
    </button>
  );
}

function Failures({ list }: { list: readonly { pointer: string; message: string }[] }) {
  if (list.length === 0) return null;
  return (
    <Notice tone="bad">
      <ul className="flex flex-col gap-1 text-sm">
        {list.map((f) => (
          <li key={`${f.pointer} ${f.message}`}>
            {f.pointer && <code className="font-mono text-xs">{f.pointer}</code>} {f.message}
          </li>
        ))}
      </ul>
    </Notice>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="flex flex-col gap-2">
      <h2 className="text-sm font-semibold text-ink-2">{title}</h2>
      {children}
    </section>
  );
}

export function Problems({ list, onShow }: { list: Lint["problems"]; onShow: Show }) {
  if (list.length === 0) return <p className="text-ink-2">{t.noProblems}</p>;
  return (
    <ul className="flex flex-col gap-3">
      {list.map((p) => (
        <li key={`${p.pointer} ${p.message}`} className="flex flex-col gap-0.5">
          <span className="flex items-center gap-2">
            <Badge tone={p.severity === "error" ? "bad" : "warn"}>{p.severity}</Badge>
            <Place pointer={p.pointer} at={p} onShow={onShow} />
          </span>
          <span>{p.message}</span>
        </li>
      ))}
    </ul>
  );
}

export function Tests({ found, onShow }: { found: Schemas["DraftTests"] | undefined; onShow: Show }) {
  if (!found) return <p className="text-ink-2">{t.checking}</p>;
  if (!found.coverage) return <p className="text-ink-2">{t.wrongFile}</p>;
  return (
    <div className="flex flex-col gap-5">
      {found.tests.length === 0 && <p className="text-ink-2">{t.noTests}</p>}
      <ul className="flex flex-col gap-3">
        {found.tests.map((x) => (
          <li key={x.pointer} className="flex flex-col gap-1">
            <span className="flex flex-wrap items-center gap-2">
              <Badge tone={x.passed ? "good" : "bad"}>{x.passed ? t.passed : t.failed}</Badge>
              <span className="font-medium">{x.name}</span>
              <Place pointer={x.pointer} at={x} onShow={onShow} />
            </span>
            {x.failures.map((f) => (
              <div key={`${f.pointer} ${f.message}`} className="flex flex-col gap-1 border-l-2 border-bad pl-3 text-sm">
                <span>{f.message}</span>
                <Place pointer={f.pointer} at={f} onShow={onShow} />
                <span className="grid gap-2 sm:grid-cols-2">
                  <Raw label={t.want} text={f.want} />
                  <Raw label={t.got} text={f.got} />
                </span>
              </div>
            ))}
          </li>
        ))}
      </ul>
      <Part title={t.coverage(found.coverage.covered, found.coverage.parts)}>
        <ul className="flex flex-col gap-1 text-sm">
          {found.coverage.missed.map((m) => (
            <li key={m.pointer}>
              <Place pointer={m.pointer} at={m} onShow={onShow} /> {m.what}
            </li>
          ))}
        </ul>
      </Part>
    </div>
  );
}

/** What the panels try a file with. It outlives a change of the panel. */
export interface Sample {
  method: string;
  properties: Record<string, string>;
  values: Record<string, string>;
}

export const firstSample: Sample = {
  method: "SendMessage",
  properties: {},
  values: { from: "+15550001111", to: "+15550002222", content: "Hello there!" },
};

function Method({ lint, sample, onSample }: { lint: Lint; sample: Sample; onSample: (s: Sample) => void }) {
  return (
    <Select
      label={t.method}
      value={sample.method}
      onChange={(e) => onSample({ ...sample, method: e.target.value })}
      options={lint.methods.map((m) => ({ value: m, label: m }))}
    />
  );
}

interface TrialProps {
  file: string;
  lint: Lint;
  sample: Sample;
  onSample: (s: Sample) => void;
}

export function Request({ file, lint, sample, onSample }: TrialProps) {
  const question = useSettled({ file, ...sample });
  const { data, error } = useAnswer<Schemas["DraftRequests"]>("render", lint.ok ? question : undefined);
  const value = (name: "from" | "to" | "content", label: string) => (
    <TextField
      label={label}
      mono={name !== "content"}
      value={sample.values[name] ?? ""}
      onChange={(e) => onSample({ ...sample, values: { ...sample.values, [name]: e.target.value } })}
    />
  );
  return (
    <div className="flex flex-col gap-5">
      <p className="text-ink-2">{t.requestAbout}</p>
      <div className="grid gap-3 sm:grid-cols-2">
        <Method lint={lint} sample={sample} onSample={onSample} />
        {value("content", t.content)}
        {value("from", t.from)}
        {value("to", t.to)}
        {lint.properties.map((p) => (
          <TextField
            key={p.name}
            label={p.name}
            optional
            value={sample.properties[p.name] ?? ""}
            onChange={(e) => onSample({ ...sample, properties: { ...sample.properties, [p.name]: e.target.value } })}
          />
        ))}
      </div>
      {error && <ErrorLine error={error} />}
      <Failures list={data?.failures ?? []} />
      {data?.requests.length === 0 && data.failures.length === 0 && <p className="text-ink-2">{t.none}</p>}
      {data?.requests.map((r) => (
        <div key={r.part} className="flex flex-col gap-3">
          <Raw label={t.asHTTP} text={r.http} />
          <Raw label={t.asCurl} text={r.curl} />
          <span>
            <CopyButton value={r.curl} label={t.asCurl} />
          </span>
        </div>
      ))}
    </div>
  );
}

function Verdicts({ list }: { list: readonly { pointer: string; took: boolean; reason?: string; type?: string }[] }) {
  return (
    <ol className="flex flex-col gap-1.5 text-sm">
      {list.map((v) => (
        <li key={v.pointer}>
          <code className="font-mono text-xs">{v.pointer}</code> {v.type}{" "}
          {v.took ? <Badge tone="good">{t.took}</Badge> : <span className="text-ink-2">{v.reason}</span>}
        </li>
      ))}
    </ol>
  );
}

export function Answer({ file, lint, sample, onSample }: TrialProps) {
  const [status, setStatus] = useState("200");
  const [body, setBody] = useState("");
  const question = useSettled({ file, ...sample, status: Number(status) || 200, body });
  const { data, error } = useAnswer<Schemas["DraftAnswer"]>("response", lint.ok && body !== "" ? question : undefined);
  return (
    <div className="flex flex-col gap-5">
      <p className="text-ink-2">{t.answerAbout}</p>
      <div className="grid gap-3 sm:grid-cols-2">
        <Method lint={lint} sample={sample} onSample={onSample} />
        <TextField label={t.status} inputMode="numeric" value={status} onChange={(e) => setStatus(e.target.value)} />
      </div>
      <TextArea label={t.body} mono rows={6} value={body} onChange={(e) => setBody(e.target.value)} />
      {error && <ErrorLine error={error} />}
      {data && body !== "" && (
        <>
          <Failures list={data.failures} />
          {data.outcome && (
            <Facts>
              <Fact name={t.outcome}>
                <Badge tone={data.outcome === "accepted" ? "good" : data.outcome === "refused" ? "bad" : "warn"}>
                  {data.outcome}
                </Badge>
              </Fact>
              <Fact name={t.ids}>
                <span className="font-mono text-sm break-all">{data.messageids.join(", ") || t.nothing}</span>
              </Fact>
              {(data.error_code || data.error_text) && (
                <Fact name={t.error}>
                  {data.error_code} {data.error_text}
                </Fact>
              )}
            </Facts>
          )}
          {data.warning && <Notice tone="warn">{data.warning}</Notice>}
          <Part title={t.order}>
            <Verdicts list={data.order} />
          </Part>
        </>
      )}
    </div>
  );
}

interface CallbackProps {
  file: string;
  lint: Lint;
  service: string;
  sample: Sample;
  /** Puts the models of a whole inferred file into this one; false: it cannot. */
  onModels: (inferred: string) => boolean;
}

export function CallbackPanel({ file, lint, service, sample, onModels }: CallbackProps) {
  const [kept, setKept] = useState("");
  const [pasted, setPasted] = useState("");
  const list = useQuery({
    queryKey: ["studio", "callbacks", service],
    queryFn: ({ signal }) => api.get<Page<Callback>>("/v1/callbacks", { limit: 200 }, signal),
  });
  const source = kept ? { callback: kept } : pasted ? { http: pasted } : undefined;
  const question = useSettled(source && { file, properties: sample.properties, ...source });
  const { data, error } = useAnswer<Schemas["DraftCallback"]>("explain", lint.ok && source ? question : undefined);
  const infer = useMutation({
    mutationFn: () => api.post<Schemas["Inferred"]>("/v1/studio/infer", { callbacks: [source] }),
  });
  const [refused, setRefused] = useState(false);
  const captured = (list.data?.data ?? []).filter((c) => c.service === service);
  const x = source ? data?.explanation : undefined;
  return (
    <div className="flex flex-col gap-5">
      <p className="text-ink-2">{t.callbackAbout}</p>
      {captured.length > 0 && (
        <Select
          label={t.keptCallback}
          value={kept}
          onChange={(e) => setKept(e.target.value)}
          options={[
            { value: "", label: t.paste },
            ...captured.map((c) => ({ value: c.id, label: `${when(c.at)} · ${c.state}` })),
          ]}
        />
      )}
      {!kept && (
        <TextArea
          label={t.pasted}
          hint={t.pastedHint}
          mono
          rows={6}
          value={pasted}
          onChange={(e) => setPasted(e.target.value)}
        />
      )}
      {error && <ErrorLine error={error} />}
      {source && <Failures list={data?.failures ?? []} />}
      {x && (
        <>
          <Part title={t.events}>
            {!x.reading.events?.length && <p>{t.noEvents}</p>}
            {x.reading.events?.map((e) => (
              <Raw key={JSON.stringify(e)} label={e.type} text={JSON.stringify(e, null, 2)} />
            ))}
          </Part>
          {x.nearest && (
            <Notice tone="warn">
              {t.nearest}: <code className="font-mono text-xs">{x.nearest}</code>. {x.difference}
            </Notice>
          )}
          <Part title={t.order}>
            <Verdicts list={x.order} />
          </Part>
          <Facts>
            <Fact name={t.verify}>{x.verify}</Fact>
            <Fact name={t.reply}>
              <span className="font-mono text-sm break-all">
                {x.status} {x.reply}
              </span>
            </Fact>
          </Facts>
        </>
      )}
      {source && (
        <span>
          <Button busy={infer.isPending} onClick={() => infer.mutate()}>
            {t.makeModels}
          </Button>
        </span>
      )}
      {infer.isError && <ErrorLine error={infer.error} />}
      {infer.data && source && (
        <Part title={t.models}>
          <ul className="flex flex-col gap-1 text-sm">
            {infer.data.models.flatMap((m) =>
              m.choices.map((c) => (
                <li key={`${m.pointer} ${c.pointer}`}>
                  <code className="font-mono text-xs">{c.pointer}</code> {c.became}, {t.because} {c.reason}
                </li>
              )),
            )}
            {infer.data.unread.map((u) => (
              <li key={u.capture}>{u.reason}</li>
            ))}
            {infer.data.notes.map((n) => (
              <li key={n}>{n}</li>
            ))}
          </ul>
          <Raw label="Webhook" text={infer.data.webhook} />
          <span className="flex flex-wrap gap-2">
            <Button
              kind="primary"
              disabled={infer.data.models.length === 0}
              onClick={() => setRefused(!onModels(infer.data.file))}
            >
              {t.insert}
            </Button>
            <CopyButton value={infer.data.webhook} label={t.models} />
          </span>
          {refused && <ErrorLine text={t.notInserted} />}
        </Part>
      )}
    </div>
  );
}
