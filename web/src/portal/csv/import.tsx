import { useMutation } from "@tanstack/react-query";
import { type ChangeEvent, useId, useState } from "react";
import { api } from "../../lib/api";
import { visible } from "../../lib/format";
import { isProblem } from "../../lib/problem";
import type { Schemas } from "../../lib/types";
import { common } from "../../texts/common";
import { csv as t } from "../../texts/csv";
import { Button, Dialog, ErrorLine, Notice, Spinner, toast } from "../../ui";
import { firstLines } from "./parse";

/** Of opt-outs the server says how many changed, and looks at no file beforehand. */
type Imported = Schemas["ImportedRows"] | Schemas["Changed"];

const shownLines = 6; // with the line of names
const shownMistakes = 50;

interface Props {
  at: string;
  what: "users" | "numbers" | "optouts";
  onDone: () => unknown;
  onClose: () => void;
}

/** A file is looked at first: its lines, its mistakes with their lines, or what would be added. Then it is taken, whole. */
export default function ImportDialog({ at, what, onDone, onClose }: Props) {
  const looks = what !== "optouts";
  const [text, setText] = useState<string>();
  const send = (file: string, check: boolean) =>
    api.post<Imported>(at, new Blob([file]), {
      query: { check: check || undefined },
      headers: { "Content-Type": "text/csv" },
    });
  const look = useMutation({ mutationFn: (file: string) => send(file, true) });
  const take = useMutation({
    mutationFn: (file: string) => send(file, false),
    onSuccess: async (a) => {
      await onDone();
      toast(t.done("added" in a ? a.added : a.changed));
      onClose();
    },
  });
  const choose = async (e: ChangeEvent<HTMLInputElement>) => {
    const chosen = e.target.files?.[0];
    take.reset();
    look.reset();
    const read = await chosen?.text();
    setText(read);
    if (looks && read !== undefined) look.mutate(read);
  };
  const looked = look.data && "added" in look.data ? look.data : undefined;
  const added = looks ? (looked?.added ?? 0) : Math.max(0, firstLines(text ?? "", 0).all - 1);
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title={t.title[what]}
      description={t.about[what]}
      onSubmit={() => text !== undefined && added > 0 && take.mutate(text)}
      footer={
        <>
          <Button onClick={onClose}>{common.cancel}</Button>
          <Button type="submit" kind="primary" busy={take.isPending} disabled={added === 0}>
            {t.does(added)}
          </Button>
        </>
      }
    >
      <FileField onChange={(e) => void choose(e)} />
      <div aria-live="polite" className="flex flex-col gap-3">
        {look.isPending && (
          <p className="flex items-center gap-2 text-ink-2">
            <Spinner /> {t.checking}
          </p>
        )}
        {looked && (
          <Notice tone={added > 0 ? "good" : "neutral"}>
            {added > 0 ? t.would(added, looked.unchanged) : t.nothing}
          </Notice>
        )}
        <Mistakes error={take.error ?? look.error} />
      </div>
      {text !== undefined && !look.isError && <Preview text={text} />}
    </Dialog>
  );
}

function FileField({ onChange }: { onChange: (e: ChangeEvent<HTMLInputElement>) => void }) {
  const id = useId();
  return (
    <div className="flex flex-col gap-1">
      <label htmlFor={id} className="text-sm font-medium">
        {t.file}
      </label>
      <input
        id={id}
        type="file"
        accept=".csv,text/csv,text/plain"
        onChange={onChange}
        aria-describedby={`${id}-hint`}
        className="rounded-md border border-control bg-surface text-base file:mr-3 file:h-control file:border-0 file:border-r file:border-control file:bg-sunken file:px-3 file:font-medium file:text-ink"
      />
      <p id={`${id}-hint`} className="text-sm text-ink-3">
        {t.fileHint}
      </p>
    </div>
  );
}

/** Every mistake with its line, as the server tells them. */
function Mistakes({ error }: { error: unknown }) {
  if (!error) return null;
  if (!isProblem(error) || error.fields.length === 0) return <ErrorLine error={error} />;
  const rows = error.fields.slice(0, shownMistakes);
  const rest = error.fields.length - rows.length;
  return (
    <div role="alert" className="flex flex-col gap-2">
      <Notice tone="bad">{t.mistakes(error.fields.length)}</Notice>
      <ul className="flex max-h-60 flex-col gap-1 overflow-y-auto rounded-md border px-3 py-2 text-base">
        {rows.map((f) => (
          <li key={f.pointer + f.message}>{visible(f.message)}</li>
        ))}
      </ul>
      {rest > 0 && <p className="text-sm text-ink-3">{t.more(rest)}</p>}
    </div>
  );
}

function Preview({ text }: { text: string }) {
  const { rows, all } = firstLines(text, shownLines);
  const [head, ...body] = rows;
  if (!head) return null;
  return (
    <figure className="min-w-0">
      <figcaption className="mb-1 flex justify-between text-sm text-ink-3">
        <span>{t.preview}</span>
        <span>{t.rows(body.length, all - 1)}</span>
      </figcaption>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable with the keyboard */}
      <section tabIndex={0} aria-label={t.preview} className="overflow-x-auto rounded-md border">
        <table className="w-full text-left text-sm">
          <thead className="border-b bg-sunken">
            <tr>
              {head.map((c, i) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: a column is what stands at its place
                <th key={i} scope="col" className="px-2 py-1 font-medium whitespace-nowrap">
                  {visible(c)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody className="divide-y">
            {body.map((r, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a line is what stands at its place
              <tr key={i}>
                {head.map((_, n) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: a column is what stands at its place
                  <td key={n} className="max-w-60 truncate px-2 py-1 text-ink-2">
                    {visible(r[n] ?? "")}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </figure>
  );
}
