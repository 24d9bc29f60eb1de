import { phone } from "../../lib/format";
import { optouts as t } from "../../texts/optouts";

/** Of an erased contact a digest is left, by which the opt-out holds and nobody is known. */
const isErased = (contact: string) => contact.startsWith("erased:");

export function nameOf(contact: string): string {
  return isErased(contact) ? t.erased : phone(contact);
}

export function OptedOut({ contact }: { contact: string }) {
  if (!isErased(contact)) return phone(contact);
  return (
    <span title={contact} className="font-normal text-ink-3">
      {t.erased}
    </span>
  );
}
