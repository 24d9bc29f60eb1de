/** What /v1 answers. */

export interface Organization {
  id: string;
  name: string;
  domain: string;
  region: string;
  status: number;
  created: string;
}

export interface User {
  id: string;
  orgid: string;
  extension: string;
  name: string;
  email: string;
  role: "user" | "admin";
  status: number;
  signs_in: boolean;
  created: string;
}

export interface OneTimeLink {
  url: string;
  kind: "invitation" | "reset";
  expires: string;
}

export interface Service {
  id: string;
  name: string;
  logo: string;
  class: string;
  version: string;
  origin: "catalogue" | "account";
}

export interface Property {
  name: string;
  optional?: boolean;
  secret: boolean;
  default?: string;
  choices?: string[];
  help?: string;
}

export interface ServiceDetail extends Service {
  documentation: string;
  setup: string[] | null;
  properties: Property[] | null;
  file: unknown;
}

export interface ServiceVersion {
  version: string;
  origin: "catalogue" | "account";
  current: boolean;
  created: string | null;
}

export interface Attention {
  about: string;
  reason: string;
  since: string;
}

/** What a provider said when it was asked something. */
export interface Report {
  outcome: string;
  error?: { code: string; text: string };
  request: string;
  response: string;
}

export interface Integration {
  id: string;
  orgid: string;
  service_id: string;
  enabled: boolean;
  webhook_url: string;
  properties: Record<string, { set: boolean }>;
  attention: Attention[];
  created: string;
  check?: Report;
  registration?: Report;
  authorization?: "authorized" | "needs authorization";
  authorize_url?: string;
}

export interface AutoReply {
  key: string;
  value: string;
}

export interface OptOutRules {
  keyword?: string;
  autoreply?: string;
  resubscribe?: "keyword" | "any" | "";
}

export interface PhoneNumber {
  id: string;
  orgid: string;
  service: string;
  number: string;
  name: string;
  country: string;
  users: string[];
  inboundFormat: string;
  outboundFormat: string;
  sendName: boolean;
  sessionTimeout: number;
  header: string;
  footer: string;
  optout?: OptOutRules;
  autoreply?: AutoReply[];
  webhook_url: string;
  created: string;
}

export type Status =
  | "queued"
  | "received"
  | "sending"
  | "unclear"
  | "sent"
  | "failed"
  | "expired"
  | "cancelled"
  | "delivered"
  | "read";

export interface Attempt {
  n: number;
  part?: number;
  at: string;
  duration_ms: number;
  outcome?: string;
  again?: boolean;
  request: string;
  response: string;
  error?: { code: string; text?: string };
}

export interface Change {
  status: Status;
  at: string;
  code?: string;
  text?: string;
  late?: boolean;
}

export interface Media {
  url: string;
  type: string;
  size: number;
  name?: string;
  state?: string;
  reason?: string;
}

export interface Message {
  id: string;
  direction: "outbound" | "inbound";
  status: Status;
  orgid: string;
  user?: string;
  conversation: string;
  service: string;
  from: string;
  to: string;
  content: string;
  messageids: string[];
  error?: { code: string; text?: string };
  encoding?: string;
  segments?: number;
  resend_of?: string;
  created: string;
  expires?: string;
  attempts?: Attempt[];
  history: Change[];
  media: Media[];
}

export interface Callback {
  id: string;
  service: string;
  at: string;
  state: "pending" | "done" | "unmatched";
  reason: string;
  method: string;
  url: string;
}

export interface CallbackDetail extends Callback {
  headers: Record<string, string[]>;
  body: string;
  body_base64?: string;
  read?: unknown;
}

export interface Webhook {
  id: string;
  url: string;
  orgid: string;
  types: string[];
  format: "patchbay" | "messaging";
  secret?: string;
  created: string;
}

export interface Key {
  id: string;
  role: "account" | "organization" | "user";
  orgid?: string;
  user?: string;
  name: string;
  hint: string;
  key?: string;
  created: string;
}

export interface OptOut {
  contact: string;
  number: string;
  since: string;
  source: string;
}

export interface AuditEntry {
  at: string;
  orgid?: string;
  by: { kind: string; id: string; name: string };
  address: string;
  what: string;
  id: string;
  name: string;
  was?: Record<string, unknown>;
  became?: Record<string, unknown>;
}
