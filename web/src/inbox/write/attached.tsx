import { size, visible } from "../../lib/format";
import { inbox as t } from "../../texts/inbox";
import { ErrorLine, Icon, IconButton } from "../../ui";
import type { Attached } from "../data/attached";
import { useStore } from "../data/store";
import { fileSource } from "../data/uploads";

/** The files that go along. */
export function AttachedFiles({ files }: { files: Attached }) {
  const { list, error } = useStore(files);
  if (list.length === 0 && !error) return null;
  return (
    <div className="flex flex-col gap-2 px-3 pt-2">
      {error && <ErrorLine text={error} />}
      <ul className="flex flex-wrap gap-2">
        {list.map((a) => {
          const preview = a.preview ?? (a.done?.preview ? fileSource(a.done.preview) : undefined);
          return (
            <li key={a.n} className="flex max-w-60 items-center gap-2 rounded-md border bg-surface p-1 pr-0">
              {preview ? (
                <img src={preview} alt="" className="size-9 rounded-sm object-cover" />
              ) : (
                <Icon name="file" className="ml-1 text-ink-3" />
              )}
              <span className="min-w-0 text-xs">
                <span className="block truncate">{visible(a.name)}</span>
                {a.error ? (
                  <span role="alert" className="block truncate text-bad" title={a.error}>
                    {a.error}
                  </span>
                ) : (
                  <span className="block text-ink-3">{a.done ? size(a.size) : t.write.uploading}</span>
                )}
              </span>
              <IconButton icon="x" small label={t.write.remove(visible(a.name))} onClick={() => files.remove(a.n)} />
            </li>
          );
        })}
      </ul>
    </div>
  );
}
