import { Toast as Base } from "@base-ui/react/toast";
import type { ReactNode } from "react";
import { common } from "../texts/common";
import { IconButton } from "./button";
import { Icon } from "./icon";
import { words } from "./states";

const manager = Base.createToastManager();

/** A short word that something was done. It goes by itself, so nothing that must be read stands here. */
export function toast(title: string, description?: string): void {
  manager.add({ title, description, type: "done", timeout: 5000 });
}

/** Something failed where there is no form to say it in; it stays until it is closed. */
export function toastError(title: string, error: unknown): void {
  manager.add({ title, description: words(error), type: "error", timeout: 0, priority: "high" });
}

/** Does something where there is no form; a toast says so when it fails. */
export async function orToast(title: string, act: () => Promise<unknown>): Promise<void> {
  try {
    await act();
  } catch (e) {
    toastError(title, e);
  }
}

function List() {
  const { toasts } = Base.useToastManager();
  return toasts.map((t) => (
    <Base.Root
      key={t.id}
      toast={t}
      className="rounded-md bg-raised p-3 pr-2 shadow-float transition-opacity duration-150 data-ending-style:opacity-0 data-starting-style:opacity-0"
    >
      <Base.Content className="flex items-start gap-2">
        <Icon
          name={t.type === "error" ? "alert" : "check"}
          className={t.type === "error" ? "mt-0.5 text-bad" : "mt-0.5 text-good"}
        />
        <div className="min-w-0 flex-1">
          <Base.Title className="text-base font-medium" />
          <Base.Description className="text-sm text-ink-2" />
        </div>
        <Base.Close render={<IconButton icon="x" label={common.close} small />} />
      </Base.Content>
    </Base.Root>
  ));
}

export function Toasts({ children }: { children: ReactNode }) {
  return (
    <Base.Provider toastManager={manager} limit={4}>
      {children}
      <Base.Portal>
        <Base.Viewport className="fixed right-4 bottom-4 z-50 flex w-80 max-w-[calc(100vw-2rem)] flex-col gap-2 outline-none">
          <List />
        </Base.Viewport>
      </Base.Portal>
    </Base.Provider>
  );
}
