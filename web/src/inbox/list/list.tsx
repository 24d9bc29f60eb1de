import { type Ref, useMemo, useRef } from "react";
import { useQuery } from "../../lib/router";
import { inbox as t } from "../../texts/inbox";
import { cx, EmptyState, ErrorState, IconButton } from "../../ui";
import { draftsOf } from "../data/drafts";
import { useList } from "../data/queries";
import { useSelf } from "../data/self";
import { useStore } from "../data/store";
import { type Show, shows } from "../model/lists";
import { AlertsMenu } from "./alerts-menu";
import { SearchField, SearchResults } from "./search";
import { type Steps, VirtualList } from "./virtual";
import { Waiting } from "./waiting";

interface Props {
  open: string | undefined;
  onStart: () => void;
  steps: Ref<Steps>;
}

/** The left column: what to look at, and what there is. */
export function List({ open, onStart, steps }: Props) {
  const [query, change] = useQuery();
  const q = query.get("q") ?? "";
  const asked = query.get("show") as Show | null;
  const show: Show = asked && shows.includes(asked) ? asked : "all";
  return (
    <div className="flex h-full min-h-0 flex-col">
      <div className="flex flex-col gap-2 p-3 pb-2">
        <div className="flex items-center gap-1">
          <h1 className="flex-1 text-lg font-semibold">{t.title}</h1>
          <AlertsMenu />
          <IconButton icon="edit" label={t.list.start} small onClick={onStart} />
        </div>
        <SearchField value={q} onChange={(v) => change({ q: v })} />
        {q === "" && <Filters show={show} onChange={(s) => change({ show: s === "all" ? undefined : s })} />}
      </div>
      {q === "" ? (
        <Shown key={show} show={show} open={open} onStart={onStart} steps={steps} />
      ) : (
        <SearchResults q={q} open={open} />
      )}
    </div>
  );
}

function Filters({ show, onChange }: { show: Show; onChange: (s: Show) => void }) {
  return (
    <fieldset className="-mx-1 flex gap-0.5 overflow-x-auto">
      <legend className="sr-only">{t.list.filters}</legend>
      {shows.map((s) => (
        <button
          key={s}
          type="button"
          aria-pressed={s === show}
          onClick={() => onChange(s)}
          className={cx(
            "h-7 rounded-md px-2 text-sm whitespace-nowrap -outline-offset-2 pointer-coarse:h-9",
            s === show ? "bg-selected font-medium text-ink" : "text-ink-2 hover:bg-hover hover:text-ink",
          )}
        >
          {t.list.show[s]}
        </button>
      ))}
    </fieldset>
  );
}

function Shown({ show, open, onStart, steps }: Props & { show: Show }) {
  const self = useSelf();
  const drafts = useStore(draftsOf(self.id));
  const query = useList(show);
  const list = useMemo(() => query.data?.pages.flatMap((p) => p.data) ?? [], [query.data]);
  const more = useRef(() => {});
  more.current = () => {
    if (query.hasNextPage && !query.isFetchingNextPage) void query.fetchNextPage();
  };
  const onEnd = useRef(() => more.current()).current;
  if (query.isError && !query.data) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  if (!query.data) return <Waiting />;
  if (list.length === 0) {
    const [title, about] = t.list.empty[show];
    return (
      <EmptyState icon="inbox" title={title ?? ""}>
        {about}
        {show === "all" && (
          <button type="button" onClick={onStart} className="mt-1 block w-full font-medium text-link">
            {t.list.start}
          </button>
        )}
      </EmptyState>
    );
  }
  return <VirtualList list={list} open={open} drafts={drafts} onEnd={onEnd} ref={steps} />;
}
