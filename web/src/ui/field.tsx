import {
  type InputHTMLAttributes,
  type ReactNode,
  type Ref,
  type SelectHTMLAttributes,
  type TextareaHTMLAttributes,
  useId,
} from "react";
import { cx } from "./cx";
import { Icon } from "./icon";

const box =
  "w-full rounded-md border bg-surface text-base text-ink disabled:bg-sunken disabled:text-ink-3 focus-visible:outline-offset-0";

function edge(wrong: boolean): string {
  return wrong ? "border-bad" : "border-control";
}

interface Labelled {
  label: ReactNode;
  /** One short sentence under the field. */
  hint?: ReactNode;
  error?: string;
  /** Most fields of a form are needed; those that are not say so. */
  optional?: boolean;
  hideLabel?: boolean;
}

interface Wires {
  id: string;
  "aria-describedby": string | undefined;
  "aria-invalid": true | undefined;
}

/** A label, what one types into, a hint and what is wrong with it, tied together for screen readers. */
export function Field({
  label,
  hint,
  error,
  optional,
  hideLabel,
  children,
}: Labelled & { children: (w: Wires) => ReactNode }) {
  const id = useId();
  const about = [hint ? `${id}-hint` : "", error ? `${id}-error` : ""].filter(Boolean).join(" ");
  return (
    <div className="flex min-w-0 flex-col gap-1">
      <label htmlFor={id} className={hideLabel ? "sr-only" : "text-sm font-medium text-ink"}>
        {label}
        {optional && <span className="font-normal text-ink-3"> (optional)</span>}
      </label>
      {children({ id, "aria-describedby": about || undefined, "aria-invalid": error ? true : undefined })}
      {error && (
        <p id={`${id}-error`} className="flex gap-1 text-sm text-bad">
          <Icon name="alert" className="mt-px" />
          <span>{error}</span>
        </p>
      )}
      {hint && (
        <p id={`${id}-hint`} className="text-sm text-ink-3">
          {hint}
        </p>
      )}
    </div>
  );
}

type InputProps = Labelled &
  Omit<InputHTMLAttributes<HTMLInputElement>, "id"> & { mono?: boolean; ref?: Ref<HTMLInputElement> };

export function TextField({ label, hint, error, optional, hideLabel, className, mono, ...rest }: InputProps) {
  return (
    <Field label={label} hint={hint} error={error} optional={optional} hideLabel={hideLabel}>
      {(w) => (
        <input
          autoComplete="off"
          {...rest}
          {...w}
          required={undefined}
          aria-required={rest.required || undefined}
          className={cx(box, "h-control px-2.5", mono && "font-mono", edge(!!error), className)}
        />
      )}
    </Field>
  );
}

type AreaProps = Labelled &
  Omit<TextareaHTMLAttributes<HTMLTextAreaElement>, "id"> & { mono?: boolean; ref?: Ref<HTMLTextAreaElement> };

export function TextArea({ label, hint, error, optional, hideLabel, className, mono, ...rest }: AreaProps) {
  return (
    <Field label={label} hint={hint} error={error} optional={optional} hideLabel={hideLabel}>
      {(w) => (
        <textarea
          rows={3}
          {...rest}
          {...w}
          className={cx(
            box,
            "min-h-control resize-y px-2.5 py-1.5",
            mono && "font-mono text-sm",
            edge(!!error),
            className,
          )}
        />
      )}
    </Field>
  );
}

type SelectProps = Labelled &
  Omit<SelectHTMLAttributes<HTMLSelectElement>, "id"> & {
    options: readonly { value: string; label: string; disabled?: boolean }[];
  };

/** The browser's own: the one that every phone, keyboard and screen reader knows. */
export function Select({ label, hint, error, optional, hideLabel, options, className, ...rest }: SelectProps) {
  return (
    <Field label={label} hint={hint} error={error} optional={optional} hideLabel={hideLabel}>
      {(w) => (
        <span className="relative block">
          <select
            {...rest}
            {...w}
            className={cx(box, "h-control appearance-none py-0 pr-8 pl-2.5", edge(!!error), className)}
          >
            {options.map((o) => (
              <option key={o.value} value={o.value} disabled={o.disabled}>
                {o.label}
              </option>
            ))}
          </select>
          <Icon name="chevron" className="pointer-events-none absolute top-1/2 right-2 -translate-y-1/2 text-ink-3" />
        </span>
      )}
    </Field>
  );
}

type CheckProps = { label: ReactNode; hint?: ReactNode } & Omit<InputHTMLAttributes<HTMLInputElement>, "id" | "type">;

export function Checkbox({ label, hint, className, ...rest }: CheckProps) {
  const id = useId();
  return (
    <div className={cx("flex items-start gap-2 py-0.5", className)}>
      <input
        {...rest}
        id={id}
        type="checkbox"
        aria-describedby={hint ? `${id}-hint` : undefined}
        className="mt-0.5 size-4 shrink-0 accent-accent pointer-coarse:size-5"
      />
      <span className="min-w-0">
        <label htmlFor={id} className="block text-base">
          {label}
        </label>
        {hint && (
          <span id={`${id}-hint`} className="block text-sm text-ink-3">
            {hint}
          </span>
        )}
      </span>
    </div>
  );
}
