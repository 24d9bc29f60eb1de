import { useEffect, useRef } from "react";
import { markRead } from "../data/actions";
import { lastInbound } from "../model/timeline";
import type { Conversation, Entry } from "../model/types";

/** Says that one has read, when one has: the page is in front, the end is in sight, and something was new. */
export function useReading(c: Conversation, pages: readonly { data: readonly Entry[] }[], atEnd: boolean): void {
  const newest = lastInbound(pages)?.id;
  const said = useRef("");
  const unread = c.unread ?? 0;
  useEffect(() => {
    const look = () => {
      if (!newest || unread === 0 || !atEnd || document.hidden || !document.hasFocus() || said.current === newest)
        return;
      said.current = newest;
      markRead(c.id, newest).catch(() => {
        said.current = "";
      });
    };
    look();
    addEventListener("focus", look);
    document.addEventListener("visibilitychange", look);
    return () => {
      removeEventListener("focus", look);
      document.removeEventListener("visibilitychange", look);
    };
  }, [c.id, newest, unread, atEnd]);
}
