import { useQuery } from "@tanstack/react-query";
import { all, path } from "../../lib/api";
import { usePages } from "../../lib/data";
import { phone, visible, when, wholeTime } from "../../lib/format";
import type { Key, OptOutEvent, Organization } from "../../lib/types";
import { optouts as t } from "../../texts/optouts";
import { Badge, EmptyState, Shown, Table, Td, Th, Tr } from "../../ui";
import { OptedOut } from "./opted-out";

/** Every change of the list. */
export function History({ org }: { org: Organization }) {
  const list = usePages<OptOutEvent>(["optouts", org.id, "history"], path`/v1/organizations/${org.id}/optout-events`);
  const keys = useQuery({ queryKey: ["keys"], queryFn: ({ signal }) => all<Key>("/v1/keys", {}, signal) });
  const keyOf = (id: string) => visible(keys.data?.find((k) => k.id === id)?.name || id);
  return (
    <Shown query={list} empty={<EmptyState icon="log" title={t.noHistory} />}>
      {(rows) => (
        <Table
          label={t.history}
          head={
            <>
              <Th>{t.contact}</Th>
              <Th>{t.change}</Th>
              <Th spare>{t.number}</Th>
              <Th spare>{t.source}</Th>
              <Th right>{t.at}</Th>
            </>
          }
        >
          {rows.map((e, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: lines are only ever added at the end of the list
            <Tr key={i}>
              <Td className="tabular font-medium whitespace-nowrap">
                <OptedOut contact={e.contact} />
              </Td>
              <Td>
                <Badge tone={e.opted_out ? "warn" : "good"}>{e.opted_out ? t.optedOut : t.optedIn}</Badge>
              </Td>
              <Td spare className="tabular whitespace-nowrap text-ink-2">
                {e.number ? phone(e.number) : t.all}
              </Td>
              <Td spare className="text-ink-2">
                {t.sources[e.source] ?? e.source}
                {e.key && <span className="block text-sm text-ink-3">{keyOf(e.key)}</span>}
              </Td>
              <Td right className="tabular whitespace-nowrap text-ink-2">
                <time dateTime={e.at} title={wholeTime(e.at)}>
                  {when(e.at)}
                </time>
              </Td>
            </Tr>
          ))}
        </Table>
      )}
    </Shown>
  );
}
