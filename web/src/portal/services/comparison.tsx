import { useQuery } from "@tanstack/react-query";
import { api, path } from "../../lib/api";
import { keys } from "../../lib/data";
import type { Schemas } from "../../lib/types";
import { studio as t } from "../../texts/studio";
import { cx, Dialog, Shown } from "../../ui";

const looks = { same: "", added: "bg-good-soft text-good", removed: "bg-bad-soft text-bad" };
const signs = { same: " ", added: "+", removed: "-" };

/** What changed from one version of a file to another. */
export function Comparison({ id, from, to, onClose }: { id: string; from: string; to: string; onClose: () => void }) {
  const diff = useQuery({
    queryKey: [...keys.service(id), "diff", from, to],
    queryFn: ({ signal }) =>
      api.get<Schemas["ServiceDiff"]>(path`/v1/services/${id}/versions/${from}/diff/${to}`, {}, signal),
  });
  return (
    <Dialog open wide="screen" onClose={onClose} title={t.compare} description={t.comparison(from)}>
      <Shown query={diff}>
        {(d) =>
          d.hunks.length === 0 ? (
            <p>{t.same}</p>
          ) : (
            <>
              <p className="text-sm text-ink-2">
                {t.added(d.added)}, {t.removed(d.removed)}
              </p>
              {d.hunks.map((h) => (
                <pre
                  key={`${h.old} ${h.new}`}
                  // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable with the keyboard
                  tabIndex={0}
                  className="overflow-auto rounded-md border bg-canvas p-2 font-mono text-xs"
                >
                  {h.lines.map((l, i) => (
                    // biome-ignore lint/suspicious/noArrayIndexKey: lines of a text have no other name than their number
                    <span key={i} className={cx("block min-w-max whitespace-pre", looks[l.op])}>
                      {signs[l.op]} {l.text}
                    </span>
                  ))}
                </pre>
              ))}
            </>
          )
        }
      </Shown>
    </Dialog>
  );
}
