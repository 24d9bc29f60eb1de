import type { PhoneNumber } from "../../lib/types";

/** An auto-reply as two fields hold it. */
export interface Reply {
  key: string;
  value: string;
}

/** A number's settings as its form holds them. */
export interface NumberValues {
  service: string;
  number: string;
  name: string;
  country: string;
  users: string[];
  inboundFormat: string;
  outboundFormat: string;
  sendName: boolean;
  sessionTimeout: string;
  header: string;
  footer: string;
  autoreply: Reply[];
  keyword: string;
  confirmation: string;
  resubscribe: string;
  /** The id of the service that gets what the number's own did not take; empty: none. */
  failover: string;
  capMessages: string;
  capSegments: string;
  /** Seconds; 0: a day. */
  validity: string;
  /** Empty: as the organization says. */
  metadata: string;
}

export function valuesOf(service: string, n?: PhoneNumber): NumberValues {
  return {
    service,
    number: n?.number ?? "",
    name: n?.name ?? "",
    country: n?.country ?? "",
    users: n?.users ?? [],
    inboundFormat: n?.inboundFormat ?? "",
    outboundFormat: n?.outboundFormat ?? "",
    sendName: n?.sendName ?? false,
    sessionTimeout: String(n?.sessionTimeout ?? 0),
    header: n?.header ?? "",
    footer: n?.footer ?? "",
    autoreply: (n?.autoreply ?? []).map(({ key = "", value = "" }) => ({ key, value })),
    keyword: n?.optout?.keyword ?? "",
    confirmation: n?.optout?.autoreply ?? "",
    resubscribe: n?.optout?.resubscribe || "keyword",
    failover: n?.failover?.service ?? "",
    capMessages: String(n?.daily_cap?.messages ?? ""),
    capSegments: String(n?.daily_cap?.segments ?? ""),
    validity: String(n?.validity ?? 0),
    metadata: String(n?.strip_metadata ?? ""),
  };
}

/** What is sent. The opt-out rules of a number that has none, and gets none, stay unsaid: an empty confirmation would mean "send none". */
export function bodyOf(v: NumberValues, n?: PhoneNumber): Record<string, unknown> {
  const { keyword, confirmation, resubscribe, autoreply, sessionTimeout, service, number, ...more } = v;
  const { failover, capMessages, capSegments, validity, metadata, ...plain } = more;
  const said = keyword !== "" || confirmation !== "" || resubscribe !== "keyword" || n?.optout !== undefined;
  const silent = n?.optout?.autoreply === "" && confirmation === "";
  const optout = {
    ...(keyword ? { keyword } : {}),
    ...(confirmation || silent ? { autoreply: confirmation } : {}),
    resubscribe,
  };
  return {
    ...plain,
    ...(n ? {} : { number }),
    ...(n?.service === service ? {} : { service }), // of a number that is there: it moves
    failover: failover ? { service: failover } : null,
    daily_cap: capOf(capMessages, capSegments),
    validity: Number(validity),
    strip_metadata: metadata === "" ? null : metadata === "true",
    sessionTimeout: Number(sessionTimeout),
    autoreply: autoreply.filter((r) => r.key.trim() !== "" || r.value.trim() !== ""),
    ...(said ? { optout } : {}),
  };
}

/** Of what is typed into a field for a whole number: the digits. */
export function digits(text: string): string {
  return text.replace(/\D/g, "");
}

/** A daily cap as two fields hold it; null: none. */
export function capOf(messages: string, segments: string): { messages?: number; segments?: number } | null {
  const cap = {
    ...(messages ? { messages: Number(messages) } : {}),
    ...(segments ? { segments: Number(segments) } : {}),
  };
  return Object.keys(cap).length > 0 ? cap : null;
}
