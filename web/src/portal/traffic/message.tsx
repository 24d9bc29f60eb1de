import { useMutation, useQuery } from "@tanstack/react-query";
import { api, path } from "../../lib/api";
import { exactTime, phone, reasonOf, size, visible, when, wholeTime } from "../../lib/format";
import { queries } from "../../lib/queries";
import { Link, navigate } from "../../lib/router";
import { useNotifications } from "../../lib/stream";
import type { Message } from "../../lib/types";
import { traffic as t } from "../../texts/traffic";
import {
  Button,
  Dot,
  Fact,
  Facts,
  Notice,
  PageBody,
  PageHeader,
  Panel,
  Section,
  Shown,
  toast,
  toastError,
} from "../../ui";
import { Attempts } from "./attempts";
import { StatusBadge, toneOf } from "./status";

/** One message's whole story. */
export function MessagePage({ id }: { id: string }) {
  const at = path`/v1/messages/${id}`;
  const one = useQuery({ queryKey: ["messages", id], queryFn: ({ signal }) => api.get<Message>(at, {}, signal) });
  useNotifications((n) => {
    if (n.type.startsWith("message.") && (n.data as { id?: string }).id === id) void one.refetch();
  });
  return (
    <PageBody>
      <Shown query={one}>{(m) => <Story m={m} at={at} />}</Shown>
    </PageBody>
  );
}

function Story({ m, at }: { m: Message; at: string }) {
  return (
    <>
      <PageHeader
        title={`${phone(m.from)} → ${phone(m.to)}`}
        back={{ href: "/portal/traffic", label: t.messages }}
        beside={<StatusBadge status={m.status} />}
        about={t.meanings[m.status]}
        actions={<Actions m={m} at={at} />}
      />
      {m.status === "unclear" && <Notice tone="warn">{t.unclearAbout}</Notice>}
      {m.error && (
        <Notice tone={m.status === "unclear" || m.status === "sending" ? "warn" : "bad"}>{reasonOf(m.error)}</Notice>
      )}
      <div className="grid gap-6 lg:grid-cols-[3fr_2fr]">
        <Panel className="flex flex-col gap-4">
          {m.content !== "" && <p className="whitespace-pre-wrap">{visible(m.content)}</p>}
          {m.media.length > 0 && <Files m={m} />}
          <Facts>
            <Fact name={t.at}>
              <time dateTime={m.created} title={wholeTime(m.created)}>
                {when(m.created)}
              </time>
            </Fact>
            <Fact name={t.service}>{m.service || "–"}</Fact>
            {m.segments ? <Fact name="SMS">{t.segments(m.segments, m.encoding ?? "")}</Fact> : null}
            {m.messageids.length > 0 && (
              <Fact name={t.providerIds}>
                <span className="font-mono text-sm break-all">{m.messageids.map(visible).join(", ")}</span>
              </Fact>
            )}
            {m.resend_of && (
              <Fact name={t.resendOf}>
                <Link className="text-link hover:underline" href={`/portal/traffic/${m.resend_of}`}>
                  {m.resend_of}
                </Link>
              </Fact>
            )}
            <Fact name="id">
              <span className="font-mono text-sm break-all">{m.id}</span>
            </Fact>
          </Facts>
        </Panel>
        <Panel>
          <h2 className="mb-3 font-semibold">{t.history}</h2>
          <History m={m} />
        </Panel>
      </div>
      {m.direction === "outbound" && (
        <Section title={t.attempts}>
          <Attempts list={m.attempts ?? []} />
        </Section>
      )}
    </>
  );
}

function Files({ m }: { m: Message }) {
  return (
    <ul className="flex flex-col gap-1">
      {m.media.map((f, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: files have no name of their own
        <li key={i} className="flex flex-wrap gap-x-2 text-base">
          {f.url?.startsWith("http") ? (
            <a href={f.url} target="_blank" rel="noopener noreferrer nofollow" className="text-link hover:underline">
              {visible(f.name ?? f.type ?? "") || t.file(1)}
            </a>
          ) : (
            <span>{visible(f.name ?? f.type) || t.file(1)}</span>
          )}
          <span className="text-ink-3">
            {[f.type, f.size ? size(f.size) : "", f.reason].filter(Boolean).join(" · ")}
          </span>
        </li>
      ))}
    </ul>
  );
}

function History({ m }: { m: Message }) {
  return (
    <ol className="flex flex-col gap-3">
      {m.history.map((c, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: what happened stays where it is
        <li key={i} className="flex gap-3">
          <span className="mt-1.5 flex">
            <Dot tone={c.late ? "neutral" : toneOf(c.status)} />
          </span>
          <div className="min-w-0 flex-1">
            <p className="flex flex-wrap justify-between gap-x-3">
              <span className="font-medium">{t.statuses[c.status] ?? c.status}</span>
              <time dateTime={c.at} title={wholeTime(c.at)} className="tabular text-sm text-ink-3">
                {exactTime(c.at)}
              </time>
            </p>
            {(c.code || c.text) && <p className="text-sm text-ink-2">{reasonOf(c)}</p>}
            {c.late && <p className="text-sm text-ink-3">{t.late}</p>}
          </div>
        </li>
      ))}
    </ol>
  );
}

function Actions({ m, at }: { m: Message; at: string }) {
  const changed = () => queries.invalidateQueries({ queryKey: ["messages", m.id] });
  const act = useMutation({
    mutationFn: async (what: "resend" | "dismiss" | "cancel") => {
      const answer = await api.post<{ id: string }>(`${at}/${what}`);
      await changed();
      if (what === "resend") {
        toast(t.resent);
        navigate(`/portal/traffic/${answer.id}`);
      }
    },
    onError: (e) => toastError(t.message, e),
  });
  if (m.direction === "inbound") return null;
  return (
    <>
      {(m.status === "unclear" || m.status === "failed" || m.status === "expired") && (
        <Button
          icon="replay"
          kind={m.status === "unclear" ? "primary" : "plain"}
          busy={act.isPending}
          onClick={() => act.mutate("resend")}
        >
          {t.resend}
        </Button>
      )}
      {(m.status === "unclear" || m.status === "failed" || m.status === "expired") && !m.dismissed && (
        <Button disabled={act.isPending} onClick={() => act.mutate("dismiss")}>
          {t.dismiss}
        </Button>
      )}
      {m.status === "queued" && (
        <Button disabled={act.isPending} onClick={() => act.mutate("cancel")}>
          {t.cancel}
        </Button>
      )}
    </>
  );
}
