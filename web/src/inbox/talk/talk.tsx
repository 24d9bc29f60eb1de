import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useMemo, useRef, useState } from "react";
import { inbox as t } from "../../texts/inbox";
import { Button, EmptyState, ErrorState, Skeleton } from "../../ui";
import { useMinute } from "../data/clock";
import { looking } from "../data/looking";
import { outboxOf } from "../data/outbox";
import { useEntries } from "../data/queries";
import { useSelf } from "../data/self";
import { useStore } from "../data/store";
import { dayLabel } from "../model/days";
import { type Row, rowsOf } from "../model/rows";
import { bind, timeline } from "../model/timeline";
import type { Conversation, Entry, Message } from "../model/types";
import { Line } from "./line";
import { useReading } from "./reading";
import { Viewer } from "./viewer";
import { Writers } from "./writers";

/** What was said in a conversation. Its end is where one begins; going up loads what came before, without moving what one reads. */
export function Talk({ c }: { c: Conversation }) {
  const self = useSelf();
  const query = useEntries(c.id);
  const box = outboxOf(self.id);
  const pending = useStore(box.pending);
  const [shown, setShown] = useState<{ message: Message; file: number }>();

  const pages = query.data?.pages;
  const mine = useMemo(() => pending.filter((p) => p.conversation === c.id), [pending, c.id]);
  const items = useMemo(() => {
    if (!pages) return undefined;
    const newest = pages[0]?.data.toReversed() ?? [];
    for (const [id, key] of bind(newest, mine, self.id)) box.keys.set(id, key);
    return timeline(pages, mine, box.keys);
  }, [pages, mine, self.id, box]);

  // What is pending is done with once the list shows it as the server's.
  useEffect(() => {
    if (!pages) return;
    const entries = new Set(pages.flatMap((p) => p.data.map((e) => e.id)));
    for (const [id, key] of box.keys) {
      if (entries.has(id) && mine.some((p) => p.key === key)) box.arrived(id, key);
    }
  }, [pages, mine, box]);

  const newFrom = useNewFrom(c, pages);
  const rows = useMemo(() => (items ? rowsOf(items, self.id, newFrom) : []), [items, self.id, newFrom]);

  if (query.isError && !query.data) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  if (!items) return <Waiting />;
  if (items.length === 0) {
    return (
      <div className="flex min-h-0 flex-1 flex-col justify-center">
        <EmptyState icon="send" title={t.talk.empty}>
          {t.talk.emptyAbout}
        </EmptyState>
      </div>
    );
  }
  return (
    <>
      <Lines
        c={c}
        rows={rows}
        pages={pages ?? []}
        more={query.hasNextPage}
        onMore={() => !query.isFetchingNextPage && void query.fetchNextPage()}
        onPicture={(message, file) => setShown({ message, file })}
      />
      {shown && <Viewer {...shown} onClose={() => setShown(undefined)} />}
    </>
  );
}

/** The place where the new began when the conversation was opened. It stays there while one reads. */
function useNewFrom(c: Conversation, pages: readonly { data: readonly Entry[] }[] | undefined): string | undefined {
  const found = useRef<string | null>(null);
  const unread = useRef(c.unread ?? 0);
  if (found.current === null && pages) {
    const inbound = pages.flatMap((p) => p.data).filter((e) => e.kind !== "note" && e.direction === "inbound");
    found.current = inbound[Math.min(unread.current, inbound.length) - 1]?.id ?? "";
  }
  return found.current || undefined;
}

interface LinesProps {
  c: Conversation;
  rows: readonly Row[];
  pages: readonly { data: Entry[] }[];
  more: boolean;
  onMore: () => void;
  onPicture: (m: Message, file: number) => void;
}

const nearEnd = 80;

