import type { ReactNode } from "react";
import { phone, visible, wholeTime } from "../../lib/format";
import { inbox as t } from "../../texts/inbox";
import { cx, Icon } from "../../ui";
import { useSelf } from "../data/self";
import { nameOfContact } from "../list/words";
import { timeOf } from "../model/days";
import type { Row } from "../model/rows";
import type { Conversation, Message } from "../model/types";
import { Fate, PendingFate } from "./fate";
import { Files } from "./files";
import { NoteLine } from "./note-line";
import { Words } from "./words";

interface Props {
  c: Conversation;
  row: Row & { type: "item" };
  onPicture: (m: Message, file: number) => void;
}

/** One thing that was said. */
export function Line({ c, row, onPicture }: Props) {
  const { item } = row;
  if ("pending" in item) {
    const p = item.pending;
    if (p.note) return <NoteLine row={row} pending={p} />;
    return (
      <Bubble ours first={row.first} last={row.last} label={t.you}>
        {row.first && <Writer>{t.you}</Writer>}
        <Files files={p.media} />
        {p.content !== "" && <Words text={p.content} ours pale={p.state === "sending"} />}
        <PendingFate p={p} />
      </Bubble>
    );
  }
  if (item.entry.kind === "note") return <NoteLine row={row} note={item.entry} />;
  if (item.entry.kind === "call") return <CallLine m={item.entry} />;
  return <MessageLine c={c} m={item.entry} row={row} onPicture={onPicture} />;
}

function MessageLine({ c, m, row, onPicture }: Omit<Props, "row"> & { m: Message; row: Row & { type: "item" } }) {
  const self = useSelf();
  const ours = m.direction === "outbound";
  const who = writer(m, c, self.id);
  const at = Date.parse(m.created);
  return (
    <Bubble ours={ours} first={row.first} last={row.last} label={`${who}, ${timeOf(at)}`}>
      {row.first && ours && (
        <Writer>{m.from && m.from !== c.number_value ? t.talk.from(who, phone(m.from)) : who}</Writer>
      )}
      {m.deleted ? (
        <p className="rounded-lg border border-dashed px-3 py-1.5 text-base text-ink-3">{t.talk.deleted}</p>
      ) : (
        <>
          <Files files={m.media} onPicture={(i) => onPicture(m, i)} />
          {m.content !== "" && <Words text={m.content} ours={ours} />}
        </>
      )}
      <p className={cx("flex flex-wrap items-center gap-x-1.5 text-xs text-ink-3", ours && "justify-end")}>
        {row.last && (
          <time dateTime={m.created} title={wholeTime(m.created)} className="tabular">
            {timeOf(at)}
          </time>
        )}
        {m.edited && <span>{t.talk.edited}</span>}
        {m.resend_of && <span>{t.fate.resentOf}</span>}
        {ours && <Fate m={m} last={row.last} resent={row.resent} />}
      </p>
    </Bubble>
  );
}

export function writer(m: Message, c: Conversation, me: string): string {
  if (m.direction === "inbound") return nameOfContact(c);
  if (!m.user) return t.talk.automatic;
  return m.user.id === me ? t.you : visible(m.user.name) || t.talk.someone;
}

function Bubble(p: { ours?: boolean; first: boolean; last: boolean; label: string; children: ReactNode }) {
  return (
    <article
      aria-label={p.label}
      className={cx(
        "flex flex-col gap-1",
        p.ours ? "items-end" : "items-start",
        p.first && "pt-1.5",
        p.last ? "pb-2" : "pb-0.5",
      )}
    >
      {p.children}
    </article>
  );
}

function Writer({ children }: { children: string }) {
  return <p className="px-1 text-xs text-ink-3">{children}</p>;
}

/** A call that a program told of. */
function CallLine({ m }: { m: Message }) {
  const seconds = Number(m.call?.duration);
  const about = [m.call?.subject, m.call?.comment, m.call?.transcription].filter(
    (v) => typeof v === "string" && v !== "",
  );
  return (
    <div className="my-2 flex flex-col items-center gap-0.5 text-center text-sm text-ink-2">
      <p className="flex items-center gap-1.5">
        <Icon name="phone" size={14} className="text-ink-3" />
        {t.talk.call}
        {seconds > 0 && ` · ${t.talk.minutes(Math.max(1, Math.round(seconds / 60)))}`}
        <time dateTime={m.created} className="text-xs text-ink-3">
          {timeOf(Date.parse(m.created))}
        </time>
      </p>
      {about.map((text) => (
        <p key={String(text)} className="max-w-md whitespace-pre-wrap">
          {String(text)}
        </p>
      ))}
    </div>
  );
}
