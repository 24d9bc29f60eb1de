import { api, path } from "../../lib/api";
import type { ServiceDetail } from "../../lib/types";

/** Gives the browser a text as a file. */
export function save(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  const a = document.createElement("a");
  a.href = url;
  a.download = name;
  a.click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

export async function downloadService(id: string): Promise<void> {
  const s = await api.get<ServiceDetail>(path`/v1/services/${id}`);
  save(`${s.id}.json`, `${JSON.stringify(s.file, null, 2)}\n`);
}
