import type { Message } from "../model/types";

/**
 * What the stream told lately. A page that was asked for before something was said, and arrives after it was told, does not have it; so
 * whoever puts a page into the cache adds what was told in the meantime.
 */
export class Recent {
  private told: { n: number; conversation: string; message?: Message }[] = [];
  private n = 0;

  /** The moment before a request. */
  mark(): number {
    return this.n;
  }

  add(conversation: string, message?: Message): void {
    this.told.push({ n: ++this.n, conversation, message });
    if (this.told.length > 1000) this.told.splice(0, 500);
  }

  messagesSince(mark: number, conversation: string): Message[] {
    return this.told.flatMap((t) => (t.n > mark && t.conversation === conversation && t.message ? [t.message] : []));
  }

  conversationsSince(mark: number): string[] {
    return [...new Set(this.told.flatMap((t) => (t.n > mark ? [t.conversation] : [])))];
  }
}

export const recent = new Recent();
