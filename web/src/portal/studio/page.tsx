import { Tabs } from "@base-ui/react/tabs";
import { useMutation, useQuery } from "@tanstack/react-query";
import { type ReactNode, useRef, useState } from "react";
import { all, api, path } from "../../lib/api";
import { keys } from "../../lib/data";
import { isProblem } from "../../lib/problem";
import { queries } from "../../lib/queries";
import { navigate } from "../../lib/router";
import type { Schemas, Service, ServiceAccepted, ServiceDetail } from "../../lib/types";
import { studio as t } from "../../texts/studio";
import {
  Badge,
  Button,
  Confirm,
  cx,
  ErrorState,
  Missing,
  Notice,
  orToast,
  PageHeader,
  Shown,
  toast,
  words,
} from "../../ui";
import { save } from "../services/download";
import { useAnswer, useSettled } from "./ask";
import { type Draft, dropDraft, keepDraft, readDraft } from "./drafts";
import Editor, { type EditorHandle } from "./editor";
import { withModels } from "./insert";
import { Answer, CallbackPanel, firstSample, Problems, Request, Tests } from "./panels";
import type { Schema } from "./schema";

interface Published {
  name: string;
  version: string;
  text: string;
}

/** What is published under an id, in the form in which files are written; null: nothing yet. */
async function published(id: string, signal: AbortSignal): Promise<Published | null> {
  const there = await all<Service>("/v1/services", {}, signal);
  if (!there.some((s) => s.id === id)) return null;
  const s = await api.get<ServiceDetail>(path`/v1/services/${id}`, {}, signal);
  const { file } = await api.post<{ file: string }>("/v1/studio/format", { file: JSON.stringify(s.file) }, { signal });
  return { name: s.name, version: s.version, text: file };
}

/** Where a service file is written, with what it does beside it. */
export default function StudioPage({ id }: { id: string }) {
  const one = useQuery({
    queryKey: [...keys.service(id), "text"],
    queryFn: ({ signal }) => published(id, signal),
    refetchOnWindowFocus: true,
  });
  return (
    <Shown query={one}>
      {(now) => {
        const draft = readDraft(id);
        if (!now && !draft) return <Missing />;
        return <Studio id={id} now={now} first={draft ?? { text: now?.text ?? "", base: now?.version ?? "" }} />;
      }}
    </Shown>
  );
}

