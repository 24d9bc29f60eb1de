// Links in a text that somebody else wrote. The result is text and addresses, never markup: a component makes text nodes and anchors of it.

export type Piece = { text: string } | { text: string; href: string };

const candidate = /\bhttps?:\/\/[^\s<>"'`\\^{|}]+/giu;
// Controls that turn the direction of what is read, or that nobody sees: an address with them shows another host than it opens.
const invisible =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/u;

// Only http and https, only what a browser reads as an address with a host, and no name and password in front of the host, which are
// there to make one host look like another.
function safe(address: string): string | undefined {
  if (invisible.test(address) || !URL.canParse(address)) {
    return undefined;
  }
  const url = new URL(address);
  const web = url.protocol === "https:" || url.protocol === "http:";
  return web && url.hostname !== "" && url.username === "" && url.password === "" ? url.href : undefined;
}

// What follows an address in a sentence is the sentence's, and a bracket that closes nothing inside.
function trimmed(address: string): string {
  const count = (c: string) => address.split(c).length - 1;
  const spare: Record<string, number> = { ")": count(")") - count("("), "]": count("]") - count("[") };
  let end = address.length;
  for (; end > 0; end--) {
    const last = address[end - 1] ?? "";
    if (last in spare) {
      if ((spare[last] ?? 0) <= 0) break;
      spare[last] = (spare[last] ?? 0) - 1;
    } else if (!/[.,;:!?…*_~]/u.test(last)) break;
  }
  return address.slice(0, end);
}

export function linkify(text: string): Piece[] {
  const out: Piece[] = [];
  let from = 0;
  for (const match of text.matchAll(candidate)) {
    const shown = trimmed(match[0]);
    const href = safe(shown);
    if (href === undefined) {
      continue;
    }
    if (match.index > from) {
      out.push({ text: text.slice(from, match.index) });
    }
    out.push({ text: shown, href });
    from = match.index + shown.length;
  }
  if (from < text.length) {
    out.push({ text: text.slice(from) });
  }
  return out;
}
