import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, type Page } from "../../lib/api";
import { useNumbers, usePages } from "../../lib/data";
import { phone, visible, when } from "../../lib/format";
import { isProblem } from "../../lib/problem";
import { useQuery as useAddress } from "../../lib/router";
import type { OptOut, Organization } from "../../lib/types";
import { optouts as t } from "../../texts/optouts";
import { Confirm, EmptyState, IconButton, Shown, Table, Td, Th, ThActions, Tr } from "../../ui";
import { ChoiceFilter, TextFilter } from "../traffic/filters";
import { nameOf, OptedOut } from "./opted-out";

interface Props {
  org: Organization;
  at: string;
  onChanged: () => Promise<unknown>;
}

/** Who is on the list now: all, those of one of our numbers, or one contact. */
export function List({ org, at, onChanged }: Props) {
  const [address] = useAddress();
  const numbers = useNumbers(org.id);
  const contact = address.get("contact") ?? "";
  const number = address.get("number") ?? undefined;
  const list = usePages<OptOut>(["optouts", org.id, { number }], at, { number });
  const one = useQuery({
    queryKey: ["optouts", org.id, "contact", contact],
    enabled: contact !== "",
    queryFn: async ({ signal }) => {
      try {
        return (await api.get<Page<OptOut>>(`${at}/${encodeURIComponent(contact)}`, {}, signal)).data;
      } catch (e) {
        if (isProblem(e) && e.status === 404) return [];
        throw e;
      }
    },
  });
  return (
    <>
      <search className="grid gap-2 sm:grid-cols-2 lg:w-2/3">
        <TextFilter name="contact" label={t.find} tel />
        <ChoiceFilter
          name="number"
          label={t.number}
          any={t.anyNumber}
          options={(numbers.data ?? []).map((n) => ({ value: n.number, label: phone(n.number) }))}
        />
      </search>
      <Shown
        query={contact ? one : list}
        empty={
          contact ? (
            <EmptyState icon="search" title={t.notFound}>
              {t.notFoundAbout(visible(contact))}
            </EmptyState>
          ) : (
            <EmptyState icon="ban" title={t.empty}>
              {t.emptyAbout}
            </EmptyState>
          )
        }
      >
        {(rows) => <Rows rows={rows} at={at} onChanged={onChanged} />}
      </Shown>
    </>
  );
}

function Rows({ rows, at, onChanged }: Omit<Props, "org"> & { rows: OptOut[] }) {
  const [removing, setRemoving] = useState<OptOut>();
  return (
    <>
      <Table
        label={t.list}
        head={
          <>
            <Th>{t.contact}</Th>
            <Th>{t.number}</Th>
            <Th spare>{t.source}</Th>
            <Th spare>{t.since}</Th>
            <ThActions />
          </>
        }
      >
        {rows.map((o) => (
          <Tr key={`${o.contact} ${o.number}`}>
            <Td className="tabular font-medium whitespace-nowrap">
              <OptedOut contact={o.contact} />
            </Td>
            <Td className="tabular whitespace-nowrap text-ink-2">{o.number ? phone(o.number) : t.all}</Td>
            <Td spare className="text-ink-2">
              {t.sources[o.source] ?? o.source}
            </Td>
            <Td spare className="tabular whitespace-nowrap text-ink-2">
              {when(o.since)}
            </Td>
            <Td right>
              <IconButton small icon="x" label={`${t.remove}: ${o.contact}`} onClick={() => setRemoving(o)} />
            </Td>
          </Tr>
        ))}
      </Table>
      {removing && (
        <Confirm
          open
          title={t.remove}
          does={t.remove}
          onClose={() => setRemoving(undefined)}
          onConfirm={async () => {
            await api.delete(`${at}/${encodeURIComponent(removing.contact)}`, {
              query: { number: removing.number },
            });
            await onChanged();
          }}
        >
          {t.removeAbout(nameOf(removing.contact))}
        </Confirm>
      )}
    </>
  );
}
