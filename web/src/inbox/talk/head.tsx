import { useState } from "react";
import { phone } from "../../lib/format";
import { navigate } from "../../lib/router";
import { inbox as t } from "../../texts/inbox";
import { Badge, Button, IconButton, Menu, MenuItem, MenuSeparator, toastError } from "../../ui";
import { assign, claim, close, markUnread, release, reopen } from "../data/actions";
import { useColleagues } from "../data/queries";
import { type Self, useSelf } from "../data/self";
import { nameOfContact, nameOfNumber } from "../list/words";
import type { Conversation } from "../model/types";

/** Says why something could not be done; what was shown as done is shown as it is again. */
export function attempt(does: Promise<unknown>): void {
  does.catch((e: unknown) => toastError(t.fate.notDone, e));
}

/** Who it is, over which number, and what one does with a conversation as a whole. */
export function Head({ c, panel, onPanel }: { c: Conversation; panel: boolean; onPanel: () => void }) {
  const self = useSelf();
  const group = c.kind === "group";
  return (
    <header className="flex min-h-14 items-center gap-2 border-b px-3 py-2">
      <IconButton
        icon="left"
        label={t.head.back}
        className="md:hidden"
        onClick={() => navigate(`/inbox${location.search}`)}
      />
      <div className="min-w-0 flex-1">
        <div className="flex items-center gap-2">
          <h2 className="truncate text-lg leading-5 font-semibold">{nameOfContact(c)}</h2>
          {!group && <Badge>{t.head.private}</Badge>}
          {c.closed && <Badge>{t.head.closed}</Badge>}
        </div>
        <p className="truncate text-sm text-ink-3">
          {c.name && `${phone(c.contact)} · `}
          {c.number_value ? t.head.via(nameOfNumber(c)) : t.head.gone}
        </p>
      </div>
      {group && !c.closed && <Claim c={c} self={self} />}
      <Button
        small
        icon={c.closed ? "replay" : "check"}
        onClick={() => attempt(c.closed ? reopen(c.id) : close(c.id))}
        className="max-sm:hidden"
      >
        {c.closed ? t.head.reopen : t.head.close}
      </Button>
      <More c={c} self={self} />
      <IconButton icon="info" small aria-pressed={panel} label={t.head.details} onClick={onPanel} />
    </header>
  );
}

function Claim({ c, self }: { c: Conversation; self: Self }) {
  const [busy, setBusy] = useState(false);
  const mine = c.claimed_by?.id === self.id;
  const act = () => {
    setBusy(true);
    attempt((mine ? release(c.id) : claim(c.id, self, c.claimed_by !== null)).finally(() => setBusy(false)));
  };
  return (
    <>
      {c.claimed_by && !mine && (
        <span className="max-w-40 truncate text-sm text-ink-3 max-lg:hidden">{t.head.claimed(c.claimed_by.name)}</span>
      )}
      <Button small disabled={busy} onClick={act} icon={mine ? "x" : "users"}>
        {mine ? t.head.release : c.claimed_by ? t.head.takeOver : t.head.claim}
      </Button>
    </>
  );
}

function More({ c, self }: { c: Conversation; self: Self }) {
  const colleagues = useColleagues(c).filter((p) => p.id !== c.claimed_by?.id && p.id !== self.id);
  return (
    <Menu trigger={<IconButton icon="more" small label={t.head.more} />}>
      <MenuItem
        icon="inbox"
        onSelect={() => attempt(markUnread(c.id).then(() => navigate(`/inbox${location.search}`)))}
      >
        {t.head.unread}
      </MenuItem>
      <MenuItem icon={c.closed ? "replay" : "check"} onSelect={() => attempt(c.closed ? reopen(c.id) : close(c.id))}>
        {c.closed ? t.head.reopen : t.head.close}
      </MenuItem>
      {c.kind === "group" && !c.closed && colleagues.length > 0 && (
        <>
          <MenuSeparator />
          {colleagues.map((p) => (
            <MenuItem key={p.id} icon="users" onSelect={() => attempt(assign(c.id, p))}>
              {`${t.head.assign} ${p.name}`}
            </MenuItem>
          ))}
        </>
      )}
    </Menu>
  );
}
