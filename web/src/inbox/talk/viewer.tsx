import { useState } from "react";
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
  if (!f) return null;
  const name = visible(f.name ?? "") || t.files_.picture("");
  const turn = (by: number) => setAt((at + by + pictures.length) % pictures.length);
  return (
    <Dialog open onClose={onClose} title={name} wide>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the arrow keys do what the two buttons do */}
      <div
        className="flex items-center gap-2"
        onKeyDown={(e) => {
          if (e.key === "ArrowLeft") turn(-1);
          if (e.key === "ArrowRight") turn(1);
        }}
      >
        {pictures.length > 1 && <IconButton icon="left" label={t.files_.previous} onClick={() => turn(-1)} />}
        <img
          src={fileSource(f.url)}
          alt={t.files_.picture(name)}
          className="mx-auto max-h-[calc(100dvh-10rem)] min-w-0 flex-1 rounded-md bg-sunken object-contain"
        />
        {pictures.length > 1 && <IconButton icon="right" label={t.files_.next} onClick={() => turn(1)} />}
      </div>
      <a
        href={fileSource(f.url)}
        download={f.name ?? ""}
        target="_blank"
        rel="noopener noreferrer"
        className="text-link self-center text-base font-medium text-link"
      >
        {t.files_.download}
      </a>
    </Dialog>
  );
}
