import { useEffect, useRef, useState } from "react";

const hasFiles = (e: DragEvent) => e.dataTransfer?.types.includes("Files") === true;

/**
 * Files may be let go anywhere on the page: beside the place for them a browser would open them in the page's stead. Answers whether files
 * are held over the page. take: undefined when there is nothing to do with them here.
 */
export function useDrop(take: ((files: File[]) => void) | undefined): boolean {
  const [over, setOver] = useState(false);
  const latest = useRef(take);
  latest.current = take;
  useEffect(() => {
    const held = (e: DragEvent) => {
      if (!e.dataTransfer || !hasFiles(e)) return;
      e.preventDefault();
      e.dataTransfer.dropEffect = latest.current ? "copy" : "none";
      setOver(latest.current !== undefined);
    };
    const left = (e: DragEvent) => {
      if (e.relatedTarget === null) setOver(false);
    };
    const dropped = (e: DragEvent) => {
      if (!hasFiles(e)) return;
      e.preventDefault();
      setOver(false);
      latest.current?.([...(e.dataTransfer?.files ?? [])]);
    };
    addEventListener("dragover", held);
    addEventListener("dragleave", left);
    addEventListener("drop", dropped);
    return () => {
      removeEventListener("dragover", held);
      removeEventListener("dragleave", left);
      removeEventListener("drop", dropped);
    };
  }, []);
  return over;
}
