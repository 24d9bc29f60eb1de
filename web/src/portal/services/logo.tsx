/** A service's sign. Logos lie on other hosts, which the pages load nothing from, so its first letters stand for it. */
export function Logo({ name, large }: { name: string; large?: boolean }) {
  const letters = [...name.replace(/[^\p{L}\p{N} ]/gu, "")];
  return (
    <span
      aria-hidden="true"
      className={`flex shrink-0 items-center justify-center rounded-md border bg-sunken font-semibold text-ink-2 ${large ? "size-10 text-lg" : "size-8 text-sm"}`}
    >
      {(letters[0] ?? "?").toUpperCase()}
      {(letters[1] ?? "").toLowerCase()}
    </span>
  );
}
