import { visible } from "../../lib/format";
import { inbox as t } from "../../texts/inbox";
import { Icon, IconButton } from "../../ui";
import { attempt } from "../attempt";
import { deleteNote } from "../data/actions";
import { useSelf } from "../data/self";
import { timeOf } from "../model/days";
import type { Row } from "../model/rows";
import type { Note, Pending } from "../model/types";
import { PendingFate } from "./fate";
import { Linked } from "./words";

/** What users tell each other. It looks like nothing that leaves. */
export function NoteLine({ row, note, pending }: { row: Row & { type: "item" }; note?: Note; pending?: Pending }) {
  const self = useSelf();
  const mine = pending !== undefined || note?.user?.id === self.id;
  const who = mine ? t.you : visible(note?.user?.name ?? "") || t.talk.someone;
  return (
    <article aria-label={`${t.talk.note}, ${who}, ${timeOf(row.item.at)}`} className="py-1">
      <div className="group relative mx-auto flex max-w-xl flex-col gap-0.5 rounded-md border-l-2 border-warn bg-warn-soft px-3 py-1.5">
        <p className="flex items-center gap-1.5 text-xs text-warn">
          <Icon name="edit" size={12} />
          <span className="font-medium">
            {t.talk.note} · {who}
          </span>
          <span className="-ml-0.5 min-w-0 flex-1 truncate">· {t.talk.noteAbout}</span>
          <time className="tabular">{timeOf(row.item.at)}</time>
          {mine && note && (
            <IconButton
              small
              icon="trash"
              label={t.talk.deleteNote}
              onClick={() => attempt(deleteNote(note))}
              className="bg-warn-soft pointer-fine:absolute pointer-fine:top-0.5 pointer-fine:right-1 pointer-fine:opacity-0 group-focus-within:opacity-100 group-hover:opacity-100 pointer-coarse:-my-2 pointer-coarse:-mr-2"
            />
          )}
        </p>
        <p dir="auto" className="text-base break-words whitespace-pre-wrap text-ink">
          <Linked text={note?.content ?? pending?.content ?? ""} />
        </p>
        {pending && <PendingFate p={pending} />}
      </div>
    </article>
  );
}
