/** One server-sent event. */
export interface SSE {
  id?: string;
  event: string;
  data: string;
}

/**
 * Reads server-sent events out of a text that arrives in pieces (HTML §9.2.6).
 * The browser's own EventSource loses its place when a proxy answers an error: it then stops for good and cannot be told where to go on.
 */
export class SSEParser {
  private rest = "";
  private event = "";
  private data: string[] = [];
  private id: string | undefined;

  constructor(private readonly take: (e: SSE) => void) {}

  push(piece: string): void {
    this.rest += piece;
    let end = this.rest.indexOf("\n");
    while (end >= 0) {
      this.line(this.rest.slice(0, end).replace(/\r$/, ""));
      this.rest = this.rest.slice(end + 1);
      end = this.rest.indexOf("\n");
    }
  }

  private line(line: string): void {
    if (line === "") {
      // An id without data is no event, but it is where one resumes.
      if (this.id !== undefined || this.data.length > 0) {
        this.take({ id: this.id, event: this.event || "message", data: this.data.join("\n") });
      }
      this.event = "";
      this.data = [];
      this.id = undefined;
      return;
    }
    const colon = line.indexOf(":");
    if (colon === 0) return;
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "data") this.data.push(value);
    else if (name === "event") this.event = value;
    else if (name === "id") this.id = value;
  }
}
