import { common } from "../texts/common";

/** The name of the product with its sign: two jacks and the cord between them. */
export function Mark() {
  return (
    <span className="flex items-center gap-2 text-base font-semibold tracking-tight">
      <svg aria-hidden="true" viewBox="0 0 32 32" className="size-6 text-accent">
        <rect width="32" height="32" rx="7" fill="currentColor" />
        <g fill="none" stroke="#fff" strokeWidth="2.6" strokeLinecap="round">
          <circle cx="10" cy="11" r="2.4" />
          <circle cx="22" cy="21" r="2.4" />
          <path d="M12.4 11H17a4 4 0 0 1 0 8 2 2 0 0 0 0 2h2.6" />
        </g>
      </svg>
      {common.product}
    </span>
  );
}
