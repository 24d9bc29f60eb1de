import type { ReactNode, TdHTMLAttributes } from "react";
import { Link } from "../lib/router";
import { common } from "../texts/common";
import { cx } from "./cx";

/** Rows of one kind of thing. On a narrow screen it scrolls sideways within itself; columns that can be spared are hidden there. */
export function Table({
  label,
  head,
  head2,
  children,
}: {
  label: string;
  head: ReactNode;
  /** A second line of names, under those of head that span several columns. */
  head2?: ReactNode;
  children: ReactNode;
}) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable with the keyboard
    <section aria-label={label} tabIndex={0} className="overflow-x-auto rounded-lg border bg-surface">
      <table className="w-full border-collapse text-left wrap-break-word">
        <thead className="border-b text-sm text-ink-3">
          <tr>{head}</tr>
          {head2 && <tr>{head2}</tr>}
        </thead>
        <tbody className="divide-y">{children}</tbody>
      </table>
    </section>
  );
}

interface CellProps extends TdHTMLAttributes<HTMLTableCellElement> {
  /** Not on a phone. */
  spare?: boolean;
  right?: boolean;
}

export function Th({ spare, right, className, children, ...rest }: CellProps) {
  return (
    <th
      scope="col"
      {...rest}
      className={cx(
        "h-8 px-3 font-medium whitespace-nowrap",
        spare && "max-md:hidden",
        right && "text-right",
        className,
      )}
    >
      {children}
    </th>
  );
}

/** Above the column of what one can do with a row. */
export function ThActions() {
  return (
    <Th>
      <span className="sr-only">{common.more}</span>
    </Th>
  );
}

export function Td({ spare, right, className, ...rest }: CellProps) {
  return (
    <td {...rest} className={cx("h-10 px-3 py-1.5", spare && "max-md:hidden", right && "text-right", className)} />
  );
}

export function Tr({ children, selected }: { children: ReactNode; selected?: boolean }) {
  return <tr className={cx("relative", selected ? "bg-selected" : "hover:bg-hover")}>{children}</tr>;
}

/** The link of a row: a click anywhere in the row follows it, and whoever hears the page hears one link. */
export function RowLink({ href, children }: { href: string; children: ReactNode }) {
  return (
    <Link href={href} className="font-medium text-ink after:absolute after:inset-0">
      {children}
    </Link>
  );
}
