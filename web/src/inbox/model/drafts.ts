// What somebody began to write, kept per conversation in this browser until it is sent.

export interface Draft {
  text: string;
  note: boolean;
  key: string; // the Idempotency-Key that this text will be sent under, made when the draft begins
}

export type Kept = Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">;

const prefix = "patchbay.draft.";
const most = 200; // drafts; the ones that were touched longest ago go first

export function newKey(): string {
  return crypto.randomUUID();
}

export class Drafts {
  constructor(
    private readonly kept: Kept,
    private readonly owner: string, // two users of one browser do not read each other's drafts
    private readonly now: () => number = Date.now,
  ) {}

  load(conversation: string): Draft {
    const fresh = { text: "", note: false, key: newKey() };
    try {
      const found: unknown = JSON.parse(this.kept.getItem(this.at(conversation)) ?? "null");
      if (!isRecord(found) || typeof found.text !== "string" || typeof found.key !== "string") {
        return fresh;
      }
      return { text: found.text, note: found.note === true, key: found.key };
    } catch {
      return fresh;
    }
  }

  save(conversation: string, draft: Draft): void {
    try {
      if (draft.text === "") {
        this.kept.removeItem(this.at(conversation));
        return;
      }
      this.kept.setItem(this.at(conversation), JSON.stringify({ ...draft, at: this.now() }));
      this.tidy();
    } catch {
      // A full or forbidden storage costs the draft after a reload, never the writing.
    }
  }

  // The conversations that hold a draft, and its words: the list shows them.
  all(): Map<string, string> {
    const out = new Map<string, string>();
    for (const name of this.names()) {
      const id = name.slice(this.at("").length);
      const { text } = this.load(id);
      if (text.trim() !== "") {
        out.set(id, text);
      }
    }
    return out;
  }

  // Signing out on a shared computer leaves nothing behind.
  clear(): void {
    for (const name of this.names()) {
      this.kept.removeItem(name);
    }
  }

  private at(conversation: string): string {
    return `${prefix}${this.owner}.${conversation}`;
  }

  private names(): string[] {
    const out: string[] = [];
    for (let i = 0; i < this.kept.length; i++) {
      const name = this.kept.key(i);
      if (name?.startsWith(this.at(""))) {
        out.push(name);
      }
    }
    return out;
  }

  private tidy(): void {
    const names = this.names();
    if (names.length <= most) {
      return;
    }
    const aged = names.map((name) => ({ name, at: touched(this.kept.getItem(name)) })).sort((a, b) => a.at - b.at);
    for (const { name } of aged.slice(0, names.length - most)) {
      this.kept.removeItem(name);
    }
  }
}

function touched(text: string | null): number {
  try {
    const found: unknown = JSON.parse(text ?? "null");
    return isRecord(found) && typeof found.at === "number" ? found.at : 0;
  } catch {
    return 0;
  }
}

function isRecord(v: unknown): v is Record<string, unknown> {
  return typeof v === "object" && v !== null;
}
