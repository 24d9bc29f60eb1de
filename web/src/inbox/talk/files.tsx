import { useState } from "react";
import { size, visible } from "../../lib/format";
import { inbox as t } from "../../texts/inbox";
import { Icon } from "../../ui";
import { fileSource, isPicture } from "../data/uploads";
import type { Media } from "../model/types";

/** The files of a message: pictures as pictures, everything else by name. */
export function Files({ files, onPicture }: { files: readonly Media[]; onPicture?: (file: number) => void }) {
  return files.map((f, i) =>
    isShown(f) ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: the files of a message do not move
      <Picture key={i} f={f} onOpen={onPicture && (() => onPicture(i))} />
    ) : (
      // biome-ignore lint/suspicious/noArrayIndexKey: as above
      <FileLine key={i} f={f} />
    ),
  );
}

export function isShown(f: Media): boolean {
  return isPicture(f.type) && f.url !== "" && (f.state === "stored" || !f.state);
}

/** Its place has the size that it will have, so that nothing moves when it comes. */
function Picture({ f, onOpen }: { f: Media; onOpen?: () => void }) {
  const [broken, setBroken] = useState(false);
  if (broken) return <FileLine f={{ ...f, state: "failed" }} />;
  const name = visible(f.name ?? "");
  return (
    <button
      type="button"
      onClick={onOpen}
      disabled={!onOpen}
      aria-label={t.files_.open(name)}
      className="overflow-hidden rounded-lg border"
    >
      <img
        src={fileSource(f.preview ?? f.url)}
        alt=""
        loading="lazy"
        onError={() => setBroken(true)}
        className="block h-44 w-60 max-w-full bg-sunken object-cover"
      />
    </button>
  );
}

const states: Record<string, string> = {
  pending: t.files_.pending,
  failed: t.files_.failed,
  blocked: t.files_.blocked,
};

function FileLine({ f }: { f: Media }) {
  const name = visible(f.name ?? "") || t.files_.file;
  const state = f.state && f.state !== "stored" ? states[f.state] : f.url === "" ? t.files_.gone : undefined;
  const about = [
    state,
    f.reason && f.state !== "pending" ? visible(f.reason) : "",
    !state && f.size > 0 ? size(f.size) : "",
  ]
    .filter(Boolean)
    .join(" · ");
  const inside = (
    <>
      <Icon name="file" className="text-ink-3" />
      <span className="min-w-0">
        <span className="block truncate text-base">{name}</span>
        {about && <span className="block text-xs text-ink-3">{about}</span>}
      </span>
      {!state && <Icon name="download" className="text-ink-3" />}
    </>
  );
  const look = "flex max-w-[min(20rem,85%)] items-center gap-2.5 rounded-lg border bg-surface px-3 py-2";
  if (state) return <div className={look}>{inside}</div>;
  return (
    <a
      href={fileSource(f.url)}
      target="_blank"
      rel="noopener noreferrer"
      download={f.name ?? ""}
      className={`${look} hover:bg-hover`}
    >
      {inside}
    </a>
  );
}
