import { useEffect, useRef, useState } from "react";
import { inbox as t } from "../../texts/inbox";
import { words } from "../../ui";
import { mostBytes, mostFiles, upload } from "../data/uploads";
import type { Upload } from "../model/types";

export interface Attachment {
  n: number;
  name: string;
  size: number;
  preview?: string; // of a picture, from this computer
  done?: Upload;
  error?: string;
}

export interface FilesHere {
  list: readonly Attachment[];
  done: Upload[];
  busy: boolean;
  error?: string;
  add: (files: File[]) => void;
  remove: (n: number) => void;
  clear: () => void;
}

let count = 0;

/** The files that go with the next message. They go up at once, so that sending does not wait for them. */
export function useFiles(): FilesHere {
  const [list, setList] = useState<readonly Attachment[]>([]);
  const [error, setError] = useState<string>();
  const stops = useRef(new Map<number, AbortController>());

  useEffect(() => {
    const running = stops.current;
    return () => {
      for (const s of running.values()) s.abort();
    };
  }, []);

  const change = (n: number, to: Partial<Attachment>) =>
    setList((all) => all.map((a) => (a.n === n ? { ...a, ...to } : a)));

  const add = (files: File[]) => {
    setError(undefined);
    let room = mostFiles - list.length;
    for (const file of files) {
      if (room-- <= 0) return setError(t.write.tooMany);
      if (file.size > mostBytes) {
        setError(t.write.tooLarge(file.name));
        continue;
      }
      const n = ++count;
      const stop = new AbortController();
      stops.current.set(n, stop);
      const preview = /^image\/(png|jpeg|gif|webp)$/.test(file.type) ? URL.createObjectURL(file) : undefined;
      setList((all) => [...all, { n, name: file.name, size: file.size, preview }]);
      upload(file, stop.signal)
        .then((done) => change(n, { done }))
        .catch((e: unknown) => change(n, { error: words(e) }));
    }
  };

  const forget = (a: Attachment) => {
    stops.current.get(a.n)?.abort();
    stops.current.delete(a.n);
    if (a.preview) URL.revokeObjectURL(a.preview);
  };

  return {
    list,
    done: list.flatMap((a) => (a.done ? [a.done] : [])),
    busy: list.some((a) => !a.done),
    error,
    add,
    remove: (n) => {
      for (const a of list) if (a.n === n) forget(a);
      setList((all) => all.filter((a) => a.n !== n));
    },
    clear: () => {
      for (const a of list) forget(a);
      setList([]);
    },
  };
}
