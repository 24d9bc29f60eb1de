import { useEffect, useRef, useSyncExternalStore } from "react";
import { credentials, tellSignedOut } from "./api";
import { type SSE, SSEParser } from "./sse";

/** What the server tells of: message.received, message.status, conversation.updated, … */
export interface Notification {
  type: string;
  timestamp: string;
  data: unknown;
}

/** connecting: not yet heard of the server; live: nothing is missed; offline: it is tried again; ended: nobody is signed in. */
export type StreamState = "connecting" | "live" | "offline" | "ended";

type Listener = (n: Notification) => void;

/** The server sends something every 15 seconds; twice that without a byte is a connection that died unseen. */
const silence = 40_000;

/** One connection for the whole page. It goes on after the last event that was seen, so that nothing is missed in between. */
class Stream {
  private state: StreamState = "ended";
  private after: string | undefined;
  private tries = 0;
  private running: AbortController | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly listeners = new Set<Listener>();
  private readonly watchers = new Set<() => void>();

  start(): void {
    if (this.state !== "ended") return;
    this.set("connecting");
    addEventListener("online", this.hurry);
    document.addEventListener("visibilitychange", this.hurry);
    void this.connect();
  }

  stop(): void {
    removeEventListener("online", this.hurry);
    document.removeEventListener("visibilitychange", this.hurry);
    clearTimeout(this.timer);
    this.running?.abort();
    this.after = undefined;
    this.tries = 0;
    this.set("ended");
  }

  listen(l: Listener): () => void {
    this.listeners.add(l);
    return () => this.listeners.delete(l);
  }

  watch = (w: () => void): (() => void) => {
    this.watchers.add(w);
    return () => this.watchers.delete(w);
  };

  current = (): StreamState => this.state;

  /** Whoever comes back to the page, or to the network, does not wait for the next try. */
  hurry = (): void => {
    if (this.state !== "offline" || document.hidden) return;
    clearTimeout(this.timer);
    void this.connect();
  };

  private async connect(): Promise<void> {
    const own = new AbortController();
    this.running?.abort();
    this.running = own;
    let quiet: ReturnType<typeof setTimeout> | undefined;
    const heard = () => {
      clearTimeout(quiet);
      quiet = setTimeout(() => own.abort(), silence);
    };
    try {
      heard();
      const headers: Record<string, string> = { Accept: "text/event-stream", ...credentials() };
      if (this.after !== undefined) headers["Last-Event-ID"] = this.after;
      const answer = await fetch("/v1/events", { headers, signal: own.signal, cache: "no-store" });
      if (answer.status === 401) tellSignedOut();
      if (answer.status === 401 || answer.status === 403) return this.stop();
      if (answer.status === 422) this.after = undefined; // a place that this server does not know: begin with what comes next
      if (!answer.ok || !answer.body) throw new Error(`the stream answered ${answer.status}`);
      this.tries = 0;
      this.set("live");
      const parser = new SSEParser((e) => this.take(e));
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let r = await reader.read(); !r.done; r = await reader.read()) {
        heard();
        parser.push(r.value);
      }
    } catch {
      // It is tried again, whatever the reason.
    } finally {
      clearTimeout(quiet);
    }
    if (this.running === own && this.state !== "ended") this.later();
  }

  private later(): void {
    this.set("offline");
    const wait = Math.min(1000 * 2 ** this.tries++, 30_000) * (0.75 + Math.random() / 2);
    this.timer = setTimeout(() => void this.connect(), wait);
  }

  private take(e: SSE): void {
    if (e.id !== undefined) this.after = e.id;
    if (e.data === "") return;
    const n = JSON.parse(e.data) as Notification;
    for (const l of this.listeners) l(n);
  }

  private set(s: StreamState): void {
    if (s === this.state) return;
    this.state = s;
    for (const w of this.watchers) w();
  }
}

export const stream = new Stream();

export function useStreamState(): StreamState {
  return useSyncExternalStore(stream.watch, stream.current);
}

/** Calls back for every notification as long as the component is there. */
export function useNotifications(then: Listener): void {
  const latest = useRef(then);
  useEffect(() => {
    latest.current = then;
  });
  useEffect(() => stream.listen((n) => latest.current(n)), []);
}
