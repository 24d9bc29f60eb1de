import { api } from "../../lib/api";
import type { Upload } from "../model/types";

export const mostFiles = 10; // of one message
export const mostBytes = 10 << 20; // of one file

/** The file goes up by itself; the message takes it by its id. */
export function upload(file: File, signal: AbortSignal): Promise<Upload> {
  const form = new FormData();
  form.append("file", file, file.name || "file");
  return api.post<Upload>("/v1/media", form, { signal });
}

/** A file is loaded from where the page is: its link names the server's public address, which may be another name of the same. */
export function fileSource(url: string): string {
  if (!URL.canParse(url, location.href)) return "";
  const at = new URL(url, location.href);
  if (at.protocol !== "https:" && at.protocol !== "http:") return "";
  return at.pathname.startsWith("/media/") ? at.pathname + at.search : at.href;
}

const pictures = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);

export function isPicture(type: string): boolean {
  return pictures.has(type);
}
