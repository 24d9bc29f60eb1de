import { useEffect, useId, useState } from "react";
import { common } from "../texts/common";
import { Button, IconButton } from "./button";
import { Dialog } from "./dialog";

/** Copies where the browser lets us, and selects the text where it does not (a page without TLS). */
async function copy(text: string, fallback: HTMLInputElement | null): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    fallback?.select();
    return false;
  }
}

function useCopied(): [boolean, () => void] {
  const [at, setAt] = useState(0);
  useEffect(() => {
    if (at === 0) return;
    const t = setTimeout(() => setAt(0), 2000);
    return () => clearTimeout(t);
  }, [at]);
  return [at !== 0, () => setAt(Date.now())];
}

interface CopyProps {
  label: string;
  value: string;
  hint?: string;
}

/** A text to take elsewhere: a webhook URL, a link, a key. */
export function CopyField({ label, value, hint }: CopyProps) {
  const id = useId();
  const [copied, done] = useCopied();
  const take = async () => {
    if (await copy(value, document.getElementById(id) as HTMLInputElement | null)) done();
  };
  return (
    <div className="flex min-w-0 flex-col gap-1">
      <label htmlFor={id} className="text-sm font-medium">
        {label}
      </label>
      <div className="flex">
        <input
          id={id}
          readOnly
          value={value}
          onFocus={(e) => e.target.select()}
          className="h-control min-w-0 flex-1 rounded-l-md border border-r-0 border-control bg-sunken px-2.5 font-mono text-sm text-ink"
        />
        <Button
          icon={copied ? "check" : "copy"}
          onClick={() => void take()}
          aria-label={`${common.copy}: ${label}`}
          className="min-w-24 rounded-l-none border-control"
        >
          {copied ? common.copied : common.copy}
        </Button>
      </div>
      {hint && <p className="text-sm text-ink-3">{hint}</p>}
      <span role="status" className="sr-only">
        {copied ? common.copied : ""}
      </span>
    </div>
  );
}

/** What is shown this once: a key, a secret, a one-time link. */
export function CopyDialog({ title, onClose, ...field }: CopyProps & { title: string; onClose: () => void }) {
  return (
    <Dialog
      open
      onClose={onClose}
      title={title}
      footer={
        <Button kind="primary" onClick={onClose}>
          {common.done}
        </Button>
      }
    >
      <CopyField {...field} />
    </Dialog>
  );
}

/** The same beside a value in a table. */
export function CopyButton({ value, label }: { value: string; label: string }) {
  const [copied, done] = useCopied();
  return (
    <IconButton
      small
      className="relative"
      icon={copied ? "check" : "copy"}
      label={copied ? common.copied : label}
      onClick={async () => {
        if (await copy(value, null)) done();
      }}
    />
  );
}
