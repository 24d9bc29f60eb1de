import { Problem, problemOf } from "./problem";

type Query = Record<string, string | number | boolean | undefined>;

interface Options {
  query?: Query;
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** A path with its variable parts escaped: path`/v1/organizations/${id}/users`. */
export function path(parts: TemplateStringsArray, ...values: string[]): string {
  return parts.reduce((all, part, i) => all + encodeURIComponent(values[i - 1] ?? "") + part);
}

let signedOut: (() => void) | undefined;

/** Says what happens when the server no longer knows who asks. */
export function onSignedOut(then: () => void): void {
  signedOut = then;
}

/** The server said that it does not know who asks. */
export function tellSignedOut(): void {
  signedOut?.();
}

const developmentKey = "patchbay.development-key";

/** Pages that Vite serves may ask with a key in place of a sign-in. Nothing of this is in what ships. */
export function rememberKey(key: string): void {
  if (import.meta.env.DEV) sessionStorage.setItem(developmentKey, key);
}

export function credentials(): Record<string, string> {
  const key = import.meta.env.DEV ? sessionStorage.getItem(developmentKey) : null;
  return key ? { Authorization: `Bearer ${key}` } : {};
}

function address(at: string, query?: Query): string {
  const q = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined && value !== "") q.set(name, String(value));
  }
  const text = q.toString();
  return text ? `${at}?${text}` : at;
}

async function call<T>(method: string, at: string, o: Options = {}): Promise<T> {
  const headers: Record<string, string> = { Accept: "application/json", ...credentials(), ...o.headers };
  let body: BodyInit | undefined;
  if (o.body instanceof Blob || o.body instanceof FormData) {
    body = o.body;
  } else if (o.body !== undefined) {
    headers["Content-Type"] = "application/json";
    body = JSON.stringify(o.body);
  }
  let answer: Response;
  let text: string;
  try {
    answer = await fetch(address(at, o.query), { method, headers, body, signal: o.signal, credentials: "same-origin" });
    text = await answer.text();
  } catch (e) {
    if (e instanceof DOMException && e.name === "AbortError") throw e;
    throw new Problem(0, "unreached", "Patchbay could not be reached. Check the connection and try again.");
  }
  const isJSON = /\bjson\b/.test(answer.headers.get("Content-Type") ?? "");
  const read: unknown = isJSON && text ? JSON.parse(text) : undefined;
  if (!answer.ok) {
    if (answer.status === 401) tellSignedOut();
    throw problemOf(answer.status, read);
  }
  return (isJSON ? read : text) as T;
}

export const api = {
  get: <T>(at: string, query?: Query, signal?: AbortSignal, headers?: Record<string, string>) =>
    call<T>("GET", at, { query, signal, headers }),
  post: <T>(at: string, body?: unknown, o?: Omit<Options, "body">) => call<T>("POST", at, { ...o, body }),
  put: <T>(at: string, body?: unknown, o?: Omit<Options, "body">) => call<T>("PUT", at, { ...o, body }),
  patch: <T>(at: string, body?: unknown, o?: Omit<Options, "body">) => call<T>("PATCH", at, { ...o, body }),
  delete: (at: string, o?: Options) => call<void>("DELETE", at, o),
};

/** Every list's shape: next is what ?cursor= takes, empty at the end. */
export interface Page<T> {
  data: T[];
  next: string;
}

/** All of a list that is short by nature: users, numbers, services. */
export async function all<T>(at: string, query?: Query, signal?: AbortSignal): Promise<T[]> {
  const rows: T[] = [];
  let cursor = "";
  do {
    const page = await api.get<Page<T>>(at, { ...query, limit: 200, cursor }, signal);
    rows.push(...page.data);
    cursor = page.next;
  } while (cursor !== "");
  return rows;
}
