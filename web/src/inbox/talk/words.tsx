import { cx } from "../../ui";
import { linkify } from "../model/links";

/** What somebody wrote: text, and links that are nothing else. */
export function Words({ text, ours, pale }: { text: string; ours?: boolean; pale?: boolean }) {
  return (
    <p
      dir="auto"
      className={cx(
        "max-w-[min(36rem,85%)] rounded-lg px-3 py-1.5 text-base text-ink break-words whitespace-pre-wrap",
        ours ? "bg-selected" : "bg-sunken",
        pale && "opacity-70",
      )}
    >
      <Linked text={text} />
    </p>
  );
}

export function Linked({ text }: { text: string }) {
  return linkify(text).map((piece, i) =>
    "href" in piece ? (
      <a
        // biome-ignore lint/suspicious/noArrayIndexKey: the pieces of one text do not move
        key={i}
        href={piece.href}
        target="_blank"
        rel="noopener noreferrer nofollow"
        className="text-link underline underline-offset-2"
      >
        {piece.text}
      </a>
    ) : (
      piece.text
    ),
  );
}
