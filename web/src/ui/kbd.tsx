import { type Shortcut, useActiveShortcuts } from "../lib/shortcuts";
import { common } from "../texts/common";
import { Dialog } from "./dialog";

export function Kbd({ children }: { children: string }) {
  return (
    <kbd className="inline-flex h-5 min-w-5 items-center justify-center rounded-sm border bg-sunken px-1 font-sans text-xs text-ink-2">
      {children}
    </kbd>
  );
}

/** The keys that work on the page where it was opened. */
export function ShortcutHelp({ open, onClose }: { open: boolean; onClose: () => void }) {
  const list = useActiveShortcuts();
  return (
    <Dialog open={open} onClose={onClose} title={common.shortcuts}>
      <dl className="grid grid-cols-[1fr_max-content] gap-y-2">
        {list.map((s: Shortcut) => (
          <div key={s.keys} className="contents">
            <dt className="text-base">{s.does}</dt>
            <dd className="flex gap-1">
              {s.keys.split(" ").map((k) => (
                <Kbd key={k}>{k}</Kbd>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
