/** Reads a JSON Schema as far as completion and hover need it: which members may stand at a place, and what they are. */

export interface Schema {
  $ref?: string;
  $defs?: Record<string, Schema>;
  type?: string | string[];
  description?: string;
  properties?: Record<string, Schema>;
  additionalProperties?: Schema | boolean;
  items?: Schema | boolean;
  enum?: unknown[];
  const?: unknown;
  allOf?: Schema[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  if?: Schema;
  then?: Schema;
  else?: Schema;
}

/** A step into a document: the name of a member, or null for an element of a list. */
export type Step = string | null;

/** All that a schema may be, its references and alternatives followed. */
function open(root: Schema, s: Schema | boolean | undefined, seen = new Set<Schema>()): Schema[] {
  if (typeof s !== "object" || seen.has(s)) return [];
  seen.add(s);
  const next: (Schema | undefined)[] = [...(s.allOf ?? []), ...(s.anyOf ?? []), ...(s.oneOf ?? []), s.then, s.else];
  if (s.$ref?.startsWith("#/$defs/")) next.push(root.$defs?.[s.$ref.slice("#/$defs/".length)]);
  return [s, ...next.flatMap((n) => open(root, n, seen))];
}

/** What may stand at the end of a way into a document. */
export function schemasAt(root: Schema, way: readonly Step[]): Schema[] {
  let here = open(root, root);
  for (const step of way) {
    const seen = new Set<Schema>();
    here = here.flatMap((s) => {
      if (step === null) return open(root, s.items, seen);
      const named = s.properties?.[step];
      return open(root, named ?? s.additionalProperties, seen);
    });
  }
  return here;
}

export interface Name {
  name: string;
  about?: string;
}

/** The members that an object at this place may have. */
export function namesAt(root: Schema, way: readonly Step[]): Name[] {
  const found = new Map<string, Name>();
  for (const s of schemasAt(root, way)) {
    for (const [name, p] of Object.entries(s.properties ?? {})) {
      const about = p.description ?? found.get(name)?.about;
      found.set(name, about ? { name, about } : { name });
    }
  }
  return [...found.values()];
}

/** The words that a text at this place may be. */
export function wordsAt(root: Schema, way: readonly Step[]): string[] {
  const words = schemasAt(root, way).flatMap((s) => (s.const === undefined ? (s.enum ?? []) : [s.const]));
  return [...new Set(words.filter((w) => typeof w === "string"))];
}

/** What the member at this place is for. */
export function aboutAt(root: Schema, way: readonly Step[]): string | undefined {
  const last = way.at(-1);
  if (last === undefined || last === null) return undefined;
  return namesAt(root, way.slice(0, -1)).find((n) => n.name === last)?.about;
}
