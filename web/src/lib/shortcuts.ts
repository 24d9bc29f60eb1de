import { useEffect, useRef, useSyncExternalStore } from "react";

/** Keys that do something on this page: "?" or "g o" (one after the other), never while somebody types. */
export interface Shortcut {
  keys: string;
  does: string;
  run: () => void;
}

const active = new Set<Shortcut>();
const watchers = new Set<() => void>();
let list: readonly Shortcut[] = [];
let before = "";
let since = 0;

function changed(): void {
  list = [...active];
  for (const w of watchers) w();
}

function isTyping(e: KeyboardEvent): boolean {
  const at = e.target;
  return at instanceof HTMLElement && (at.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(at.tagName));
}

function pressed(e: KeyboardEvent): void {
  if (e.metaKey || e.ctrlKey || e.altKey || e.defaultPrevented || isTyping(e)) return;
  if (document.querySelector("[data-modal]")) return; // a dialog has the keyboard to itself
  const two = e.timeStamp - since < 900 ? `${before} ${e.key}` : "";
  const hit = list.find((s) => s.keys === two) ?? list.find((s) => s.keys === e.key);
  before = e.key;
  since = e.timeStamp;
  if (!hit) return;
  e.preventDefault();
  before = "";
  hit.run();
}

/** Has these keys work as long as the component is there. */
export function useShortcuts(...wanted: Shortcut[]): void {
  const latest = useRef(wanted);
  useEffect(() => {
    latest.current = wanted;
  });
  const names = wanted.map((s) => s.keys).join("|");
  // biome-ignore lint/correctness/useExhaustiveDependencies: the names say when the set is another one
  useEffect(() => {
    const mine = latest.current.map((s, i) => ({ keys: s.keys, does: s.does, run: () => latest.current[i]?.run() }));
    for (const s of mine) active.add(s);
    addEventListener("keydown", pressed); // the same listener twice is one listener
    changed();
    return () => {
      for (const s of mine) active.delete(s);
      if (active.size === 0) removeEventListener("keydown", pressed);
      changed();
    };
  }, [names]);
}

export function useActiveShortcuts(): readonly Shortcut[] {
  return useSyncExternalStore(
    (w) => {
      watchers.add(w);
      return () => watchers.delete(w);
    },
    () => list,
  );
}
