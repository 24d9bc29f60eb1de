/** Where the server says that something stands in a text: lines and columns from 1, columns in UTF-16 units. */
export interface Span {
  line?: number;
  column?: number;
  end_line?: number;
  end_column?: number;
}

/** The lines of a text, as an editor holds them. */
interface Lines {
  lines: number;
  length: number;
  line: (n: number) => { from: number; to: number };
}

function offset(doc: Lines, line: number, column: number): number {
  const l = doc.line(Math.min(Math.max(line, 1), doc.lines));
  return Math.min(l.from + Math.max(column - 1, 0), l.to);
}

/** The same place in the units of an editor; what stands nowhere is at the beginning. It is never empty where there is anything to show. */
export function rangeOf(doc: Lines, s: Span): { from: number; to: number } {
  if (!s.line) return { from: 0, to: Math.min(1, doc.length) };
  const from = offset(doc, s.line, s.column ?? 1);
  const to = s.end_line ? offset(doc, s.end_line, s.end_column ?? 1) : doc.line(Math.min(s.line, doc.lines)).to;
  return { from, to: Math.max(to, Math.min(from + 1, doc.length)) };
}
