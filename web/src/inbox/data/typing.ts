import { api, path } from "../../lib/api";
import { Store } from "./store";

const lasts = 7000; // somebody whose page is gone does not write for ever
const told = 3000; // how often we say that we write

/** Who of the others writes where. */
class Typing extends Store<ReadonlyMap<string, readonly string[]>> {
  private readonly ends = new Map<string, ReturnType<typeof setTimeout>>();

  constructor() {
    super(new Map());
  }

  tell(conversation: string, user: string, on: boolean): void {
    const at = `${conversation}/${user}`;
    clearTimeout(this.ends.get(at));
    this.ends.delete(at);
    if (on)
      this.ends.set(
        at,
        setTimeout(() => this.tell(conversation, user, false), lasts),
      );
    const had = this.get().get(conversation) ?? [];
    if (had.includes(user) === on) return;
    const next = new Map(this.get());
    next.set(conversation, on ? [...had, user] : had.filter((u) => u !== user));
    this.set(next);
  }
}

export const typing = new Typing();

let said = { conversation: "", at: 0 };

/** Tells the others that one writes here, now and then; that it failed is nobody's concern. */
export function sayTyping(conversation: string, on: boolean): void {
  const again = said.conversation !== conversation || Date.now() - said.at > told;
  if (on ? !again : said.conversation !== conversation) return;
  said = on ? { conversation, at: Date.now() } : { conversation: "", at: 0 };
  api.post(path`/v1/conversations/${conversation}/typing`, { on }).catch(() => {});
}
