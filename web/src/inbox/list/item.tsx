import type { CSSProperties } from "react";
import { visible } from "../../lib/format";
import { Link } from "../../lib/router";
import { inbox as t } from "../../texts/inbox";
import { Badge, cx, Icon } from "../../ui";
import { listStamp } from "../model/days";
import type { Conversation } from "../model/types";
import { glance, initials, nameOfContact, nameOfNumber } from "./words";

export const itemHeight = 78;

interface Props {
  c: Conversation;
  me: string;
  here: boolean;
  draft?: string;
  now: number;
  position: number;
  of: number;
  style: CSSProperties;
}

/** A conversation in the list: who, when, the last word, and what is to know before one opens it. */
export function Item({ c, me, here, draft, now, position, of, style }: Props) {
  const unread = c.unread ?? 0;
  const bad = c.last?.direction === "outbound" && ["failed", "expired", "unclear"].includes(c.last.status);
  return (
    <li aria-setsize={of} aria-posinset={position} style={style} className="absolute inset-x-0 top-0 px-2 py-px">
      <Link
        href={`/inbox/${encodeURIComponent(c.id)}${location.search}`}
        data-conversation={c.id}
        aria-current={here ? "page" : undefined}
        className={cx(
          "flex h-full gap-2.5 rounded-md px-2 py-2 -outline-offset-2",
          here ? "bg-selected" : "hover:bg-hover",
        )}
      >
        <Face name={c.name || ""} />
        <span className="flex min-w-0 flex-1 flex-col">
          <span className="flex items-baseline gap-2">
            <span className={cx("min-w-0 flex-1 truncate text-base", unread > 0 ? "font-semibold" : "font-medium")}>
              {nameOfContact(c)}
            </span>
            <time dateTime={c.last_at} className="tabular shrink-0 text-xs text-ink-3">
              {listStamp(Date.parse(c.last_at), now, t)}
            </time>
          </span>
          <span className="flex items-center gap-1.5 text-sm">
            {bad && <Icon name="alert" size={13} className={c.last?.status === "unclear" ? "text-warn" : "text-bad"} />}
            <span className={cx("min-w-0 flex-1 truncate", unread > 0 ? "text-ink" : "text-ink-2")}>
              {draft !== undefined ? (
                <>
                  <span className="text-warn">{t.list.draft}:</span> {draft}
                </>
              ) : (
                glance(c, me)
              )}
            </span>
            {unread > 0 && (
              <span className="tabular inline-flex h-4.5 min-w-4.5 items-center justify-center rounded-full bg-accent px-1 text-xs font-semibold text-on-accent">
                <span aria-hidden="true">{t.list.unread(unread)}</span>
                <span className="sr-only">{t.list.unreadLabel(unread)}</span>
              </span>
            )}
          </span>
          <span className="flex h-5 items-center gap-1.5 text-xs text-ink-3">
            <span className="min-w-0 truncate">{nameOfNumber(c)}</span>
            {c.kind === "private" && <Badge>{t.head.private}</Badge>}
            {c.claimed_by && <Badge tone="accent">{c.claimed_by.id === me ? t.you : visible(c.claimed_by.name)}</Badge>}
            {c.opted_out && <Badge tone="warn">{t.list.optedOut}</Badge>}
            {c.blocked && <Badge tone="bad">{t.list.blocked}</Badge>}
          </span>
        </span>
      </Link>
    </li>
  );
}

/** A picture of somebody of whom there is none. */
export function Face({ name, large }: { name: string; large?: boolean }) {
  return (
    <span
      aria-hidden="true"
      className={cx(
        "flex shrink-0 items-center justify-center rounded-full bg-sunken font-semibold text-ink-2 select-none",
        large ? "size-12 text-lg" : "mt-0.5 size-8 text-xs",
      )}
    >
      {name ? initials(name) : <Icon name="phone" size={large ? 20 : 14} />}
    </span>
  );
}
