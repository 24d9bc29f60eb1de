import { usePages } from "../../lib/data";
import { visible, when, wholeTime } from "../../lib/format";
import type { AuditEntry } from "../../lib/types";
import { audit as t } from "../../texts/account";
import { EmptyState, PageBody, PageHeader, Shown, Table, Td, Th, Tr } from "../../ui";

export function Audit() {
  const list = usePages<AuditEntry>(["audit"], "/v1/audit");
  return (
    <PageBody>
      <PageHeader title={t.title} about={t.about} />
      <Shown query={list} empty={<EmptyState icon="log" title={t.empty} />}>
        {(rows) => (
          <Table
            label={t.title}
            head={
              <>
                <Th>{t.when}</Th>
                <Th>{t.who}</Th>
                <Th>{t.what}</Th>
                <Th spare>{t.which}</Th>
                <Th spare>{t.from}</Th>
              </>
            }
          >
            {rows.map((e, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: lines are only ever added at the end of the list
              <Tr key={i}>
                <Td className="tabular align-top whitespace-nowrap text-ink-2">
                  <time dateTime={e.at} title={wholeTime(e.at)}>
                    {when(e.at)}
                  </time>
                </Td>
                <Td className="align-top">{whoOf(e)}</Td>
                <Td className="align-top">
                  <span className="font-mono text-sm">{e.what}</span>
                  <Difference entry={e} />
                </Td>
                <Td spare className="align-top text-ink-2">
                  {visible(e.name || e.id)}
                </Td>
                <Td spare className="tabular align-top text-ink-3">
                  {e.address}
                </Td>
              </Tr>
            ))}
          </Table>
        )}
      </Shown>
    </PageBody>
  );
}

function whoOf(e: AuditEntry): string {
  const name = visible(e.by.name || e.by.id);
  if (e.by.kind === "key") return `${name} (${t.key})`;
  return name || t.nobody;
}

/** What differs, member by member. */
function Difference({ entry }: { entry: AuditEntry }) {
  const names = [...new Set([...Object.keys(entry.was ?? {}), ...Object.keys(entry.became ?? {})])];
  if (names.length === 0) return null;
  const text = (v: unknown) => (v === undefined ? "–" : visible(typeof v === "string" ? v : JSON.stringify(v)));
  return (
    <details>
      <summary className="cursor-pointer text-sm text-ink-3">{t.details}</summary>
      <table className="mt-1 text-sm">
        <thead className="sr-only">
          <tr>
            <th scope="col">{t.what}</th>
            <th scope="col">{t.was}</th>
            <th scope="col">{t.became}</th>
          </tr>
        </thead>
        <tbody>
          {names.map((n) => (
            <tr key={n}>
              <th scope="row" className="pr-3 text-left align-top font-medium">
                {n}
              </th>
              <td className="pr-3 align-top text-ink-3 line-through">{entry.was && text(entry.was[n])}</td>
              <td className="align-top">{entry.became && text(entry.became[n])}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}
