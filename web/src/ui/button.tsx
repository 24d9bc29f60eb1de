import type { ButtonHTMLAttributes, Ref } from "react";
import { Link, type LinkProps } from "../lib/router";
import { cx } from "./cx";
import { Icon, type IconName } from "./icon";

export type ButtonKind = "primary" | "plain" | "quiet" | "danger";

const kinds: Record<ButtonKind, string> = {
  primary: "bg-accent text-on-accent hover:bg-accent-hover disabled:bg-sunken disabled:text-ink-3",
  plain: "bg-surface text-ink border border-line-strong hover:bg-hover disabled:text-ink-3 disabled:bg-surface",
  quiet: "text-ink-2 hover:bg-hover hover:text-ink disabled:text-ink-3",
  danger: "bg-bad-strong text-on-accent hover:opacity-90 disabled:bg-sunken disabled:text-ink-3",
};

function look(kind: ButtonKind, small: boolean | undefined, only: boolean): string {
  return cx(
    "inline-flex items-center justify-center gap-1.5 rounded-md font-medium whitespace-nowrap select-none",
    small ? "h-7 text-sm pointer-coarse:h-9" : "h-control text-base",
    only ? (small ? "w-7 pointer-coarse:w-9" : "w-control") : small ? "px-2" : "px-3",
    kinds[kind],
  );
}

interface Shared {
  kind?: ButtonKind;
  small?: boolean;
  icon?: IconName;
}

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement>, Shared {
  /** Something is under way: the button stays as wide as it is and takes no second click. */
  busy?: boolean;
  ref?: Ref<HTMLButtonElement>;
}

export function Button({
  kind = "plain",
  small,
  icon,
  busy,
  children,
  className,
  disabled,
  type,
  ...rest
}: ButtonProps) {
  return (
    <button
      {...rest}
      type={type ?? "button"}
      disabled={disabled || busy}
      aria-busy={busy || undefined}
      className={cx(look(kind, small, !children), className)}
    >
      {busy ? <Spinner /> : icon && <Icon name={icon} />}
      {children}
    </button>
  );
}

/** A button of an icon alone; its label is for those who hear it and for the tooltip. */
export function IconButton({
  label,
  icon,
  ...rest
}: Omit<ButtonProps, "children"> & { label: string; icon: IconName }) {
  return <Button kind="quiet" {...rest} icon={icon} aria-label={label} title={label} />;
}

/** Looks like a button and leads somewhere. */
export function LinkButton({ kind = "plain", small, icon, children, className, ...rest }: LinkProps & Shared) {
  return (
    <Link {...rest} className={cx(look(kind, small, !children), className)}>
      {icon && <Icon name={icon} />}
      {children}
    </Link>
  );
}

export function Spinner() {
  return (
    <svg
      aria-hidden="true"
      viewBox="0 0 16 16"
      className="size-4 animate-turn"
      fill="none"
      stroke="currentColor"
      strokeWidth="2"
    >
      <path d="M8 2a6 6 0 1 1-6 6" strokeLinecap="round" />
    </svg>
  );
}
