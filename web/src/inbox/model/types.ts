import type { Schemas } from "../../lib/types";

/** What /v1 says of conversations, and what the inbox makes of it. */

export type Person = Schemas["Who"];
export type Status = Schemas["MessageStatus"];
export type Direction = Schemas["Direction"];
export type Last = Schemas["LastMessage"];
export type Conversation = Schemas["Conversation"];
export type Media = Schemas["Media"];
/** As far as the inbox reads it. */
export type Message = Pick<
  Schemas["ConversationMessage"],
  | "kind"
  | "id"
  | "direction"
  | "status"
  | "user"
  | "conversation"
  | "from"
  | "to"
  | "content"
  | "created"
  | "media"
  | "segments"
  | "error"
  | "resend_of"
  | "call"
  | "edited"
  | "deleted"
>;
export type Note = Omit<Schemas["Note"], "orgid">;
export type Entry = Message | Note;
export type Upload = Schemas["Upload"];

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
