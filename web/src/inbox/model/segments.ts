// What a carrier bills for a text: the same count as internal/phone makes, whose table of cases the test of this file reads.

export type Encoding = "gsm7" | "ucs2";

export interface Segments {
  encoding: Encoding;
  segments: number;
  units: number; // septets or UTF-16 units
  left: number; // units that still fit into the last segment
}

// What one message carries alone, and what is left of it beside the header that joins the parts (3GPP TS 23.040 §9.2.3.24.1).
const room = { gsm7: { alone: 160, part: 153 }, ucs2: { alone: 70, part: 67 } } as const;

// 3GPP TS 23.038 §6.2.1 and §6.2.1.1: an extension character is an escape and a septet.
export const gsmBasic =
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
  "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
export const gsmExtension = "\f^{}\\[~]|€";

const septets = new Map<string, number>([
  ...Array.from(gsmBasic, (c): [string, number] => [c, 1]),
  ...Array.from(gsmExtension, (c): [string, number] => [c, 2]),
]);

export function countSegments(text: string): Segments {
  const characters = Array.from(text);
  const encoding: Encoding = characters.every((c) => septets.has(c)) ? "gsm7" : "ucs2";
  const { alone, part } = room[encoding];
  if (text === "") {
    return { encoding, segments: 0, units: 0, left: alone };
  }
  let units = 0;
  let segments = 1;
  let free: number = part;
  for (const c of characters) {
    const cost = encoding === "gsm7" ? (septets.get(c) ?? 1) : c.length;
    units += cost;
    if (free < cost) {
      segments++; // a character is never cut in two, so the last unit of a segment may stay empty
      free = part;
    }
    free -= cost;
  }
  return units <= alone
    ? { encoding, segments: 1, units, left: alone - units }
    : { encoding, segments, units, left: free };
}

// Whether a writer should be told: one text of plain letters needs no arithmetic.
export function matters(s: Segments): boolean {
  return s.segments > 1 || (s.encoding === "ucs2" && s.units > 0) || (s.segments === 1 && s.left <= 20);
}

// The characters that make a text cost more: the first few outside the GSM alphabet, each once.
export function costly(text: string, most = 3): string[] {
  const found = new Set<string>();
  for (const c of text) {
    if (!septets.has(c)) {
      found.add(c);
      if (found.size === most) {
        break;
      }
    }
  }
  return [...found];
}
