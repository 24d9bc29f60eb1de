import { useEffect, useRef } from "react";
import { useOrganizations, usePages } from "../../lib/data";
import { phone, visible, when, wholeTime } from "../../lib/format";
import { useQuery as useAddress } from "../../lib/router";
import { useNotifications } from "../../lib/stream";
import type { Message } from "../../lib/types";
import { traffic as t } from "../../texts/traffic";
import { Button, EmptyState, Icon, RowLink, Select, Shown, Table, Td, TextField, Th, Tr } from "../../ui";
import { StatusBadge } from "./status";

const statuses = Object.entries(t.statuses).map(([value, label]) => ({ value, label }));

export function Messages() {
  const [address, change] = useAddress();
  const names = ["orgid", "direction", "status", "from", "to"] as const;
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
        {(rows) => <Rows rows={rows} />}
      </Shown>
    </>
  );
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
  const [address, change] = useAddress();
  const organizations = useOrganizations();
  const many = (organizations.data?.length ?? 0) > 1;
  const value = (name: string) => address.get(name) ?? "";
  return (
    <search className="grid grid-cols-2 gap-2 md:grid-cols-5">
      {many && (
        <Select
          label={t.organization}
          hideLabel
          value={value("orgid")}
          onChange={(e) => change({ orgid: e.target.value })}
          options={[
            { value: "", label: t.anyOrganization },
            ...(organizations.data ?? []).map((o) => ({ value: o.id, label: o.name })),
          ]}
        />
      )}
      <Select
        label={t.anyDirection}
        hideLabel
        value={value("direction")}
        onChange={(e) => change({ direction: e.target.value })}
        options={[
          { value: "", label: t.anyDirection },
          { value: "outbound", label: t.outbound },
          { value: "inbound", label: t.inbound },
        ]}
      />
      <Select
        label={t.status}
        hideLabel
        value={value("status")}
        onChange={(e) => change({ status: e.target.value })}
        options={[{ value: "", label: t.anyStatus }, ...statuses]}
      />
      <NumberFilter name="from" label={t.from} />
      <NumberFilter name="to" label={t.to} />
    </search>
  );
}

/** Asked for when it is whole: at Enter, or when the field is left. */
function NumberFilter({ name, label }: { name: string; label: string }) {
  const [address, change] = useAddress();
  const current = address.get(name) ?? "";
  return (
    <TextField
      key={current}
      label={label}
      hideLabel
      placeholder={label}
      inputMode="tel"
      defaultValue={current}
      onBlur={(e) => e.target.value.trim() !== current && change({ [name]: e.target.value.trim() })}
      onKeyDown={(e) => e.key === "Enter" && change({ [name]: e.currentTarget.value.trim() })}
    />
  );
}
