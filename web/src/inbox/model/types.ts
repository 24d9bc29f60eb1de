/** What /v1 says of conversations, as far as the inbox reads it. */

export interface Person {
  id: string;
  name: string;
}

export type Status =
  | "queued"
  | "sending"
  | "unclear"
  | "sent"
  | "failed"
  | "expired"
  | "cancelled"
  | "delivered"
  | "read"
  | "received";

export type Direction = "inbound" | "outbound";

export interface Last {
  id: string;
  direction: Direction;
  status: Status;
  kind: string;
  content: string;
  deleted: boolean;
  files: boolean;
  user: Person | null;
  at: string;
}

export interface Conversation {
  id: string;
  orgid: string;
  number: string;
  number_value: string;
  number_name: string;
  contact: string;
  name: string;
  contact_id: string;
  kind: "private" | "group";
  user: string;
  claimed_by: Person | null;
  closed: boolean;
  unread: number | null;
  last: Last | null;
  opted_out: boolean;
  blocked: boolean;
  created: string;
  last_at: string;
}

export interface FileOf {
  url: string;
  type: string;
  size: number;
  name?: string;
  state?: string;
  reason?: string;
}

export interface Message {
  kind: "text" | "call";
  id: string;
  direction: Direction;
  status: Status;
  user: Person | null;
  conversation: string;
  from: string;
  to: string;
  content: string;
  created: string;
  media: FileOf[];
  segments?: number;
  error?: { code: string; text?: string };
  resend_of?: string;
  call?: Record<string, unknown>;
  edited?: string;
  deleted?: boolean;
}

export interface Note {
  kind: "note";
  id: string;
  conversation: string;
  user: Person | null;
  content: string;
  created: string;
}

export type Entry = Message | Note;

/** A file that was uploaded and waits for its message. */
export interface Upload {
  id: string;
  url: string;
  type: string;
  size: number;
  name: string;
}

/** What was sent here and is not yet known to be with the server. */
export interface Pending {
  key: string; // its Idempotency-Key: whoever tries again says the same thing twice, and it is done once
  conversation: string;
  note: boolean;
  content: string;
  media: Upload[];
  at: number;
  state: "sending" | "failed";
  error?: string;
  /** Trying again as it is makes sense: nobody answered, or not now. */
  again?: boolean;
  /** The server's id, once it has said so. */
  id?: string;
}

export interface Pages<T> {
  pages: { data: T[]; next: string }[];
  pageParams: unknown[];
}
