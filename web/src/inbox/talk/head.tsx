import { useState } from "react";
import { phone, visible } from "../../lib/format";
import { navigate } from "../../lib/router";
import { inbox as t } from "../../texts/inbox";
import { Badge, Button, IconButton, type IconName, Menu, MenuItem, MenuSeparator } from "../../ui";
import { attempt } from "../attempt";
import { assign, claim, close, markUnread, release, reopen } from "../data/actions";
import { useAssignees } from "../data/queries";
import { type Self, useSelf } from "../data/self";
import { nameOfContact, nameOfNumber } from "../list/words";
import type { Conversation } from "../model/types";

/** Who it is, over which number, and what one does with a conversation as a whole. */
export function Head({ c, panel, onPanel }: { c: Conversation; panel: boolean; onPanel: () => void }) {
  const self = useSelf();
  const group = c.kind === "group";
  return (
    <header className="@container flex min-h-14 items-center gap-2 border-b px-3 py-2">
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
          {c.number_value ? t.head.via(nameOfNumber(c)) : t.head.gone}
          {c.name && ` · ${phone(c.contact)}`}
        </p>
      </div>
      {group && !c.closed && <Claim c={c} self={self} />}
      <Button
        small
        icon={c.closed ? "replay" : "check"}
        onClick={() => attempt(c.closed ? reopen(c.id) : close(c.id))}
        className="@max-[26rem]:hidden"
      >
        {c.closed ? t.head.reopen : t.head.close}
      </Button>
      <More c={c} self={self} />
      <IconButton icon="info" small aria-pressed={panel} label={t.head.details} onClick={onPanel} />
    </header>
  );
}

/** What claiming does here and now: take, take over, or give back. */
function claiming(c: Conversation, self: Self): { name: string; icon: IconName; act: () => Promise<unknown> } {
  if (!c.claimed_by) return { name: t.head.claim, icon: "users", act: () => claim(c.id, self) };
  if (c.claimed_by.id === self.id) return { name: t.head.release, icon: "x", act: () => release(c.id) };
  return { name: t.head.takeOver, icon: "users", act: () => claim(c.id, self, true) };
}

function Claim({ c, self }: { c: Conversation; self: Self }) {
  const [busy, setBusy] = useState(false);
  const { name, icon, act } = claiming(c, self);
  const run = () => {
    setBusy(true);
    attempt(act().finally(() => setBusy(false)));
  };
  return (
    <>
      {c.claimed_by && c.claimed_by.id !== self.id && (
        <span className="max-w-40 truncate text-sm text-ink-3 @max-lg:hidden">
          {t.head.claimed(visible(c.claimed_by.name))}
        </span>
      )}
      <Button small disabled={busy} onClick={run} icon={icon} className="@max-sm:hidden">
        {name}
      </Button>
    </>
  );
}

/** Everything there is to do, also what has no room of its own on a phone. */
function More({ c, self }: { c: Conversation; self: Self }) {
  const shared = c.kind === "group" && !c.closed;
  const { name, icon, act } = claiming(c, self);
  const unread = () => {
    navigate(`/inbox${location.search}`); // first: as long as it is open it is read
    attempt(markUnread(c.id));
  };
  return (
    <Menu trigger={<IconButton icon="more" small label={t.head.more} />}>
      <MenuItem icon="inbox" onSelect={unread}>
        {t.head.unread}
      </MenuItem>
      {shared && (
        <MenuItem icon={icon} onSelect={() => attempt(act())}>
          {name}
        </MenuItem>
      )}
      <MenuItem icon={c.closed ? "replay" : "check"} onSelect={() => attempt(c.closed ? reopen(c.id) : close(c.id))}>
        {c.closed ? t.head.reopen : t.head.close}
      </MenuItem>
      {shared && <Assign c={c} self={self} />}
    </Menu>
  );
}

/** Whom it can be given to. They are asked for when the menu opens. */
function Assign({ c, self }: { c: Conversation; self: Self }) {
  const others = useAssignees(c.id).filter((p) => p.id !== c.claimed_by?.id && p.id !== self.id);
  if (others.length === 0) return null;
  return (
    <>
      <MenuSeparator />
      {others.map((p) => (
        <MenuItem key={p.id} icon="users" onSelect={() => attempt(assign(c.id, { id: p.id, name: p.name }))}>
          {`${t.head.assign} ${visible(p.name)}`}
        </MenuItem>
      ))}
    </>
  );
}
