import { type ReactNode, useState } from "react";
import { dateOf, phone, visible } from "../../lib/format";
import { Link } from "../../lib/router";
import { inbox as t } from "../../texts/inbox";
import { Button, Confirm, CopyButton, Fact, Facts, IconButton, Shown, Skeleton, TextField } from "../../ui";
import { attempt } from "../attempt";
import { useMinute } from "../data/clock";
import { type Contact, cardOf, useContact, useContactActions, usePast } from "../data/contacts";
import { useSelf } from "../data/self";
import { Face } from "../list/item";
import { glance, nameOfContact, nameOfNumber } from "../list/words";
import { listStamp } from "../model/days";
import type { Conversation } from "../model/types";
import { Linked } from "../talk/words";
import { EditContact } from "./edit";

/** Who the contact is, and what there is to know of the conversation. */
export function ContactPanel({ c, onClose }: { c: Conversation; onClose: () => void }) {
  const [editing, setEditing] = useState(false);
  const [blocking, setBlocking] = useState(false);
  const [why, setWhy] = useState("");
  const contact = useContact(c);
  const { block } = useContactActions(c);
  const known = contact.data;
  return (
    <div className="flex h-full min-h-0 flex-col">
      <header className="flex min-h-14 items-center gap-2 border-b px-3">
        <IconButton icon="left" label={t.head.hideDetails} className="md:hidden" onClick={onClose} />
        <h2 className="flex-1 text-lg font-semibold">{t.panel.label}</h2>
        <IconButton icon="x" small label={t.head.hideDetails} className="max-md:hidden" onClick={onClose} />
      </header>
      <div className="flex min-h-0 flex-1 flex-col gap-5 overflow-y-auto p-4">
        <div className="flex flex-col items-center gap-1 text-center">
          <Face name={c.name} large />
          <p className="mt-1 text-lg font-semibold">{nameOfContact(c)}</p>
          {!c.contact_id && <p className="text-sm text-ink-3">{t.panel.unknown}</p>}
          <div className="mt-1 flex gap-2">
            <Button
              small
              icon={c.contact_id ? "edit" : "plus"}
              disabled={c.contact_id !== "" && !known}
              onClick={() => setEditing(true)}
            >
              {c.contact_id ? t.panel.edit : t.panel.add}
            </Button>
            <Button small icon="ban" onClick={() => (c.blocked ? attempt(block(false)) : setBlocking(true))}>
              {c.blocked ? t.panel.unblock : t.panel.block}
            </Button>
          </div>
        </div>
        {c.contact_id ? (
          <Shown query={contact} loading={<Waiting />}>
            {(k) => <About c={c} known={k} />}
          </Shown>
        ) : (
          <About c={c} />
        )}
        <Section title={t.panel.conversation}>
          <AboutConversation c={c} />
        </Section>
        <Section title={t.panel.past}>
          <Past c={c} />
        </Section>
      </div>
      {editing && <EditContact c={c} had={known} onClose={() => setEditing(false)} />}
      <Confirm
        open={blocking}
        onClose={() => setBlocking(false)}
        title={t.panel.blockTitle}
        does={t.panel.block}
        danger
        onConfirm={() => block(true, why)}
      >
        <p className="mb-3">{t.panel.blockAbout}</p>
        <TextField label={t.panel.about} optional value={why} onChange={(e) => setWhy(e.target.value)} />
      </Confirm>
    </div>
  );
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="flex flex-col gap-2 border-t pt-4">
      <h3 className="text-sm font-semibold text-ink-2">{title}</h3>
      {children}
    </section>
  );
}

function About({ c, known }: { c: Conversation; known?: Contact }) {
  const card = known ? cardOf(known) : { phones: [c.contact], emails: [], note: "" };
  const phones = card.phones.length > 0 ? card.phones : [c.contact];
  return (
    <div className="flex flex-col gap-2 text-base">
      <ul aria-label={t.panel.numbers}>
        {phones.map((n) => (
          <li key={n} className="flex items-center gap-2">
            <span className="tabular min-w-0 flex-1 truncate">{phone(n)}</span>
            <CopyButton value={n} label={t.panel.copy} />
          </li>
        ))}
        {card.emails.map((e) => (
          <li key={e} className="truncate text-ink-2">
            {visible(e)}
          </li>
        ))}
      </ul>
      {card.note && (
        <p dir="auto" className="rounded-md bg-sunken px-3 py-2 break-words whitespace-pre-wrap text-ink-2">
          <Linked text={card.note} />
        </p>
      )}
      {known?.blocked && known.about && <p className="text-sm text-bad">{visible(known.about)}</p>}
    </div>
  );
}

function AboutConversation({ c }: { c: Conversation }) {
  const self = useSelf();
  const holder = c.claimed_by ? (c.claimed_by.id === self.id ? t.you : visible(c.claimed_by.name)) : t.panel.nobody;
  return (
    <Facts>
      <Fact name={t.panel.kind}>{c.kind === "group" ? t.panel.groupAbout : t.panel.privateAbout}</Fact>
      <Fact name={t.panel.number}>
        {nameOfNumber(c)}
        {c.number_name && <span className="tabular block text-sm text-ink-3">{phone(c.number_value)}</span>}
      </Fact>
      {c.kind === "group" && <Fact name={t.panel.claimedBy}>{holder}</Fact>}
      <Fact name={t.panel.begun}>{dateOf(c.created)}</Fact>
    </Facts>
  );
}

function Past({ c }: { c: Conversation }) {
  const self = useSelf();
  const now = useMinute();
  const others = usePast(c);
  const line = (o: Conversation) => (
    <li key={o.id}>
      <Link href={`/inbox/${encodeURIComponent(o.id)}`} className="block rounded-md px-2 py-1.5 hover:bg-hover">
        <span className="flex gap-2 text-sm">
          <span className="min-w-0 flex-1 truncate">{nameOfNumber(o)}</span>
          <span className="text-xs text-ink-3">{listStamp(Date.parse(o.last_at), now, t)}</span>
        </span>
        <span className="block truncate text-sm text-ink-3">{glance(o, self.id)}</span>
      </Link>
    </li>
  );
  return (
    <Shown query={others} loading={<Waiting />}>
      {(all) =>
        all.length === 0 ? (
          <p className="text-base text-ink-3">{t.panel.pastNone}</p>
        ) : (
          <ul className="-mx-2 flex flex-col">{all.map(line)}</ul>
        )
      }
    </Shown>
  );
}

function Waiting() {
  return (
    <div className="flex flex-col gap-2">
      <Skeleton className="h-4 w-40" />
      <Skeleton className="h-4 w-28" />
    </div>
  );
}
