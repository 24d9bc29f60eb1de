import { useEffect, useRef, useState } from "react";
import { match, navigate, usePath, useQuery } from "../lib/router";
import { useShortcuts } from "../lib/shortcuts";
import { inbox as t } from "../texts/inbox";
import { cx, EmptyState, ErrorState } from "../ui";
import { Announcer } from "./announcer";
import { attempt } from "./attempt";
import { claim, close, release, reopen } from "./data/actions";
import { startLive } from "./data/live";
import { useConversation, useList } from "./data/queries";
import { useSelf } from "./data/self";
import { List } from "./list/list";
import { searchId } from "./list/search";
import type { Steps } from "./list/virtual";
import { nameOfContact } from "./list/words";
import { ContactPanel } from "./panel/panel";
import { StartDialog } from "./start/start";
import { Head } from "./talk/head";
import { Talk } from "./talk/talk";
import { composerId } from "./write/composer";
import { Foot } from "./write/foot";

const panelPlace = "patchbay.inbox-panel";

/** List, conversation and contact: side by side where there is room, one after the other on a phone. */
export function Screen() {
  const self = useSelf();
  const at = usePath();
  const onContact = match("/inbox/:id/contact", at);
  const id = onContact?.id ?? match("/inbox/:id", at)?.id;
  const [query, change] = useQuery();
  const [starting, setStarting] = useState(false);
  const start = query.get("start");
  const steps = useRef<Steps>(null);
  useEffect(() => startLive(self), [self]);
  useTitle();

  const focus = (what: string) => document.getElementById(what)?.focus();
  useShortcuts(
    { keys: "j", does: t.keys.down, run: () => steps.current?.step(1) },
    { keys: "k", does: t.keys.up, run: () => steps.current?.step(-1) },
    { keys: "/", does: t.keys.search, run: () => focus(searchId) },
    { keys: "n", does: t.keys.start, run: () => setStarting(true) },
    { keys: "r", does: t.keys.write, run: () => focus(composerId) },
    { keys: "Escape", does: t.keys.escape, run: () => back(id, onContact !== null) },
  );
  return (
    <div className="flex h-full min-h-0 bg-surface">
      <section
        aria-label={t.list.label}
        className={cx("w-full shrink-0 border-r md:w-72 lg:w-80", id !== undefined && "max-md:hidden")}
      >
        <List open={id} onStart={() => setStarting(true)} steps={steps} />
      </section>
      {id === undefined ? (
        <div className="flex flex-1 flex-col justify-center max-md:hidden">
          <EmptyState icon="inbox" title={t.none}>
            {t.noneAbout}
          </EmptyState>
        </div>
      ) : (
        <Open key={id} id={id} onContact={onContact !== null} />
      )}
      <Announcer />
      {(starting || start !== null) && (
        <StartDialog
          to={start ?? ""}
          onClose={() => {
            setStarting(false);
            if (start !== null) change({ start: undefined });
          }}
        />
      )}
    </div>
  );
}

function back(id: string | undefined, onContact: boolean): void {
  if (id !== undefined) navigate((onContact ? `/inbox/${encodeURIComponent(id)}` : "/inbox") + location.search);
}

function Open({ id, onContact }: { id: string; onContact: boolean }) {
  const self = useSelf();
  const query = useConversation(id);
  const [panel, setPanel] = useState(() => localStorage.getItem(panelPlace) !== "closed");
  const c = query.data;
  const onPanel = () => {
    if (matchMedia("(width < 48rem)").matches)
      return navigate(`/inbox/${encodeURIComponent(id)}/contact${location.search}`);
    setPanel(!panel);
    localStorage.setItem(panelPlace, panel ? "closed" : "open");
  };
  useShortcuts(
    {
      keys: "c",
      does: t.keys.claim,
      run: () => c?.kind === "group" && attempt(c.claimed_by?.id === self.id ? release(id) : claim(id, self)),
    },
    { keys: "e", does: t.keys.close, run: () => c && attempt(c.closed ? reopen(id) : close(id)) },
    { keys: "i", does: t.keys.contact, run: onPanel },
  );
  if (query.isError && !c) {
    return (
      <div className="flex-1">
        <ErrorState error={query.error} onRetry={() => void query.refetch()} />
      </div>
    );
  }
  if (!c) return <div className="flex-1" />;
  const hide = () => (onContact ? back(id, true) : onPanel());
  return (
    <>
      <section
        aria-label={t.talk.with(nameOfContact(c))}
        className={cx("flex min-w-0 flex-1 flex-col", onContact && "max-md:hidden")}
      >
        <Head c={c} panel={panel} onPanel={onPanel} />
        <Talk c={c} />
        <Foot c={c} />
      </section>
      <aside
        aria-label={t.panel.label}
        className={cx(
          "shrink-0 border-l bg-surface",
          onContact ? "w-full md:w-72" : "max-md:hidden md:w-72",
          !panel && "md:hidden",
          panel && "md:max-xl:absolute md:max-xl:inset-y-0 md:max-xl:right-0 md:max-xl:shadow-float",
        )}
      >
        <ContactPanel c={c} onClose={hide} />
      </aside>
    </>
  );
}

/** How many conversations hold something new stands in the browser's tab. */
function useTitle(): void {
  const unread = useList("unread");
  const n = unread.data?.pages.flatMap((p) => p.data).filter((c) => (c.unread ?? 0) > 0).length ?? 0;
  const shown = n === 0 ? "" : unread.hasNextPage || n > 99 ? "99+" : `${n}`;
  useEffect(() => {
    document.title = t.tab(shown);
  }, [shown]);
}
