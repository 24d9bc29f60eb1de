type Members = Record<string, unknown>;

function members(text: string): Members | undefined {
  try {
    const v: unknown = JSON.parse(text);
    return typeof v === "object" && v !== null && !Array.isArray(v) ? (v as Members) : undefined;
  } catch {
    return undefined;
  }
}

const list = (v: unknown): unknown[] | undefined => (v === undefined ? [] : Array.isArray(v) ? v : undefined);

/**
 * A file with the models and tests of another behind its own. undefined: it cannot be read, or its callbacks are described in a form that models
 * cannot simply be added to.
 */
export function withModels(file: string, inferred: string): string | undefined {
  const into = members(file);
  const from = members(inferred);
  if (!into || !from) return undefined;
  const one = into.Webhook as Members | undefined;
  const own = typeof one === "object" && !Array.isArray(one) && "event_type" in one ? [one] : list(one);
  const tests = list(into.tests);
  const more = list(from.Webhook);
  const moreTests = list(from.tests);
  if (!own || !tests || !more || !moreTests) return undefined;
  return `${JSON.stringify({ ...into, Webhook: [...own, ...more], tests: [...tests, ...moreTests] }, null, 2)}\n`;
}
