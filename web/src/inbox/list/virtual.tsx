import { useVirtualizer } from "@tanstack/react-virtual";
import { type Ref, useEffect, useImperativeHandle, useRef } from "react";
import { inbox as t } from "../../texts/inbox";
import { useMinute } from "../data/clock";
import { useSelf } from "../data/self";
import type { Conversation } from "../model/types";
import { Item, itemHeight } from "./item";

export interface Steps {
  /** Moves the keyboard to the next (1) or the previous (-1) conversation. */
  step: (by: 1 | -1) => void;
}

interface Props {
  list: readonly Conversation[];
  open: string | undefined;
  drafts: ReadonlyMap<string, string>;
  onEnd: () => void;
  ref: Ref<Steps>;
}

/** A list of any length: only the lines in sight are there. */
export function VirtualList({ list, open, drafts, onEnd, ref }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const self = useSelf();
  const now = useMinute();
  const v = useVirtualizer({
    count: list.length,
    getScrollElement: () => box.current,
    estimateSize: () => itemHeight,
    getItemKey: (i) => list[i]?.id ?? i,
    overscan: 6,
    paddingEnd: 8,
  });
  const items = v.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (last >= list.length - 10) onEnd();
  }, [last, list.length, onEnd]);

  // What is opened from elsewhere is shown in the list too.
  const place = useRef(-1);
  place.current = list.findIndex((c) => c.id === open);
  useEffect(() => {
    if (open !== undefined && place.current >= 0) v.scrollToIndex(place.current);
  }, [open, v]);

  useImperativeHandle(ref, () => ({
    step: (by) => {
      const at = document.activeElement?.getAttribute("data-conversation") ?? open;
      const from = list.findIndex((c) => c.id === at);
      const to = from < 0 ? 0 : Math.min(Math.max(from + by, 0), list.length - 1);
      const id = list[to]?.id;
      if (id === undefined) return;
      v.scrollToIndex(to);
      const focus = () => box.current?.querySelector<HTMLElement>(`[data-conversation="${CSS.escape(id)}"]`)?.focus();
      requestAnimationFrame(() => requestAnimationFrame(focus));
    },
  }));

  return (
    <div ref={box} className="min-h-0 flex-1 overflow-y-auto">
      <ul aria-label={t.list.label} className="relative" style={{ height: v.getTotalSize() }}>
        {items.map((row) => {
          const c = list[row.index];
          return (
            c && (
              <Item
                key={row.key}
                c={c}
                me={self.id}
                here={c.id === open}
                draft={c.id === open ? undefined : drafts.get(c.id)}
                now={now}
                position={row.index + 1}
                of={list.length}
                style={{ height: itemHeight, transform: `translateY(${row.start}px)` }}
              />
            )
          );
        })}
      </ul>
    </div>
  );
}
