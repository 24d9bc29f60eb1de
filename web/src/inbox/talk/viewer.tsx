import { useEffect, useState } from "react";
import { visible } from "../../lib/format";
import { inbox as t } from "../../texts/inbox";
import { Dialog, IconButton } from "../../ui";
import { fileSource } from "../data/uploads";
import type { Message } from "../model/types";
import { isShown } from "./files";

/** A picture as large as the screen allows, and the message's others beside it. */
export function Viewer({ message, file, onClose }: { message: Message; file: number; onClose: () => void }) {
  const pictures = message.media.filter(isShown);
  const chosen = message.media[file];
  const [at, setAt] = useState(Math.max(0, chosen ? pictures.indexOf(chosen) : 0));
  const f = pictures[at];
  const turn = (by: number) => setAt((at + by + pictures.length) % pictures.length);
  useEffect(() => {
    const turned = (e: KeyboardEvent) => {
      if (e.key === "ArrowLeft") turn(-1);
      if (e.key === "ArrowRight") turn(1);
    };
    addEventListener("keydown", turned);
    return () => removeEventListener("keydown", turned);
  });
  if (!f) return null;
  const name = visible(f.name ?? "") || t.files_.picture("");
  return (
    <Dialog open onClose={onClose} title={name} wide="screen">
      <div className="relative flex h-[calc(100dvh-10rem)] items-center justify-center">
        <img src={fileSource(f.url)} alt={t.files_.picture(name)} className="max-h-full max-w-full rounded-md" />
        {pictures.length > 1 && (
          <>
            <IconButton
              kind="plain"
              icon="left"
              label={t.files_.previous}
              onClick={() => turn(-1)}
              className="absolute left-0"
            />
            <IconButton
              kind="plain"
              icon="right"
              label={t.files_.next}
              onClick={() => turn(1)}
              className="absolute right-0"
            />
          </>
        )}
      </div>
      <a
        href={fileSource(f.url)}
        download={f.name ?? ""}
        target="_blank"
        rel="noopener noreferrer"
        className="self-center text-base font-medium text-link"
      >
        {t.files_.download}
      </a>
    </Dialog>
  );
}
