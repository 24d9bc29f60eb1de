import { draftPlace } from "../../lib/me";
import { type Kept, Shelf } from "./shelf";

// What somebody began to write, kept per conversation in this browser until it is sent or they sign out.

export interface Draft {
  text: string;
  note: boolean;
  key: string; // the Idempotency-Key that this text will be sent under, made when the draft begins
}

const most = 200; // drafts; the ones that were touched longest ago go first

export function newKey(): string {
  return crypto.randomUUID();
}

export class Drafts {
  private readonly shelf: Shelf;

  constructor(
    kept: Kept,
    owner: string, // two users of one browser do not read each other's drafts
    private readonly now: () => number = Date.now,
  ) {
    this.shelf = new Shelf(kept, `${draftPlace}${owner}.`);
  }

  load(conversation: string): Draft {
    const found = this.shelf.read(conversation);
    if (typeof found?.text !== "string" || typeof found.key !== "string") {
      return { text: "", note: false, key: newKey() };
    }
    return { text: found.text, note: found.note === true, key: found.key };
  }

  save(conversation: string, draft: Draft): void {
    if (draft.text === "") {
      this.shelf.remove(conversation);
      return;
    }
    this.shelf.write(conversation, { ...draft, at: this.now() });
    this.tidy();
  }

  // The conversations that hold a draft, and its words: the list shows them.
  all(): Map<string, string> {
    const out = new Map<string, string>();
    for (const id of this.shelf.names()) {
      const { text } = this.load(id);
      if (text.trim() !== "") out.set(id, text);
    }
    return out;
  }

  private tidy(): void {
    const names = this.shelf.names();
    if (names.length <= most) return;
    const touched = (name: string) => Number(this.shelf.read(name)?.at ?? 0);
    const aged = names.map((name) => ({ name, at: touched(name) })).sort((a, b) => a.at - b.at);
    for (const { name } of aged.slice(0, names.length - most)) this.shelf.remove(name);
  }
}
