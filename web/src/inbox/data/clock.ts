import { Store, useStore } from "./store";

const minute = new Store(Date.now());
setInterval(() => minute.set(Date.now()), 60_000);

/** The time, once a minute: "Yesterday" becomes true by itself. */
export function useMinute(): number {
  return useStore(minute);
}
