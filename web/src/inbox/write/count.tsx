import type { PhoneNumber } from "../../lib/types";
import { inbox as t } from "../../texts/inbox";
import { costly, countSegments, matters } from "../model/segments";

/** What the contact gets to read: the same as internal/conversation makes of it. */
function whole(text: string, n: PhoneNumber | undefined, writer: string): string {
  if (text === "" || !n) return text;
  const named = n.sendName && writer !== "" ? `${writer}: ${text}` : text;
  return [n.header, named, n.footer].filter((part) => part !== "").join("\n");
}

/** How much a text costs, when that is no matter of course. */
export function Count({ text, number, writer }: { text: string; number: PhoneNumber | undefined; writer: string }) {
  const sent = whole(text, number, writer);
  const s = countSegments(sent);
  if (text === "" || !matters(s)) return null;
  const about = s.encoding === "ucs2" ? t.write.costly(costly(sent).join(" ")) : undefined;
  return (
    <span title={about} className="tabular shrink-0 text-xs text-ink-3">
      {t.write.segments(s.segments, s.left)}
      {about && <span className="sr-only"> {about}</span>}
    </span>
  );
}
