import { useMutation } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { api, path } from "../../lib/api";
import { keys } from "../../lib/data";
import { isProblem, Problem } from "../../lib/problem";
import { queries } from "../../lib/queries";
import type { ServiceAccepted } from "../../lib/types";
import { services as t } from "../../texts/services";
import { Button, cx, Icon, Notice } from "../../ui";

async function put(file: File): Promise<ServiceAccepted> {
  const text = await file.text();
  let id: unknown;
  try {
    id = (JSON.parse(text) as { id?: unknown } | null)?.id;
  } catch {
    throw new Problem(0, "invalid", t.notJSON);
  }
  if (typeof id !== "string" || id === "") throw new Problem(0, "invalid", t.noId);
  return api.put<ServiceAccepted>(path`/v1/services/${id}`, new Blob([text], { type: "application/json" }));
}

/** Takes a service file, dropped or chosen. What is wrong with it is said with its place in the file. */
export function Upload() {
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const send = useMutation({
    mutationFn: put,
    onSuccess: () => queries.invalidateQueries({ queryKey: keys.services }),
  });
  const take = (files: FileList | null) => {
    const [file] = files ?? [];
    if (file) send.mutate(file);
  };
  const p = isProblem(send.error) ? send.error : undefined;
  return (
    <section
      aria-label={t.upload}
      onDragOver={(e) => {
        e.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(e) => {
        e.preventDefault();
        setOver(false);
        take(e.dataTransfer.files);
      }}
      className={cx(
        "flex flex-col gap-3 rounded-lg border border-dashed p-4",
        over ? "border-accent bg-selected" : "border-line-strong",
      )}
    >
      <div className="flex flex-wrap items-center gap-3">
        <Icon name="file" className="text-ink-3" />
        <span className="min-w-0 flex-1 text-ink-2">{send.isPending ? t.uploading : t.drop}</span>
        <Button kind="primary" icon="upload" busy={send.isPending} onClick={() => input.current?.click()}>
          {t.upload}
        </Button>
      </div>
      <input
        ref={input}
        type="file"
        accept=".json,application/json"
        aria-label={t.upload}
        className="hidden"
        onChange={(e) => {
          take(e.target.files);
          e.target.value = "";
        }}
      />
      <div aria-live="polite" className="empty:hidden">
        {send.isError && (
          <Notice tone="bad">
            <p className="font-medium">{t.refused}</p>
            {p && p.fields.length > 0 ? <Places list={p.fields} /> : <p>{p?.message}</p>}
          </Notice>
        )}
        {send.data && (
          <Notice tone={send.data.warnings.length > 0 ? "warn" : "good"}>
            <p className="font-medium">{t.uploaded(send.data.name)}</p>
            {send.data.warnings.length > 0 && <Places list={send.data.warnings} />}
          </Notice>
        )}
      </div>
    </section>
  );
}

function Places({ list }: { list: readonly { pointer: string; message: string }[] }) {
  return (
    <ul className="mt-1 flex flex-col gap-1 text-sm">
      {list.map((p) => (
        <li key={`${p.pointer} ${p.message}`}>
          <code className="font-mono text-xs">{p.pointer || "/"}</code> {p.message}
        </li>
      ))}
    </ul>
  );
}
