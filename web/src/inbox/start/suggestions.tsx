import { useDeferredValue } from "react";
import { phone, visible } from "../../lib/format";
import { inbox as t } from "../../texts/inbox";
import { useSearch } from "../data/search";
import { Face } from "../list/item";

/** The contacts whose name or number begins like what is typed. */
export function Suggestions({ q, onChoose }: { q: string; onChoose: (address: string) => void }) {
  const asked = useDeferredValue(q.trim());
  const found = useSearch(asked, asked.length >= 2).data?.pages[0]?.contacts ?? [];
  const rows = found.flatMap((c) =>
    c.addresses
      .filter((a) => a.startsWith("+"))
      .map((address) => ({ key: `${c.id} ${address}`, name: c.name, address })),
  );
  if (asked.length < 2 || rows.length === 0) return null;
  return (
    <ul aria-label={t.start.found} className="-mt-2 flex max-h-56 flex-col overflow-y-auto rounded-md border p-1">
      {rows.slice(0, 8).map((r) => (
        <li key={r.key}>
          <button
            type="button"
            onClick={() => onChoose(r.address)}
            className="flex w-full items-center gap-2.5 rounded-sm px-2 py-1 text-left hover:bg-hover"
          >
            <Face name={r.name} />
            <span className="min-w-0">
              <span className="block truncate text-base">{visible(r.name)}</span>
              <span className="block text-sm text-ink-3">{phone(r.address)}</span>
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}
