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
  };
}

/** What is sent. The opt-out rules of a number that has none, and gets none, stay unsaid: an empty confirmation would mean "send none". */
export function bodyOf(v: NumberValues, n?: PhoneNumber): Record<string, unknown> {
  const { keyword, confirmation, resubscribe, autoreply, sessionTimeout, service, number, ...plain } = v;
  const said = keyword !== "" || confirmation !== "" || resubscribe !== "keyword" || n?.optout !== undefined;
  const silent = n?.optout?.autoreply === "" && confirmation === "";
  const optout = {
    ...(keyword ? { keyword } : {}),
    ...(confirmation || silent ? { autoreply: confirmation } : {}),
    resubscribe,
  };
  return {
    ...plain,
    ...(n ? {} : { service, number }),
    sessionTimeout: Number(sessionTimeout),
    autoreply: autoreply.filter((r) => r.key.trim() !== "" || r.value.trim() !== ""),
    ...(said ? { optout } : {}),
  };
}
