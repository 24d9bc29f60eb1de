import type { ReactNode } from "react";
import { isProblem } from "../lib/problem";
import { common } from "../texts/common";
import { Button } from "./button";
import { cx } from "./cx";
import { Icon, type IconName } from "./icon";

export function EmptyState({
  icon,
  title,
  children,
  action,
}: {
  icon?: IconName;
  title: string;
  children?: ReactNode;
  action?: ReactNode;
}) {
  return (
    <div className="flex flex-col items-center gap-2 px-4 py-12 text-center">
      {icon && <Icon name={icon} size={24} className="text-ink-3" />}
      <h2 className="text-lg font-semibold">{title}</h2>
      {children && <div className="max-w-md text-base text-ink-2">{children}</div>}
      {action && <div className="mt-2 flex flex-wrap justify-center gap-2">{action}</div>}
    </div>
  );
}

export function words(error: unknown): string {
  if (isProblem(error)) return error.message;
  return common.unexpected;
}

/** A page, or a part of one, that could not be shown. */
export function ErrorState({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  return (
    <div role="alert" className="flex flex-col items-center gap-2 px-4 py-12 text-center">
      <Icon name="alert" size={24} className="text-bad" />
      <p className="text-lg font-semibold">{common.notShown}</p>
      <p className="max-w-md text-base text-ink-2">{words(error)}</p>
      {onRetry && (
        <Button className="mt-2" icon="replay" onClick={onRetry}>
          {common.tryAgain}
        </Button>
      )}
    </div>
  );
}

/** Why something that was asked for did not happen; beside the button that asked. */
export function ErrorLine({ error, text }: { error?: unknown; text?: string }) {
  return (
    <Notice tone="bad">
      <span role="alert">{text ?? words(error)}</span>
    </Notice>
  );
}

const notices = {
  bad: "bg-bad-soft text-bad",
  warn: "bg-warn-soft text-warn",
  good: "bg-good-soft text-good",
  neutral: "bg-sunken text-ink-2",
};

export function Notice({ tone = "neutral", children }: { tone?: keyof typeof notices; children: ReactNode }) {
  const icon: IconName = tone === "good" ? "check" : tone === "neutral" ? "info" : "alert";
  return (
    <div className={cx("flex gap-2 rounded-md px-3 py-2 text-base", notices[tone])}>
      <Icon name={icon} className="mt-0.5" />
      <div className="min-w-0 flex-1">{children}</div>
    </div>
  );
}

/** A grey place where text will be; it has the size of what comes. */
export function Skeleton({ className }: { className?: string }) {
  return <span aria-hidden="true" className={cx("block animate-wait rounded-sm bg-sunken", className ?? "h-4 w-24")} />;
}

export function Loading({ rows = 6 }: { rows?: number }) {
  return (
    <div role="status" aria-label={common.loading} className="flex flex-col divide-y rounded-lg border bg-surface">
      {Array.from({ length: rows }, (_, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the rows are all the same
        <div key={i} className="flex h-10 items-center gap-6 px-3">
          <Skeleton className="h-3 w-40" />
          <Skeleton className="h-3 w-24" />
        </div>
      ))}
    </div>
  );
}
