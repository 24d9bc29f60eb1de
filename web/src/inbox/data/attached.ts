import { visible } from "../../lib/format";
import { inbox as t } from "../../texts/inbox";
import { words } from "../../ui";
import type { Upload } from "../model/types";
import { Store } from "./store";
import { isPicture, mostBytes, mostFiles, upload } from "./uploads";

export interface Attachment {
  n: number;
  name: string;
  size: number;
  preview?: string; // of a picture, from this computer
  done?: Upload;
  error?: string;
}

let count = 0;

/** The files that go with the next message. They go up at once, so that sending does not wait for them. */
export class Attached extends Store<{ list: readonly Attachment[]; error?: string }> {
  private readonly stops = new Map<number, AbortController>();

  constructor(private readonly say = upload) {
    super({ list: [] });
  }

  get done(): Upload[] {
    return this.get().list.flatMap((a) => (a.done ? [a.done] : []));
  }

  /** Not all of them are with the server. */
  get busy(): boolean {
    return this.get().list.some((a) => !a.done);
  }

  add(files: readonly File[]): void {
    let error: string | undefined;
    for (const file of files) {
      if (this.get().list.length >= mostFiles) {
        error = t.write.tooMany;
        break;
      }
      if (file.size > mostBytes) error = t.write.tooLarge(visible(file.name));
      else this.begin(file);
    }
    this.set({ ...this.get(), error });
  }

  /** Files that are with the server already, of a message that is going to be written anew. */
  putBack(files: readonly Upload[]): void {
    const list = files.map((done) => ({ n: ++count, name: done.name, size: done.size, done }));
    this.set({ list: [...this.get().list, ...list] });
  }

  remove(n: number): void {
    this.forget(this.get().list.filter((a) => a.n === n));
  }

  clear(): void {
    this.forget(this.get().list);
  }

  private begin(file: File): void {
    const n = ++count;
    const stop = new AbortController();
    this.stops.set(n, stop);
    const preview = isPicture(file.type) ? URL.createObjectURL(file) : undefined;
    this.set({ list: [...this.get().list, { n, name: file.name, size: file.size, preview }] });
    this.say(file, stop.signal)
      .then((done) => this.change(n, { done }))
      .catch((e: unknown) => this.change(n, { error: words(e) }));
  }

  private change(n: number, to: Partial<Attachment>): void {
    this.set({ ...this.get(), list: this.get().list.map((a) => (a.n === n ? { ...a, ...to } : a)) });
  }

  private forget(gone: readonly Attachment[]): void {
    for (const a of gone) {
      this.stops.get(a.n)?.abort();
      this.stops.delete(a.n);
      if (a.preview) URL.revokeObjectURL(a.preview);
    }
    this.set({ list: this.get().list.filter((a) => !gone.includes(a)) });
  }
}

const all = new Map<string, Attached>();

/** What is attached to a draft stays with it as long as the page is there. */
export function attachedTo(owner: string, conversation: string): Attached {
  const at = `${owner}/${conversation}`;
  const had = all.get(at);
  if (had) return had;
  const a = new Attached();
  all.set(at, a);
  return a;
}
