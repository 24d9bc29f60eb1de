import { useQuery } from "@tanstack/react-query";
import { api } from "../../lib/api";
import { useOrganizations } from "../../lib/data";
import { count, phone, utcMonth } from "../../lib/format";
import { useQuery as useAddress } from "../../lib/router";
import type { Schemas } from "../../lib/types";
import { usage as t } from "../../texts/usage";
import { EmptyState, IconButton, LinkButton, PageBody, PageHeader, Select, Shown, Table, Td, Th, Tr } from "../../ui";
import { monthFrom } from "../charts/scale";
import { OrganizationFilter } from "../traffic/filters";

type Month = Schemas["Usage"];
type Row = Schemas["UsageOfNumber"];
type Sum = Schemas["UsageOfDirection"];

const months = 24;

/** What a month had, by organization and number. */
export default function Usage() {
  const [address, change] = useAddress();
  const now = new Date().toISOString().slice(0, 7);
  const month = /^\d{4}-\d{2}$/.test(address.get("month") ?? "") ? (address.get("month") as string) : now;
  const orgid = address.get("orgid") ?? undefined;
  const query = { month, orgid };
  const list = useQuery({
    queryKey: ["usage", query],
    queryFn: ({ signal }) => api.get<Month>("/v1/usage", query, signal),
  });
  const to = (m: string) => change({ month: m === now ? undefined : m });
  const choices = Array.from({ length: months }, (_, i) => monthFrom(now, -i));
  if (!choices.includes(month)) choices.push(month);
  const file = new URLSearchParams({ month, ...(orgid ? { orgid } : {}) });
  return (
    <PageBody>
      <PageHeader
        title={t.title}
        about={t.about}
        actions={
          <LinkButton href={`/v1/usage.csv?${file}`} download icon="download">
            {t.export}
          </LinkButton>
        }
      />
      <search className="flex flex-wrap gap-2">
        <span className="flex gap-1">
          <IconButton kind="plain" icon="left" label={t.before} onClick={() => to(monthFrom(month, -1))} />
          <Select
            label={t.month}
            hideLabel
            value={month}
            onChange={(e) => to(e.target.value)}
            options={choices.map((value) => ({ value, label: utcMonth(value) }))}
          />
          <IconButton
            kind="plain"
            icon="right"
            label={t.after}
            disabled={month >= now}
            onClick={() => to(monthFrom(month, 1))}
          />
        </span>
        <span className="w-56 max-w-full empty:hidden">
          <OrganizationFilter />
        </span>
      </search>
      <Shown query={list}>
        {(m) =>
          m.data.length === 0 ? (
            <EmptyState icon="chart" title={t.empty}>
              {t.emptyAbout}
            </EmptyState>
          ) : (
            <UsageTable month={m} />
          )
        }
      </Shown>
    </PageBody>
  );
}

function UsageTable({ month }: { month: Month }) {
  const organizations = useOrganizations();
  const nameOf = (id: string) => organizations.data?.find((o) => o.id === id)?.name ?? id;
  const groups = Map.groupBy(month.data, (r) => r.orgid);
  return (
    <Table
      label={t.title}
      head={
        <>
          <Th rowSpan={2} className="align-bottom">
            {t.number}
          </Th>
          <Th rowSpan={2} className="align-bottom" spare>
            {t.service}
          </Th>
          <Th colSpan={3} scope="colgroup" className="border-l text-center">
            {t.received}
          </Th>
          <Th colSpan={4} scope="colgroup" className="border-l text-center">
            {t.sent}
          </Th>
        </>
      }
      head2={
        <>
          <Th right className="border-l">
            {t.texts}
          </Th>
          <Th right>{t.segments}</Th>
          <Th right>{t.files}</Th>
          <Th right className="border-l">
            {t.texts}
          </Th>
          <Th right>{t.segments}</Th>
          <Th right>{t.files}</Th>
          <Th right>{t.failed}</Th>
        </>
      }
    >
      {[...groups].map(([org, rows]) => (
        <Organization key={org} name={nameOf(org)} rows={rows} headed={groups.size > 1} />
      ))}
      {month.data.length > 1 && (
        <Tr>
          <Td className="border-t font-semibold">{groups.size > 1 ? t.all : t.total}</Td>
          <Td spare className="border-t" />
          <Counts of={month.total} bold />
        </Tr>
      )}
    </Table>
  );
}

function Organization({ name, rows, headed }: { name: string; rows: Row[]; headed: boolean }) {
  return (
    <>
      {headed && (
        <tr className="bg-sunken">
          <th scope="rowgroup" colSpan={9} className="px-3 py-1.5 text-left text-sm font-semibold">
            {name}
          </th>
        </tr>
      )}
      {rows.map((r) => (
        <Tr key={`${r.number} ${r.service}`}>
          <Td className="tabular font-medium whitespace-nowrap">{phone(r.number)}</Td>
          <Td spare className="text-ink-2">
            {r.service}
          </Td>
          <Counts of={r} />
        </Tr>
      ))}
    </>
  );
}

function Counts({ of, bold }: { of: Sum; bold?: boolean }) {
  const look = `tabular ${bold ? "font-semibold" : ""}`;
  return (
    <>
      <Td right className={`${look} border-l`}>
        {count(of.in.texts)}
      </Td>
      <Td right className={look}>
        {count(of.in.segments)}
      </Td>
      <Td right className={look}>
        {count(of.in.files)}
      </Td>
      <Td right className={`${look} border-l`}>
        {count(of.out.texts)}
      </Td>
      <Td right className={look}>
        {count(of.out.segments)}
      </Td>
      <Td right className={look}>
        {count(of.out.files)}
      </Td>
      <Td right className={`${look} ${of.failed.messages > 0 ? "text-bad" : ""}`}>
        {count(of.failed.messages)}
      </Td>
    </>
  );
}
