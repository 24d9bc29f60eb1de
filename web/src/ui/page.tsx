import { type ReactNode, useEffect } from "react";
import { Link } from "../lib/router";
import { common } from "../texts/common";
import { LinkButton } from "./button";
import { Icon } from "./icon";

/** Names the browser's tab. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · ${common.product}`;
  }, [title]);
}

export interface Crumb {
  href: string;
  label: string;
}

interface HeaderProps {
  title: string;
  /** Where one came from, shown above the title. */
  back?: Crumb;
  beside?: ReactNode;
  /** One sentence at most. */
  about?: ReactNode;
  actions?: ReactNode;
  tabs?: ReactNode;
}

/** The head of every page. It names the browser's tab too. */
export function PageHeader({ title, back, beside, about, actions, tabs }: HeaderProps) {
  useTitle(title);
  return (
    <header className={tabs ? "border-b" : ""}>
      <div className={`flex flex-wrap items-start justify-between gap-x-4 gap-y-3 ${tabs ? "pb-4" : ""}`}>
        <div className="min-w-0">
          {back && (
            <Link href={back.href} className="mb-1 inline-flex items-center gap-1 text-sm text-ink-3 hover:text-ink">
              <Icon name="left" size={12} />
              {back.label}
            </Link>
          )}
          <div className="flex min-h-8 flex-wrap items-center gap-x-3 gap-y-1">
            <h1 className="text-xl font-semibold tracking-tight">{title}</h1>
            {beside}
          </div>
          {about && <p className="mt-0.5 max-w-2xl text-base text-ink-2">{about}</p>}
        </div>
        {actions && <div className="flex flex-wrap gap-2">{actions}</div>}
      </div>
      {tabs}
    </header>
  );
}

/** In place of what an address names and is not there. */
export function Missing() {
  return (
    <PageHeader
      title={common.notHere}
      about={common.notHereAbout}
      actions={<LinkButton href="/">{common.toStart}</LinkButton>}
    />
  );
}

/** What a page holds, at the width that tables need; narrow for forms and prose. */
export function PageBody({ children, narrow }: { children: ReactNode; narrow?: boolean }) {
  return (
    <div className={`mx-auto flex w-full flex-col gap-6 px-4 py-6 md:px-8 ${narrow ? "max-w-3xl" : "max-w-6xl"}`}>
      {children}
    </div>
  );
}

/** A part of a page with a title of its own. */
export function Section({
  title,
  about,
  actions,
  children,
}: {
  title: string;
  about?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}) {
  return (
    <section className="flex flex-col gap-3">
      <div className="flex flex-wrap items-end justify-between gap-2">
        <div className="min-w-0">
          <h2 className="text-lg font-semibold">{title}</h2>
          {about && <p className="text-base text-ink-2">{about}</p>}
        </div>
        {actions && <div className="flex gap-2">{actions}</div>}
      </div>
      {children}
    </section>
  );
}

/** A surface that holds what belongs together. flush: what is in it reaches its edges. */
export function Panel({ children, className, flush }: { children: ReactNode; className?: string; flush?: boolean }) {
  return (
    <div className={`rounded-lg border bg-surface ${flush ? "" : "p-4 md:p-5"} ${className ?? ""}`}>{children}</div>
  );
}

/** Names and what they are: the facts about one thing. */
export function Facts({ children }: { children: ReactNode }) {
  return <dl className="grid grid-cols-[max-content_1fr] gap-x-6 gap-y-2 text-base">{children}</dl>;
}

export function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-ink-3">{name}</dt>
      <dd className="min-w-0">{children}</dd>
    </>
  );
}
