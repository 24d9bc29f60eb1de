import { useSyncExternalStore } from "react";

/** A value that components watch. */
export class Store<T> {
  private readonly watchers = new Set<() => void>();

  constructor(private value: T) {}

  get = (): T => this.value;

  set(value: T): void {
    if (Object.is(value, this.value)) return;
    this.value = value;
    for (const w of this.watchers) w();
  }

  watch = (w: () => void): (() => void) => {
    this.watchers.add(w);
    return () => this.watchers.delete(w);
  };
}

export function useStore<T>(s: Store<T>): T {
  return useSyncExternalStore(s.watch, s.get);
}
