import type { ReactNode } from "react";
import { common } from "../texts/common";
import { Button } from "./button";
import { Dialog } from "./dialog";
import type { IconName } from "./icon";
import { ErrorLine } from "./states";

/** What useForm gives, as far as it concerns everything but the fields. */
interface Sending {
  submit: () => void;
  busy: boolean;
  rest: () => string | undefined;
}

interface Shared {
  form: Sending;
  /** What the button says. */
  does: string;
  disabled?: boolean;
  children: ReactNode;
}

/** A part of its own, so that it is made after the fields: by then they have said which errors they show. */
function Rest({ form }: { form: Sending }) {
  const rest = form.rest();
  return rest && <ErrorLine text={rest} />;
}

/** Fields and their button; Enter sends them. wide: the button is as wide as the fields. */
export function Form({ form, does, disabled, icon, wide, children }: Shared & { icon?: IconName; wide?: boolean }) {
  return (
    <form
      noValidate
      className="flex flex-col gap-4"
      onSubmit={(e) => {
        e.preventDefault();
        form.submit();
      }}
    >
      {children}
      <Rest form={form} />
      <Button
        type="submit"
        kind="primary"
        icon={icon}
        busy={form.busy}
        disabled={disabled}
        className={wide ? "" : "self-start"}
      >
        {does}
      </Button>
    </form>
  );
}

/** The same in a dialog. */
export function FormDialog({
  form,
  does,
  disabled,
  title,
  wide,
  onClose,
  children,
}: Shared & { title: string; wide?: boolean; onClose: () => void }) {
  return (
    <Dialog
      open
      wide={wide}
      onClose={onClose}
      title={title}
      onSubmit={form.submit}
      footer={
        <>
          <Button onClick={onClose}>{common.cancel}</Button>
          <Button type="submit" kind="primary" busy={form.busy} disabled={disabled}>
            {does}
          </Button>
        </>
      }
    >
      {children}
      <Rest form={form} />
    </Dialog>
  );
}
