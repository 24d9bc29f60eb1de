import { AlertDialog as BaseAlert } from "@base-ui/react/alert-dialog";
import { Dialog as Base } from "@base-ui/react/dialog";
import { type FormEvent, type ReactNode, useState } from "react";
import { common } from "../texts/common";
import { Button, IconButton } from "./button";
import { cx } from "./cx";
import { ErrorLine } from "./states";

const backdrop =
  "fixed inset-0 bg-scrim transition-opacity duration-100 data-ending-style:opacity-0 data-starting-style:opacity-0";
const popup =
  "fixed flex max-h-[calc(100dvh-2rem)] flex-col bg-raised text-ink shadow-float outline-none transition-[opacity,transform] duration-100 " +
  "data-ending-style:opacity-0 data-starting-style:opacity-0";
const centred = "top-1/2 left-1/2 w-[calc(100vw-2rem)] -translate-x-1/2 -translate-y-1/2 rounded-lg";

interface DialogProps {
  open: boolean;
  onClose: () => void;
  title: string;
  description?: ReactNode;
  children: ReactNode;
  /** The buttons at the end; they stay in sight when what is above them scrolls. */
  footer?: ReactNode;
  /** When given, the dialog is a form, and Enter sends it. */
  onSubmit?: () => void;
  wide?: boolean | "screen";
}

export function Dialog({ open, onClose, title, description, children, footer, onSubmit, wide }: DialogProps) {
  const inside = (
    <>
      <div className="flex min-h-0 flex-col gap-4 overflow-y-auto px-5 pb-5">
        {description && <Base.Description className="text-base text-ink-2">{description}</Base.Description>}
        {children}
      </div>
      {footer && <div className="flex flex-wrap justify-end gap-2 border-t px-5 py-3">{footer}</div>}
    </>
  );
  const send = (e: FormEvent) => {
    e.preventDefault();
    e.stopPropagation();
    onSubmit?.();
  };
  return (
    <Base.Root open={open} onOpenChange={(now) => !now && onClose()}>
      <Base.Portal>
        <Base.Backdrop className={backdrop} />
        <Base.Popup data-modal className={cx(popup, centred, wide === "screen" ? "" : wide ? "max-w-2xl" : "max-w-md")}>
          <div className="flex items-center justify-between gap-2 py-3 pr-3 pl-5">
            <Base.Title className="text-lg font-semibold">{title}</Base.Title>
            <Base.Close render={<IconButton icon="x" label={common.close} small />} />
          </div>
          {onSubmit ? (
            <form noValidate onSubmit={send} className="flex min-h-0 flex-col">
              {inside}
            </form>
          ) : (
            inside
          )}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}

/** What slides in from the side: the menu on a phone. */
export function Drawer({
  open,
  onClose,
  title,
  children,
}: {
  open: boolean;
  onClose: () => void;
  title: string;
  children: ReactNode;
}) {
  return (
    <Base.Root open={open} onOpenChange={(now) => !now && onClose()}>
      <Base.Portal>
        <Base.Backdrop className={backdrop} />
        <Base.Popup
          data-modal
          className={cx(
            "fixed inset-y-0 left-0 flex w-72 max-w-[85vw] flex-col bg-surface text-ink shadow-float outline-none transition-transform duration-150",
            "data-ending-style:-translate-x-full data-starting-style:-translate-x-full",
          )}
        >
          <Base.Title className="sr-only">{title}</Base.Title>
          {children}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}

interface ConfirmProps {
  open: boolean;
  onClose: () => void;
  title: string;
  /** What will be so afterwards. */
  children: ReactNode;
  does: string;
  danger?: boolean;
  disabled?: boolean;
  onConfirm: () => Promise<unknown>;
}

/** A question before something that is not taken back. It stays open, and says why, when it could not be done. */
export function Confirm({ open, onClose, title, children, does, danger, disabled, onConfirm }: ConfirmProps) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const close = () => {
    setError(undefined);
    onClose();
  };
  const confirm = async () => {
    setBusy(true);
    setError(undefined);
    try {
      await onConfirm();
      close();
    } catch (e) {
      setError(e);
    } finally {
      setBusy(false);
    }
  };
  return (
    <BaseAlert.Root open={open} onOpenChange={(now) => !now && close()}>
      <BaseAlert.Portal>
        <BaseAlert.Backdrop className={backdrop} />
        <BaseAlert.Popup data-modal className={cx(popup, centred, "max-w-md")}>
          <div className="flex flex-col gap-3 overflow-y-auto p-5">
            <BaseAlert.Title className="text-lg font-semibold">{title}</BaseAlert.Title>
            <BaseAlert.Description render={<div />} className="text-base text-ink-2">
              {children}
            </BaseAlert.Description>
            {error !== undefined && <ErrorLine error={error} />}
          </div>
          <div className="flex justify-end gap-2 border-t px-5 py-3">
            <BaseAlert.Close render={<Button>{common.cancel}</Button>} />
            <Button kind={danger ? "danger" : "primary"} busy={busy} disabled={disabled} onClick={() => void confirm()}>
              {does}
            </Button>
          </div>
        </BaseAlert.Popup>
      </BaseAlert.Portal>
    </BaseAlert.Root>
  );
}
