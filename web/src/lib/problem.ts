import type { Schemas } from "./types";

/** One thing wrong with what was sent: a JSON pointer to it and a sentence to act on. */
type FieldProblem = Schemas["Mistake"];

/** An answer that is no success, as RFC 9457 spells it; status 0 where nobody answered at all. */
export class Problem extends Error {
  override readonly name = "Problem";

  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly fields: readonly FieldProblem[] = [],
    /** Names the line of the server's log that tells more. */
    readonly id?: string,
  ) {
    super(message);
  }

  /** What is wrong with one field, for the line under it. */
  at(pointer: string): string | undefined {
    return this.fields.find((f) => f.pointer === pointer || f.pointer.startsWith(`${pointer}/`))?.message;
  }

  /** What is wrong with nothing that the form shows: it must be said elsewhere. */
  besides(pointers: readonly string[]): string | undefined {
    if (this.fields.length === 0) return this.message;
    const rest = this.fields.filter((f) => !pointers.some((p) => f.pointer === p || f.pointer.startsWith(`${p}/`)));
    return rest.length > 0 ? rest.map((f) => `${f.pointer.slice(1)} ${f.message}`.trim()).join("; ") : undefined;
  }
}

export function isProblem(e: unknown): e is Problem {
  return e instanceof Problem;
}

/** Reads an answer's body as a problem. A proxy in between may answer in words of its own, which are not shown. */
export function problemOf(status: number, body: unknown): Problem {
  if (typeof body !== "object" || body === null) return new Problem(status, "", `The server answered ${status}.`);
  const b = body as Record<string, unknown>;
  const text = (v: unknown) => (typeof v === "string" ? v : "");
  const fields = Array.isArray(b.errors)
    ? b.errors.map((e: Record<string, unknown>) => ({ pointer: text(e?.pointer), message: text(e?.message) }))
    : [];
  return new Problem(
    status,
    text(b.code),
    text(b.detail) || `The server answered ${status}.`,
    fields,
    text(b.id) || undefined,
  );
}
