/** What a browser keeps, as far as it is needed here. */
export type Kept = Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">;

/** A part of what a browser keeps: each thing under a name of its own, so that two tabs never write over each other's. */
export class Shelf {
  constructor(
    private readonly kept: Kept,
    private readonly place: string,
  ) {}

  /** undefined: it is not there, or is not what was put there. */
  read(name: string): Record<string, unknown> | undefined {
    try {
      const v: unknown = JSON.parse(this.kept.getItem(this.place + name) ?? "null");
      return typeof v === "object" && v !== null ? (v as Record<string, unknown>) : undefined;
    } catch {
      return undefined;
    }
  }

  /** A full or forbidden storage costs what was written after a reload, never the writing. */
  write(name: string, value: object): void {
    try {
      this.kept.setItem(this.place + name, JSON.stringify(value));
    } catch {
      // As said.
    }
  }

  remove(name: string): void {
    try {
      this.kept.removeItem(this.place + name);
    } catch {
      // As above.
    }
  }

  names(): string[] {
    const out: string[] = [];
    for (let i = 0; i < this.kept.length; i++) {
      const name = this.kept.key(i);
      if (name?.startsWith(this.place)) out.push(name.slice(this.place.length));
    }
    return out;
  }
}
