import { count, visible } from "../../lib/format";
import { Link } from "../../lib/router";
import type { Schemas } from "../../lib/types";
import { charts as t } from "../../texts/usage";

type Failure = Schemas["FailureSum"];

/** Why messages failed, the most frequent first: a table whose rows have bars. */
export function FailuresChart({ list, hrefOf }: { list: Failure[]; hrefOf: (code: string) => string }) {
  if (list.length === 0) return <p className="text-base text-ink-2">{t.noFailures}</p>;
  const most = list[0]?.messages ?? 1;
  return (
    <table className="w-full border-collapse text-left">
      <thead className="sr-only">
        <tr>
          <th scope="col">{t.code}</th>
          <th scope="col">{t.messages}</th>
        </tr>
      </thead>
      <tbody>
        {list.map((f) => (
          <tr key={f.code} className="hover:bg-hover">
            <th scope="row" className="w-full max-w-0 py-1 pr-3 font-normal">
              <Link href={hrefOf(f.code)} className="block truncate font-mono text-sm text-link hover:underline">
                {visible(f.code) || t.noCode}
              </Link>
              <svg aria-hidden="true" viewBox="0 0 100 4" preserveAspectRatio="none" className="mt-0.5 h-1.5 w-full">
                <rect width={Math.max(0.5, (100 * f.messages) / most)} height="4" className="fill-bad-strong" />
              </svg>
            </th>
            <td className="tabular py-1 text-right align-bottom">{count(f.messages)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
