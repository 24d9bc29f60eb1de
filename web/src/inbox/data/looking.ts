import { Store } from "./store";

/** What somebody looks at: the conversation that is open, and whether its end is in sight. */
class Looking extends Store<{ id: string; atEnd: boolean }> {
  constructor() {
    super({ id: "", atEnd: true });
  }

  /** Whether what arrives there now is seen as it arrives. */
  sees(id: string): boolean {
    const { id: open, atEnd } = this.get();
    return open === id && atEnd && !document.hidden && document.hasFocus();
  }
}

export const looking = new Looking();
