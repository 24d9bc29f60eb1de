import { visible } from "../../lib/format";
import { inbox as t } from "../../texts/inbox";
import { nameOf } from "../data/people";
import { useStore } from "../data/store";
import { typing } from "../data/typing";
import { nameOfContact } from "../list/words";
import type { Conversation } from "../model/types";

/** Who else writes here at this moment. The line is always there, so nothing moves when somebody begins. */
export function Writers({ c }: { c: Conversation }) {
  const who = useStore(typing).get(c.id) ?? [];
  const names = who.map((id) => (id === "" ? nameOfContact(c) : visible(nameOf(id)) || t.talk.someone));
  return (
    <p role="status" className="h-6 shrink-0 truncate px-4 text-xs leading-6 text-ink-3">
      {names.length === 1 && t.talk.writes(names[0] ?? "")}
      {names.length > 1 && t.talk.write(names.length)}
    </p>
  );
}
