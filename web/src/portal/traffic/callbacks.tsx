import { usePages } from "../../lib/data";
import { visible, when, wholeTime } from "../../lib/format";
import { useQuery as useAddress } from "../../lib/router";
import type { Callback } from "../../lib/types";
import { traffic as t } from "../../texts/traffic";
import { Badge, EmptyState, RowLink, Select, Shown, Table, Td, Th, Tr } from "../../ui";

export function Callbacks() {
  const [address, change] = useAddress();
  const unmatched = address.get("show") !== "all";
  const list = usePages<Callback>(["callbacks", unmatched], "/v1/callbacks", { unmatched: unmatched || undefined });
  return (
    <>
      <div className="flex flex-wrap items-center justify-between gap-3">
        <p className="text-ink-2">{unmatched && list.data?.length ? t.replayAbout : ""}</p>
        <div className="w-44">
          <Select
            label={t.status}
            hideLabel
            value={unmatched ? "" : "all"}
            onChange={(e) => change({ show: e.target.value })}
            options={[
              { value: "", label: t.unmatched },
              { value: "all", label: t.allCallbacks },
            ]}
          />
        </div>
      </div>
      <Shown
        query={list}
        empty={
          <EmptyState icon="check" title={unmatched ? t.noUnmatched : t.noCallbacks}>
            {unmatched && t.noUnmatchedAbout}
          </EmptyState>
        }
      >
        {(rows) => (
          <Table
            label={t.callbacks}
            head={
              <>
                <Th>{t.service}</Th>
                <Th>{t.status}</Th>
                <Th spare>{t.reason}</Th>
                <Th right>{t.at}</Th>
              </>
            }
          >
            {rows.map((c) => (
              <Tr key={c.id}>
                <Td>
                  <RowLink href={`/portal/traffic/callbacks/${c.id}`}>{c.service}</RowLink>
                </Td>
                <Td>
                  <StateBadge state={c.state} />
                </Td>
                <Td spare className="w-full max-w-0">
                  <span className="block truncate text-ink-2">{visible(c.reason)}</span>
                </Td>
                <Td right className="tabular whitespace-nowrap text-ink-2">
                  <time dateTime={c.at} title={wholeTime(c.at)}>
                    {when(c.at)}
                  </time>
                </Td>
              </Tr>
            ))}
          </Table>
        )}
      </Shown>
    </>
  );
}

export function StateBadge({ state }: { state: Callback["state"] }) {
  return (
    <Badge tone={state === "unmatched" ? "warn" : state === "done" ? "good" : "neutral"}>
      {t.states[state] ?? state}
    </Badge>
  );
}