function Studio({ id, now, first }: { id: string; now: Published | null; first: Draft }) {
  const [draft, setDraft] = useState(first);
  const [asking, setAsking] = useState<"publish" | "discard">();
  const [sample, setSample] = useState(firstSample);
  const editor = useRef<EditorHandle>(null);
  const settled = useSettled(draft.text);
  const lint = useAnswer<Schemas["DraftLint"]>("lint", { file: settled });
  const tests = useAnswer<Schemas["DraftTests"]>(
    "test",
    lint.data?.ok && !lint.isPlaceholderData ? { file: settled } : undefined,
  );
  const schema = useQuery({
    queryKey: ["schema of service files"],
    queryFn: ({ signal }) => api.get<Schema>("/service.schema.json", {}, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const changed = draft.text !== now?.text;
  const write = (text: string) => {
    const next = { ...draft, text };
    setDraft(next);
    if (text === now?.text) dropDraft(id);
    else keepDraft(id, next);
  };
  const put = useMutation({
    mutationFn: () =>
      api.put<ServiceAccepted>(path`/v1/services/${id}`, new Blob([draft.text], { type: "application/json" }), {
        query: { tests: "required" },
      }),
    onSuccess: async (s) => {
      dropDraft(id);
      setDraft({ text: draft.text, base: s.version });
      queries.setQueryData<Published>([...keys.service(id), "text"], {
        name: s.name,
        version: s.version,
        text: draft.text,
      });
      toast(t.publishedNow(s.name));
      await queries.invalidateQueries({ queryKey: keys.services, predicate: (q) => q.queryKey.at(-1) !== "text" });
    },
  });

  const current = settled === draft.text && !lint.isPlaceholderData && !tests.isPlaceholderData;
  const wrong = lint.data?.problems.filter((p) => p.severity === "error").length ?? 0;
  const failing = tests.data?.tests.filter((x) => !x.passed).length ?? 0;
  const obstacle = !changed
    ? t.cannotPublish.same
    : !current || !lint.data || (lint.data.ok && !tests.data)
      ? t.cannotPublish.unread
      : !lint.data.ok
        ? t.cannotPublish.wrong(wrong)
        : lint.data.id !== id
          ? t.cannotPublish.id(id)
          : tests.data?.tests.length === 0
            ? t.cannotPublish.noTests
            : failing > 0
              ? t.cannotPublish.failing(failing)
              : undefined;
  const newer = now !== null && draft.base !== now.version && changed;
  const title = t.title(now?.name ?? lint.data?.name ?? id);

  const show = (place: Parameters<EditorHandle["show"]>[0]) => editor.current?.show(place);
  const publish = () => {
    if (obstacle === undefined) setAsking("publish");
    else if (obstacle !== t.cannotPublish.same) toast(obstacle);
  };
  const readable = lint.data;
  return (
    <div className="mx-auto flex w-full max-w-[110rem] flex-col gap-4 px-4 py-6 md:px-8">
      <PageHeader
        title={title}
        back={
          now
            ? { href: `/portal/services/${encodeURIComponent(id)}`, label: now.name }
            : { href: "/portal/services", label: t.back }
        }
        beside={changed ? <Badge tone="warn">{t.draft}</Badge> : <Badge tone="good">{t.published}</Badge>}
        about={changed ? t.kept : undefined}
        actions={
          <>
            <Button
              onClick={() =>
                void orToast(t.format, async () => {
                  const f = await api.post<{ file: string }>("/v1/studio/format", { file: draft.text });
                  if (f.file) editor.current?.replace(f.file);
                })
              }
            >
              {t.format}
            </Button>
            <Button icon="download" onClick={() => save(`${id}.json`, draft.text)}>
              {t.download}
            </Button>
            {changed && (
              <Button icon="trash" onClick={() => setAsking("discard")}>
                {t.discard}
              </Button>
            )}
            <Button
              kind="primary"
              busy={put.isPending}
              disabled={obstacle !== undefined}
              onClick={publish}
              aria-keyshortcuts="Control+S Meta+S"
            >
              {t.publish}
            </Button>
          </>
        }
      />
      <p role="status" className={cx("text-sm", obstacle ? "text-ink-2" : "text-good")}>
        {obstacle ?? t.ready}
      </p>
      {newer && <Notice tone="warn">{t.newer}</Notice>}
      {put.isError && (
        <Notice tone="bad">
          <p className="font-medium" role="alert">
            {t.refused}
          </p>
          <ul className="text-sm">
            {isProblem(put.error) && put.error.fields.length > 0 ? (
              put.error.fields.map((f) => (
                <li key={`${f.pointer} ${f.message}`}>
                  <code className="font-mono text-xs">{f.pointer || "/"}</code> {f.message}
                </li>
              ))
            ) : (
              <li>{words(put.error)}</li>
            )}
          </ul>
        </Notice>
      )}
      <div className="grid gap-4 xl:grid-cols-[minmax(0,1.1fr)_minmax(0,1fr)]">
        <div className="h-[70dvh] min-h-80 xl:sticky xl:top-4 xl:h-[calc(100dvh-3rem)]">
          <Editor
            ref={editor}
            label={t.file}
            text={draft.text}
            onText={write}
            onPublish={publish}
            marks={current || settled === draft.text ? (lint.data?.problems ?? []) : []}
            schema={schema.data}
          />
        </div>
        {lint.isError ? (
          <ErrorState error={lint.error} onRetry={() => void lint.refetch()} />
        ) : (
          <Tabs.Root defaultValue="problems" className="flex min-w-0 flex-col gap-4">
            <Tabs.List className="-mb-px flex gap-1 overflow-x-auto border-b" aria-label={title}>
              <Tab value="problems" label={t.problems} count={readable?.problems.length} bad={wrong > 0} />
              <Tab value="tests" label={t.tests} count={tests.data?.tests.length} bad={failing > 0} />
              <Tab value="request" label={t.request} />
              <Tab value="answer" label={t.answer} />
              <Tab value="callback" label={t.callback} />
            </Tabs.List>
            {readable === undefined ? (
              <p className="text-ink-2">{t.checking}</p>
            ) : (
              <>
                <Panel value="problems">
                  <Problems list={readable.problems} onShow={show} />
                </Panel>
                <Panel value="tests">
                  {readable.ok ? (
                    <Tests found={tests.data} onShow={show} />
                  ) : (
                    <p className="text-ink-2">{t.wrongFile}</p>
                  )}
                </Panel>
                <Panel value="request">
                  {readable.ok ? (
                    <Request file={settled} lint={readable} sample={sample} onSample={setSample} />
                  ) : (
                    <p>{t.wrongFile}</p>
                  )}
                </Panel>
                <Panel value="answer">
                  {readable.ok ? (
                    <Answer file={settled} lint={readable} sample={sample} onSample={setSample} />
                  ) : (
                    <p>{t.wrongFile}</p>
                  )}
                </Panel>
                <Panel value="callback">
                  <CallbackPanel
                    file={settled}
                    lint={readable}
                    service={id}
                    sample={sample}
                    onModels={(inferred) => {
                      const text = withModels(draft.text, inferred);
                      if (text === undefined) return false;
                      editor.current?.replace(text);
                      toast(t.inserted);
                      return true;
                    }}
                  />
                </Panel>
              </>
            )}
          </Tabs.Root>
        )}
      </div>
      {asking === "publish" && (
        <Confirm
          open
          title={t.publish}
          does={t.publish}
          onClose={() => setAsking(undefined)}
          onConfirm={async () => {
            await put.mutateAsync().catch(() => undefined); // what was refused stands on the page
          }}
        >
          {newer ? t.newer : t.publishAbout}
        </Confirm>
      )}
      {asking === "discard" && (
        <Confirm
          open
          danger
          title={t.discard}
          does={t.discard}
          onClose={() => setAsking(undefined)}
          onConfirm={async () => {
            dropDraft(id);
            if (!now) {
              navigate("/portal/services");
              return;
            }
            setDraft({ text: now.text, base: now.version });
            editor.current?.replace(now.text);
          }}
        >
          {t.discardAbout}
        </Confirm>
      )}
    </div>
  );
}

function Tab({ value, label, count, bad }: { value: string; label: string; count?: number; bad?: boolean }) {
  return (
    <Tabs.Tab
      value={value}
      className="flex h-9 items-center gap-1.5 border-b-2 border-transparent px-2 text-base whitespace-nowrap text-ink-2 -outline-offset-2 hover:text-ink data-active:border-accent data-active:font-medium data-active:text-ink"
    >
      {label}
      {count !== undefined && <span className={cx("tabular text-sm", bad ? "text-bad" : "text-ink-3")}>{count}</span>}
    </Tabs.Tab>
  );
}

function Panel({ value, children }: { value: string; children: ReactNode }) {
  return (
    <Tabs.Panel value={value} className="min-w-0 outline-offset-4">
      {children}
    </Tabs.Panel>
  );
}
