import { type AnchorHTMLAttributes, type ReactNode, useMemo, useSyncExternalStore } from "react";

/** A router of the size that this program needs: paths with :parts, and links that a browser understands. */

const watchers = new Set<() => void>();

function tell(): void {
  for (const w of watchers) w();
}

function watch(w: () => void): () => void {
  watchers.add(w);
  addEventListener("popstate", w);
  return () => {
    watchers.delete(w);
    removeEventListener("popstate", w);
  };
}

export function navigate(to: string, how: { replace?: boolean } = {}): void {
  const same = to === location.pathname + location.search + location.hash;
  if (how.replace || same) history.replaceState(null, "", to);
  else history.pushState(null, "", to);
  tell();
}

export function usePath(): string {
  return useSyncExternalStore(watch, () => location.pathname);
}

/** The query, and a way to change parts of it without a new entry in the history. An empty value takes a part away. */
export function useQuery(): [URLSearchParams, (change: Record<string, string | undefined>) => void] {
  const text = useSyncExternalStore(watch, () => location.search);
  const query = useMemo(() => new URLSearchParams(text), [text]);
  const change = (parts: Record<string, string | undefined>) => {
    const q = new URLSearchParams(location.search);
    for (const [name, value] of Object.entries(parts)) {
      if (value) q.set(name, value);
      else q.delete(name);
    }
    const s = q.toString();
    navigate(location.pathname + (s ? `?${s}` : ""), { replace: true });
  };
  return [query, change];
}

/** The parts of a path that a pattern names, or null. "/portal/:id/*" takes whatever follows as "*". */
export function match(pattern: string, at: string): Record<string, string> | null {
  const want = pattern.split("/");
  const got = at.replace(/(.)\/$/, "$1").split("/");
  const found: Record<string, string> = {};
  for (const [i, w] of want.entries()) {
    if (w === "*") {
      found["*"] = got.slice(i).join("/");
      return found;
    }
    const g = got[i];
    if (g === undefined) return null;
    if (w.startsWith(":")) {
      if (g === "") return null;
      try {
        found[w.slice(1)] = decodeURIComponent(g);
      } catch {
        return null;
      }
    } else if (w !== g) return null;
  }
  return want.length === got.length ? found : null;
}

export type Route = [pattern: string, page: (parts: Record<string, string>) => ReactNode];

/** The first page whose pattern matches. */
export function Routes({ routes, otherwise }: { routes: Route[]; otherwise: ReactNode }) {
  const at = usePath();
  for (const [pattern, page] of routes) {
    const parts = match(pattern, at);
    if (parts) return page(parts);
  }
  return otherwise;
}

export interface LinkProps extends AnchorHTMLAttributes<HTMLAnchorElement> {
  href: string;
}

/** An anchor that changes the page without loading it anew, unless it is for another tab, or for a file. */
export function Link({ href, onClick, ...rest }: LinkProps) {
  return (
    <a
      {...rest}
      href={href}
      onClick={(e) => {
        onClick?.(e);
        if (
          e.defaultPrevented ||
          rest.target ||
          rest.download !== undefined ||
          e.button !== 0 ||
          e.metaKey ||
          e.ctrlKey ||
          e.shiftKey ||
          e.altKey
        )
          return;
        e.preventDefault();
        navigate(href);
      }}
    />
  );
}
