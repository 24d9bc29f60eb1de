import { useSyncExternalStore } from "react";

export type Theme = "system" | "light" | "dark";

const place = "patchbay.theme"; // public/theme.js reads it too
const watchers = new Set<() => void>();

function read(): Theme {
  const chosen = document.documentElement.dataset.theme;
  return chosen === "light" || chosen === "dark" ? chosen : "system";
}

export function setTheme(t: Theme): void {
  if (t === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = t;
  try {
    if (t === "system") localStorage.removeItem(place);
    else localStorage.setItem(place, t);
  } catch {
    // Where nothing can be kept, it holds as long as the page.
  }
  for (const w of watchers) w();
}

export function useTheme(): Theme {
  return useSyncExternalStore((w) => {
    watchers.add(w);
    return () => watchers.delete(w);
  }, read);
}
