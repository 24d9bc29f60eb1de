import { type ReactNode, useEffect, useRef, useState } from "react";
import { isAdmin, type Me } from "../lib/me";
import { Link, navigate, usePath } from "../lib/router";
import { useShortcuts } from "../lib/shortcuts";
import { stream, useStreamState } from "../lib/stream";
import { common } from "../texts/common";
import { shell } from "../texts/shell";
import { Drawer, IconButton } from "../ui";
import { AccountMenu } from "./account";
import { Mark } from "./mark";
import { Nav, startOf } from "./nav";

/** The frame of every page of somebody who is signed in: places at the left, the page beside them; on a phone the places are behind a button. */
export function Shell({ me, children }: { me: Me; children: ReactNode }) {
  const [menu, setMenu] = useState(false);
  const main = useFocusOnChange();
  useKeys(me);
  useEffect(() => {
    stream.start();
  }, []);
  return (
    <div className="flex h-dvh flex-col">
      <a
        href="#main"
        className="sr-only focus:not-sr-only focus:absolute focus:z-50 focus:m-2 focus:rounded-md focus:bg-raised focus:px-3 focus:py-2 focus:shadow-float"
      >
        {shell.skip}
      </a>
      <Offline />
      <div className="flex min-h-0 flex-1 max-md:flex-col">
        <header className="flex h-12 shrink-0 items-center gap-1 border-b bg-surface px-2 md:hidden">
          <IconButton icon="menu" label={shell.menu} onClick={() => setMenu(true)} />
          <Home me={me} />
        </header>
        <aside className="flex w-56 shrink-0 flex-col gap-4 border-r bg-surface p-2 max-md:hidden">
          <div className="flex h-10 items-center px-1">
            <Home me={me} />
          </div>
          <div className="flex-1">
            <Nav me={me} />
          </div>
          <AccountMenu me={me} />
        </aside>
        <main ref={main} id="main" tabIndex={-1} className="min-h-0 min-w-0 flex-1 overflow-y-auto outline-none">
          {children}
        </main>
      </div>
      <Drawer open={menu} onClose={() => setMenu(false)} title={shell.menu}>
        <div className="flex flex-1 flex-col gap-4 overflow-y-auto p-2">
          <div className="flex h-10 items-center px-1">
            <Mark />
          </div>
          <div className="flex-1">
            <Nav me={me} onGo={() => setMenu(false)} />
          </div>
          <AccountMenu me={me} />
        </div>
      </Drawer>
    </div>
  );
}

function Home({ me }: { me: Me }) {
  return (
    <Link href={startOf(me)} aria-label={common.product} className="rounded-md">
      <Mark />
    </Link>
  );
}

/** On another page the keyboard and the screen reader begin at its top; the first page keeps what the browser chose. */
function useFocusOnChange() {
  const at = usePath();
  const main = useRef<HTMLElement>(null);
  const last = useRef(at);
  useEffect(() => {
    if (last.current === at) return;
    last.current = at;
    main.current?.focus({ preventScroll: true });
    main.current?.scrollTo(0, 0);
  }, [at]);
  return main;
}

function useKeys(me: Me): void {
  const go = (keys: string, does: string, href: string) => ({ keys, does, run: () => navigate(href) });
  const admin = isAdmin(me)
    ? [
        go("g o", shell.goOrganizations, startOf(me)),
        go("g s", shell.goServices, "/portal/services"),
        go("g t", shell.goTraffic, "/portal/traffic"),
      ]
    : [];
  useShortcuts(...(me.user ? [go("g i", shell.goInbox, "/inbox")] : []), ...admin);
}

/** Said only after a moment: a reconnect that takes a second is nobody's business. */
function Offline() {
  const state = useStreamState();
  const [late, setLate] = useState(false);
  useEffect(() => {
    if (state !== "offline") return setLate(false);
    const t = setTimeout(() => setLate(true), 2500);
    return () => clearTimeout(t);
  }, [state]);
  if (!late) return null;
  return (
    <div
      role="status"
      className="flex flex-wrap items-center justify-center gap-x-3 border-b bg-warn-soft px-3 py-1.5 text-sm text-warn"
    >
      {shell.offline}
      <button type="button" onClick={stream.hurry} className="font-medium underline underline-offset-2">
        {shell.retryNow}
      </button>
    </div>
  );
}