function Lines({ c, rows, pages, more, onMore, onPicture }: LinesProps) {
  const box = useRef<HTMLDivElement>(null);
  const now = useMinute();
  const v = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: (i) => (rows[i]?.type === "item" ? 64 : 36),
    getItemKey: (i) => rows[i]?.key ?? i,
    overscan: 8,
    anchorTo: "end",
    followOnAppend: true,
    scrollEndThreshold: nearEnd,
    paddingStart: 44,
    paddingEnd: 12,
  });
  const lines = v.getVirtualItems();
  const first = lines[0]?.index ?? 0;
  const [atEnd, setAtEnd] = useState(true);
  useReading(c, pages, atEnd);

  const placed = useRef(false);
  useEffect(() => {
    if (placed.current || rows.length === 0) return;
    placed.current = true;
    v.scrollToIndex(rows.length - 1, { align: "end" });
  }, [rows.length, v]);

  const load = useRef(onMore);
  load.current = onMore;
  useEffect(() => {
    if (more && placed.current && first < 12) load.current();
  }, [more, first]);

  // What one sends oneself is always looked at.
  const last = rows.at(-1);
  const ownLast = last?.type === "item" && "pending" in last.item ? last.key : undefined;
  useEffect(() => {
    if (ownLast) v.scrollToEnd();
  }, [ownLast, v]);

  useEffect(() => {
    looking.set({ id: c.id, atEnd });
    return () => looking.set({ id: "", atEnd: true });
  }, [c.id, atEnd]);

  return (
    <div className="relative flex min-h-0 flex-1 flex-col">
      <section
        ref={box}
        aria-label={t.talk.label}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be scrolled with the keyboard too
        tabIndex={0}
        onScroll={(e) => {
          const at = e.currentTarget;
          setAtEnd(at.scrollHeight - at.scrollTop - at.clientHeight < nearEnd);
        }}
        className="min-h-0 flex-1 overflow-y-auto -outline-offset-2 [overflow-anchor:none]"
      >
        <div className="flex min-h-full flex-col justify-end">
          <div className="relative shrink-0" style={{ height: v.getTotalSize() }}>
            <p className="absolute inset-x-0 top-3 text-center text-xs text-ink-3">
              {more ? t.talk.older : t.talk.begin}
            </p>
            <ul aria-label={t.talk.label}>
              {lines.map((line) => {
                const row = rows[line.index];
                return (
                  row && (
                    <li
                      key={line.key}
                      ref={v.measureElement}
                      data-index={line.index}
                      className="absolute inset-x-0 top-0 px-4"
                      style={{ transform: `translateY(${line.start}px)` }}
                    >
                      {row.type === "day" && <Between>{dayLabel(row.at, now, t)}</Between>}
                      {row.type === "new" && <Between tone="new">{t.talk.new}</Between>}
                      {row.type === "item" && <Line c={c} row={row} onPicture={onPicture} />}
                    </li>
                  )
                );
              })}
            </ul>
          </div>
        </div>
      </section>
      <Writers c={c} />
      {!atEnd && (
        <div className="absolute inset-x-0 bottom-8 flex justify-center">
          <Button small icon="chevron" className="shadow-float" onClick={() => v.scrollToEnd()}>
            {c.unread ? t.talk.newBelow(c.unread) : t.talk.toEnd}
          </Button>
        </div>
      )}
    </div>
  );
}

function Between({ children, tone }: { children: string; tone?: "new" }) {
  const color = tone ? "text-link" : "text-ink-3";
  return (
    <div className={`flex items-center gap-3 py-2.5 text-xs font-medium ${color}`}>
      <span aria-hidden="true" className={`h-px flex-1 ${tone ? "bg-accent" : "bg-line"}`} />
      {children}
      <span aria-hidden="true" className={`h-px flex-1 ${tone ? "bg-accent" : "bg-line"}`} />
    </div>
  );
}

function Waiting() {
  return (
    <div role="status" aria-label={t.talk.label} className="flex min-h-0 flex-1 flex-col justify-end gap-3 px-4 pb-8">
      {["w-48", "w-64 self-end", "w-56", "w-40 self-end", "w-72 self-end", "w-60"].map((look) => (
        <Skeleton key={look} className={`h-10 rounded-lg ${look}`} />
      ))}
    </div>
  );
}
