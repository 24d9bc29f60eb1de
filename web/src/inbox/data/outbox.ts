import { api, path } from "../../lib/api";
import { isProblem } from "../../lib/problem";
import { words } from "../../ui";
import { type Kept, Shelf } from "../model/shelf";
import type { Pending, Upload } from "../model/types";
import { Store } from "./store";

/** How one thing is said to the server; answers its id. */
export type Post = (p: Pending) => Promise<{ id: string }>;

export const post: Post = (p) =>
  p.note
    ? api.post<{ id: string }>(path`/v1/conversations/${p.conversation}/notes`, { content: p.content })
    : api.post<{ id: string }>(
        "/v1/messages",
        { conversation: p.conversation, content: p.content, media: p.media.map((m) => m.id) },
        { headers: { "Idempotency-Key": p.key } },
      );

const keptFor = 20 * 3_600_000; // the server remembers a key for 24 hours; past that, trying again could be a second text

/**
 * What was written here and is not yet known to be with the server. It outlives a reload: words that somebody has sent are never lost, and
 * a second try says the first one's key, so that nobody is texted twice.
 */
export class Outbox {
  readonly pending: Store<readonly Pending[]>;
  /** Under which key an entry was pending: its line stays the same line. */
  readonly keys = new Map<string, string>();
  private readonly running = new Map<string, Promise<void>>();
  private readonly shelf: Shelf;

  constructor(
    owner: string,
    kept: Kept = localStorage,
    private readonly say: Post = post,
    private readonly now: () => number = Date.now,
  ) {
    this.shelf = new Shelf(kept, `patchbay.outbox.${owner}.`);
    this.pending = new Store<readonly Pending[]>(this.load());
  }

  send(words: { key: string; conversation: string; content: string; note: boolean; media: Upload[] }): void {
    const p: Pending = { ...words, at: this.now(), state: "sending" };
    this.pending.set([...this.pending.get(), p]);
    this.shelf.write(p.key, p);
    this.inTurn(p.conversation, p.key);
  }

  retry(key: string): void {
    const p = this.find(key);
    if (p?.state !== "failed") return;
    this.change(key, { state: "sending", error: undefined });
    this.inTurn(p.conversation, key);
  }

  /** The network is there again: what nobody answered is said again by itself, under the same key. */
  retryUnreached(): void {
    for (const p of this.pending.get()) {
      if (p.state === "failed" && p.again && !p.note) this.retry(p.key);
    }
  }

  discard(key: string): void {
    this.pending.set(this.pending.get().filter((p) => p.key !== key));
    this.shelf.remove(key);
  }

  /** The entry is shown by what the server says of it. */
  arrived(id: string, key: string): void {
    this.keys.set(id, key);
    this.discard(key);
  }

  /** What is written in one conversation leaves in the order in which it was written. */
  private inTurn(conversation: string, key: string): void {
    const turn = (this.running.get(conversation) ?? Promise.resolve()).then(() => this.carry(key));
    this.running.set(conversation, turn);
  }

  private async carry(key: string): Promise<void> {
    const p = this.find(key);
    if (!p) return;
    try {
      const { id } = await this.say(p);
      this.keys.set(id, key);
      this.change(key, { id });
    } catch (e) {
      const status = isProblem(e) ? e.status : 0;
      const again = status === 0 || status === 409 || status === 429 || status >= 500;
      this.change(key, { state: "failed", error: words(e), again });
    }
  }

  private find(key: string): Pending | undefined {
    return this.pending.get().find((p) => p.key === key);
  }

  private change(key: string, to: Partial<Pending>): void {
    const had = this.find(key);
    if (!had) return;
    const p = { ...had, ...to };
    this.pending.set(this.pending.get().map((each) => (each === had ? p : each)));
    if (p.id) this.shelf.remove(key);
    else this.shelf.write(key, p);
  }

  /** What was refused stays refused; what was under way may have arrived, which its key finds out. */
  private load(): Pending[] {
    const all = this.shelf.names().flatMap((name) => {
      const p: unknown = this.shelf.read(name);
      return isPending(p) ? [p] : [];
    });
    return all
      .sort((a, b) => a.at - b.at)
      .map((p) => ({ ...p, state: "failed", again: p.again !== false && this.now() - p.at < keptFor }));
  }
}

function isPending(v: unknown): v is Pending {
  if (typeof v !== "object" || v === null) return false;
  const p = v as Record<string, unknown>;
  return (
    typeof p.key === "string" &&
    typeof p.conversation === "string" &&
    typeof p.content === "string" &&
    typeof p.at === "number" &&
    typeof p.note === "boolean" &&
    Array.isArray(p.media)
  );
}

let own: { owner: string; box: Outbox } | undefined;

export function outboxOf(owner: string): Outbox {
  if (own?.owner !== owner) own = { owner, box: new Outbox(owner) };
  return own.box;
}
