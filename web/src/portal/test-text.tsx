import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, type Page, path } from "../lib/api";
import { useNumbers } from "../lib/data";
import { useForm } from "../lib/form";
import { phone, reasonOf, visible } from "../lib/format";
import { Link } from "../lib/router";
import { useNotifications } from "../lib/stream";
import type { Message, Organization } from "../lib/types";
import { testText as t } from "../texts/test-text";
import { Form, Icon, Notice, Panel, Select, Spinner, TextField } from "../ui";
import { StatusBadge } from "./traffic/status";

/** Sends one text and watches it, and its answer, arrive. */
export function TestText({ org, service, to = "" }: { org: Organization; service: string; to?: string }) {
  const numbers = useNumbers(org.id);
  const [sent, setSent] = useState<string>();
  const mine = (numbers.data ?? []).filter((n) => n.service === service);
  const form = useForm(
    { from: "", to, content: t.hello },
    (v) => {
      const from = mine.find((n) => n.number === v.from) ?? mine[0];
      return api.post<{ id: string }>("/v1/messages", {
        orgid: org.id,
        from: from?.number,
        to: v.to,
        content: v.content,
        user: from?.users[0],
      });
    },
    (a) => setSent(a.id),
  );
  if (numbers.data && mine.length === 0) return <Notice>{t.noNumber}</Notice>;
  return (
    <Panel className="grid gap-6 lg:grid-cols-2">
      <Form form={form} icon="send" does={sent ? t.another : t.send} disabled={!form.values.to || !form.values.content}>
        <Select
          label={t.from}
          {...form.field("from")}
          value={form.values.from || mine[0]?.number}
          options={mine.map((n) => ({
            value: n.number,
            label: n.name === n.number ? phone(n.number) : `${n.name} (${phone(n.number)})`,
          }))}
        />
        <TextField
          label={t.to}
          hint={service === "simulator" ? t.toHint : undefined}
          inputMode="tel"
          {...form.field("to")}
        />
        <TextField label={t.content} {...form.field("content")} />
      </Form>
      {sent && <Watch key={sent} id={sent} org={org} />}
    </Panel>
  );
}

const over = new Set(["delivered", "read", "failed", "expired", "cancelled"]);

function Watch({ id, org }: { id: string; org: Organization }) {
  const one = useQuery({
    queryKey: ["messages", id],
    queryFn: ({ signal }) => api.get<Message>(path`/v1/messages/${id}`, {}, signal),
    refetchInterval: (q) => (q.state.data && over.has(q.state.data.status) ? false : 5000),
  });
  const m = one.data;
  const answer = useQuery({
    queryKey: ["messages", id, "answer"],
    enabled: m !== undefined,
    queryFn: async ({ signal }) => {
      const page = await api.get<Page<Message>>(
        "/v1/messages",
        { orgid: org.id, direction: "inbound", from: m?.to, to: m?.from, limit: 1 },
        signal,
      );
      const [latest] = page.data;
      return latest && m && latest.created >= m.created ? latest : null;
    },
    refetchInterval: (q) => (q.state.data ? false : 5000),
  });
  useNotifications((n) => {
    if (n.type.startsWith("message.")) {
      void one.refetch();
      void answer.refetch();
    }
  });
  if (!m) return <Spinner />;
  return (
    <div className="flex flex-col gap-4" aria-live="polite">
      <div className="flex flex-col gap-1">
        <p className="text-sm text-ink-3">
          {t.out} · {phone(m.to)}
        </p>
        <p className="flex items-center gap-2">
          <StatusBadge status={m.status} />
          <Link href={`/portal/traffic/${m.id}`} className="text-link hover:underline">
            {t.story}
          </Link>
        </p>
        {m.error && <p className="text-sm text-bad">{reasonOf(m.error)}</p>}
      </div>
      <div className="flex flex-col gap-1">
        <p className="text-sm text-ink-3">{t.back}</p>
        {answer.data ? (
          <>
            <p className="flex items-start gap-2">
              <Icon name="check" className="mt-0.5 text-good" />
              <span>{visible(answer.data.content)}</span>
            </p>
            <p className="text-sm text-good">{t.both}</p>
          </>
        ) : (
          <p className="flex items-center gap-2 text-ink-2">
            <Spinner />
            {t.waiting(phone(m.from))}
          </p>
        )}
      </div>
    </div>
  );
}
