import { useEffect, useRef } from "react";
import { usePages } from "../../lib/data";
import { phone, visible, when, wholeTime } from "../../lib/format";
import { useQuery as useAddress } from "../../lib/router";
import { useNotifications } from "../../lib/stream";
import type { Message } from "../../lib/types";
import { traffic as t } from "../../texts/traffic";
import { Button, EmptyState, Icon, LinkButton, RowLink, Shown, Table, Td, Th, Tr } from "../../ui";
import { ChoiceFilter, NumberFilter, OrganizationFilter, ServiceFilter, TextFilter } from "./filters";
import { StatusBadge } from "./status";

const statuses = Object.entries(t.statuses).map(([value, label]) => ({ value, label }));
statuses.push({ value: "failed,expired,cancelled", label: t.notDelivered });
const outcomes = Object.entries(t.outcomes).map(([value, label]) => ({ value, label }));
const names = ["orgid", "direction", "status", "service", "number", "from", "to", "q", "code", "outcome"] as const;

export function Messages() {
  const [address, change] = useAddress();
  const filter = Object.fromEntries(names.map((n) => [n, address.get(n) ?? undefined]));
  const list = usePages<Message>(["traffic", filter], "/v1/messages", filter);
  useRefresh(() => void list.refetch());
  const filtered = names.some((n) => address.get(n));
  return (
    <>
      <Filters />
      <Shown
        query={list}
        empty={
          <EmptyState
            icon="traffic"
            title={t.empty}
            action={
              filtered && (
                <Button onClick={() => change(Object.fromEntries(names.map((n) => [n, undefined])))}>{t.clear}</Button>
              )
            }
          >
            {t.emptyAbout}
          </EmptyState>
        }
      >
        {(rows) => (
          <>
            <div className="-mb-3 flex justify-end">
              <LinkButton small href={`/v1/messages.csv?${asQuery(filter)}`} download icon="download">
                {t.export}
              </LinkButton>
            </div>
            <Rows rows={rows} />
          </>
        )}
      </Shown>
    </>
  );
}

function asQuery(filter: Record<string, string | undefined>): string {
  return new URLSearchParams(
    Object.entries(filter).filter((e): e is [string, string] => e[1] !== undefined),
  ).toString();
}

/** Looks again soon after something happened, and at most once a second however much happens. */
function useRefresh(again: () => void): void {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  useNotifications((n) => {
    if (!n.type.startsWith("message.") || timer.current !== undefined) return;
    timer.current = setTimeout(() => {
      timer.current = undefined;
      again();
    }, 1000);
  });
}

function Rows({ rows }: { rows: Message[] }) {
  return (
    <Table
      label={t.messages}
      head={
        <>
          <Th>
            <span className="sr-only">{t.anyDirection}</span>
          </Th>
          <Th>{t.from}</Th>
          <Th spare>{t.to}</Th>
          <Th spare>{t.text}</Th>
          <Th>{t.status}</Th>
          <Th right>{t.at}</Th>
        </>
      }
    >
      {rows.map((m) => (
        <Tr key={m.id}>
          <Td className="w-6 pr-0 text-ink-3" title={m.direction === "inbound" ? t.inbound : t.outbound}>
            <Icon name={m.direction === "inbound" ? "left" : "right"} />
            <span className="sr-only">{m.direction === "inbound" ? t.inbound : t.outbound}</span>
          </Td>
          <Td className="tabular whitespace-nowrap">
            <RowLink href={`/portal/traffic/${m.id}`}>{phone(m.from)}</RowLink>
            <span className="block text-sm text-ink-2 md:hidden">→ {phone(m.to)}</span>
          </Td>
          <Td spare className="tabular whitespace-nowrap">
            {phone(m.to)}
          </Td>
          <Td spare className="max-w-0 w-full">
            <span className="block truncate text-ink-2">
              {visible(m.content) || (m.media.length > 0 ? t.file(m.media.length) : "")}
            </span>
          </Td>
          <Td>
            <StatusBadge status={m.status} />
          </Td>
          <Td right className="tabular whitespace-nowrap text-ink-2">
            <time dateTime={m.created} title={wholeTime(m.created)}>
              {when(m.created)}
            </time>
          </Td>
        </Tr>
      ))}
    </Table>
  );
}

function Filters() {
  return (
    <search className="grid grid-cols-2 gap-2 md:grid-cols-4">
      <OrganizationFilter />
      <ChoiceFilter
        name="direction"
        label={t.direction}
        any={t.anyDirection}
        options={[
          { value: "outbound", label: t.outbound },
          { value: "inbound", label: t.inbound },
        ]}
      />
      <ChoiceFilter name="status" label={t.status} any={t.anyStatus} options={statuses} />
      <ServiceFilter />
      <TextFilter name="q" label={t.text} />
      <NumberFilter />
      <TextFilter name="from" label={t.from} tel />
      <TextFilter name="to" label={t.to} tel />
      <TextFilter name="code" label={t.code} />
      <ChoiceFilter name="outcome" label={t.outcome} any={t.anyOutcome} options={outcomes} />
    </search>
  );
}
