import { useQuery } from "@tanstack/react-query";
import { all, path } from "../../lib/api";
import { usePages, useUsers } from "../../lib/data";
import { phone, visible, when, wholeTime } from "../../lib/format";
import type { Me } from "../../lib/me";
import type { Key, OptOutEvent, Organization, Person } from "../../lib/types";
import { optouts as t } from "../../texts/optouts";
import { Badge, EmptyState, Shown, Table, Td, Th, Tr } from "../../ui";
import { OptedOut } from "./opted-out";

/** Names of those who may change the list: keys, users, people of the account. Who is gone has an id alone. */
function useNames(me: Me, org: Organization): (id: string) => string {
  const keys = useQuery({ queryKey: ["keys"], queryFn: ({ signal }) => all<Key>("/v1/keys", {}, signal) });
  const people = useQuery({
    queryKey: ["people"],
    enabled: me.may_manage_account,
    queryFn: ({ signal }) => all<Person>("/v1/people", {}, signal),
  });
  const users = useUsers(org.id);
  const known = [...(keys.data ?? []), ...(people.data ?? []), ...(users.data ?? [])];
  return (id) => known.find((one) => one.id === id)?.name || id;
}

/** Every change of the list. */
export function History({ me, org }: { me: Me; org: Organization }) {
  const list = usePages<OptOutEvent>(["optouts", org.id, "history"], path`/v1/organizations/${org.id}/optout-events`);
  const nameOf = useNames(me, org);
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
                {e.key && <span className="block text-sm text-ink-3">{visible(nameOf(e.key))}</span>}
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
