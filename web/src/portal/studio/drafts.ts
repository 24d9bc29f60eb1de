import { Shelf } from "../../inbox/model/shelf";
import { draftPlace } from "../../lib/me";

/** Service files that are being written, by their id: they stay in this browser, and go when one signs out. */
export interface Draft {
  text: string;
  /** The version that it was begun from; empty for a service that is not there yet. */
  base: string;
}

const shelf = () => new Shelf(localStorage, `${draftPlace}service.`);

export function readDraft(id: string): Draft | undefined {
  const d = shelf().read(id);
  return d && typeof d.text === "string" && typeof d.base === "string" ? { text: d.text, base: d.base } : undefined;
}

export function keepDraft(id: string, d: Draft): void {
  shelf().write(id, d);
}

export function dropDraft(id: string): void {
  shelf().remove(id);
}
