import { useEffect, useRef } from "react";
import { Store, useStore } from "../data/store";

/** The conversation in which somebody is going to write: its composer reads its draft anew and takes the keyboard, once. */
const called = new Store("");

export function writeIn(conversation: string): void {
  called.set(conversation);
}

export function useCalled(conversation: string, then: () => void): void {
  const here = useStore(called) === conversation;
  const latest = useRef(then);
  latest.current = then;
  useEffect(() => {
    if (!here) return;
    called.set("");
    queueMicrotask(() => latest.current()); // after the page's frame, which takes the keyboard when the address changes
  }, [here]);
}
