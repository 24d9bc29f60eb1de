import { Menu as Base } from "@base-ui/react/menu";
import type { ReactElement, ReactNode } from "react";
import { navigate } from "../lib/router";
import { cx } from "./cx";
import { Icon, type IconName } from "./icon";

const item =
  "flex h-8 cursor-default items-center gap-2 rounded-sm px-2 text-base text-ink outline-none select-none data-highlighted:bg-hover " +
  "data-disabled:text-ink-3 pointer-coarse:h-10";

export function Menu({
  trigger,
  children,
  align = "end",
}: {
  trigger: ReactElement;
  children: ReactNode;
  align?: "start" | "end";
}) {
  return (
    <Base.Root>
      <Base.Trigger render={trigger} />
      <Base.Portal>
        <Base.Positioner align={align} sideOffset={4} className="z-50 outline-none">
          <Base.Popup className="max-h-(--available-height) min-w-44 overflow-y-auto rounded-md bg-raised p-1 shadow-float outline-none">
            {children}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}

interface ItemProps {
  icon?: IconName;
  children: ReactNode;
  onSelect?: () => void;
  /** Leads somewhere within the pages. */
  href?: string;
  danger?: boolean;
  disabled?: boolean;
}

export function MenuItem({ icon, children, onSelect, href, danger, disabled }: ItemProps) {
  const act = () => (href ? navigate(href) : onSelect?.());
  return (
    <Base.Item className={cx(item, danger && "text-bad")} disabled={disabled} onClick={act}>
      {icon && <Icon name={icon} className={danger ? "" : "text-ink-3"} />}
      {children}
    </Base.Item>
  );
}

export function MenuSeparator() {
  return <Base.Separator className="my-1 h-px bg-line" />;
}

export function MenuChoice<T extends string>(p: {
  label: string;
  value: T;
  options: readonly { value: T; label: string }[];
  onChange: (v: T) => void;
}) {
  return (
    <Base.Group>
      <Base.GroupLabel className="px-2 pt-1.5 pb-1 text-xs font-medium text-ink-3">{p.label}</Base.GroupLabel>
      <Base.RadioGroup value={p.value} onValueChange={(v) => p.onChange(v as T)}>
        {p.options.map((o) => (
          <Base.RadioItem key={o.value} value={o.value} className={cx(item, "justify-between")}>
            {o.label}
            <Base.RadioItemIndicator render={<Icon name="check" className="text-link" />} />
          </Base.RadioItem>
        ))}
      </Base.RadioGroup>
    </Base.Group>
  );
}
