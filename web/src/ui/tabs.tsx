import { useEffect, useRef } from "react";
import { Link, usePath } from "../lib/router";
import { cx } from "./cx";

export interface LinkTab {
  href: string;
  label: string;
  count?: number;
}

/** Tabs that are pages of their own: each has an address, and "back" goes back. */
export function LinkTabs({ label, tabs }: { label: string; tabs: readonly LinkTab[] }) {
  const at = usePath();
  const here =
    tabs.filter((t) => at === t.href || at.startsWith(`${t.href}/`)).sort((a, b) => b.href.length - a.href.length)[0] ??
    tabs[0];
  const nav = useRef<HTMLElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another tab is another place to scroll to
  useEffect(() => {
    nav.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [here?.href]);
  return (
    <nav ref={nav} aria-label={label} className="-mb-px flex gap-1 overflow-x-auto">
      {tabs.map((t) => (
        <Link
          key={t.href}
          href={t.href}
          aria-current={t === here ? "page" : undefined}
          className={cx(
            "flex h-9 items-center gap-1.5 border-b-2 px-2 text-base whitespace-nowrap -outline-offset-2",
            t === here ? "border-accent font-medium text-ink" : "border-transparent text-ink-2 hover:text-ink",
          )}
        >
          {t.label}
          {t.count !== undefined && <span className="tabular text-sm text-ink-3">{t.count}</span>}
        </Link>
      ))}
    </nav>
  );
}
