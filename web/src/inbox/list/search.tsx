import { useEffect, useRef, useState } from "react";
import { api } from "../../lib/api";
import { phone, visible } from "../../lib/format";
import { Link, navigate } from "../../lib/router";
import { inbox as t } from "../../texts/inbox";
import { Button, cx, EmptyState, ErrorState, Icon, IconButton } from "../../ui";
import { attempt } from "../attempt";
import { useMinute } from "../data/clock";
import { type FoundContact, type Hit, useSearch } from "../data/search";
import { listStamp } from "../model/days";
import { Face } from "./item";
import { Waiting } from "./waiting";
import { nameOfContact } from "./words";

export const searchId = "inbox-search";

/** What one types is looked for when one pauses. */
export function SearchField({ value, onChange }: { value: string; onChange: (v: string) => void }) {
  const [text, setText] = useState(value);
  const box = useRef<HTMLInputElement>(null);
  const tell = useRef(onChange);
  tell.current = onChange;
  useEffect(() => {
    if (text.trim() === value) return;
    const timer = setTimeout(() => tell.current(text.trim()), 180);
    return () => clearTimeout(timer);
  }, [text, value]);
  const clear = () => {
    setText("");
    tell.current("");
  };
  return (
    <div className="relative">
      <Icon name="search" className="pointer-events-none absolute top-1/2 left-2.5 -translate-y-1/2 text-ink-3" />
      <input
        ref={box}
        id={searchId}
        type="search"
        aria-label={t.search.label}
        aria-keyshortcuts="/"
        placeholder={t.search.hint}
        autoComplete="off"
        value={text}
        onChange={(e) => setText(e.target.value)}
        onKeyDown={(e) => {
          if (e.key !== "Escape") return;
          clear();
          box.current?.blur();
        }}
        className="h-control w-full rounded-md border border-control bg-surface pr-8 pl-8 text-base focus-visible:outline-offset-0 [&::-webkit-search-cancel-button]:hidden"
      />
      {text !== "" && (
        <IconButton
          icon="x"
          small
          label={t.search.clear}
          onClick={clear}
          className="absolute top-1/2 right-0.5 -translate-y-1/2"
        />
      )}
    </div>
  );
}

export function SearchResults({ q, open }: { q: string; open: string | undefined }) {
  const query = useSearch(q);
  const contacts = query.data?.pages.flatMap((p) => p.contacts) ?? [];
  const hits = query.data?.pages.flatMap((p) => p.data) ?? [];
  const { hasNextPage, isFetching, isError, fetchNextPage } = query;
  const few = hasNextPage && hits.length < aScreen;
  useEffect(() => {
    if (few && !isFetching && !isError) void fetchNextPage();
  }, [few, isFetching, isError, fetchNextPage]);
  if (isError && !query.data) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  const none = contacts.length === 0 && hits.length === 0;
  if (!query.data || (none && hasNextPage && !isError)) return <Waiting />;
  if (none && !hasNextPage) {
    return (
      <EmptyState icon="search" title={t.search.none}>
        {t.search.noneAbout(q)}
      </EmptyState>
    );
  }
  return (
    <section
      aria-label={t.search.results}
      className={cx("min-h-0 flex-1 overflow-y-auto px-2 pb-3", query.isPlaceholderData && "opacity-60")}
    >
      {contacts.length > 0 && <Title>{t.search.contacts}</Title>}
      <ul>
        {contacts.map((c) => (
          <ContactHit key={c.id} {...c} />
        ))}
      </ul>
      {hits.length > 0 && <Title>{t.search.messages}</Title>}
      <ul>
        {hits.map((h) => (
          <li key={h.id}>
            <MessageHit h={h} open={h.conversation === open} />
          </li>
        ))}
      </ul>
      {hasNextPage && (
        <Button small className="mx-auto mt-2 flex" busy={isFetching} onClick={() => void fetchNextPage()}>
          {t.search.more}
        </Button>
      )}
    </section>
  );
}

const aScreen = 15; // hits; fewer than these are not made a person's business to ask for

function MessageHit({ h, open }: { h: Hit; open: boolean }) {
  const now = useMinute();
  return (
    <Link
      href={`/inbox/${encodeURIComponent(h.conversation)}${location.search}`}
      className={cx("block rounded-md px-2 py-2 -outline-offset-2", open ? "bg-selected" : "hover:bg-hover")}
    >
      <span className="flex items-baseline gap-2">
        <span className="min-w-0 flex-1 truncate text-base font-medium">{nameOfContact(h)}</span>
        <time className="text-xs text-ink-3">{listStamp(Date.parse(h.at), now, t)}</time>
      </span>
      <span className="line-clamp-2 text-sm text-ink-2">
        {h.kind === "note" && <span className="text-warn">{t.talk.note}: </span>}
        <Marked text={h.content} match={h.match} />
      </span>
    </Link>
  );
}

function Title({ children }: { children: string }) {
  return <h2 className="px-2 pt-2 pb-1 text-xs font-medium text-ink-3">{children}</h2>;
}

/** A contact leads to the newest conversation with them. */
function ContactHit({ name, addresses }: FoundContact) {
  const go = async () => {
    for (const contact of addresses) {
      const { data } = await api.get<{ data: { id: string }[] }>("/v1/conversations", {
        contact,
        closed: "any",
        limit: 1,
      });
      const id = data[0]?.id;
      if (id) return navigate(`/inbox/${encodeURIComponent(id)}${location.search}`);
    }
    navigate(`/inbox?start=${encodeURIComponent(addresses[0] ?? name)}`);
  };
  return (
    <li>
      <button
        type="button"
        onClick={() => attempt(go())}
        className="flex w-full items-center gap-2.5 rounded-md px-2 py-1.5 text-left -outline-offset-2 hover:bg-hover"
      >
        <Face name={name} />
        <span className="min-w-0">
          <span className="block truncate text-base font-medium">{visible(name) || phone(addresses[0] ?? "")}</span>
          <span className="block truncate text-sm text-ink-3">{addresses.map(phone).join(", ")}</span>
        </span>
      </button>
    </li>
  );
}

/** What was found, where it stands. */
function Marked({ text, match }: { text: string; match: string }) {
  const at = match === "" ? -1 : text.indexOf(match);
  if (at < 0) return text;
  return (
    <>
      {text.slice(0, at)}
      <mark className="bg-transparent font-semibold text-ink">{match}</mark>
      {text.slice(at + match.length)}
    </>
  );
}
