import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { useNumbers } from "../../lib/data";
import { phone, visible } from "../../lib/format";
import { inbox as t } from "../../texts/inbox";
import { Button, cx, IconButton } from "../../ui";
import { attachedTo } from "../data/attached";
import { loadDraft, saveDraft } from "../data/drafts";
import { outboxOf } from "../data/outbox";
import { useSelf } from "../data/self";
import { useStore } from "../data/store";
import { sayTyping } from "../data/typing";
import { nameOfContact } from "../list/words";
import { newKey } from "../model/drafts";
import type { Conversation } from "../model/types";
import { AttachedFiles } from "./attached";
import { useCalled } from "./called";
import { Count } from "./count";
import { useDrop } from "./use-drop";

export const composerId = "inbox-composer";

/** Where one writes: a text to the contact, or a note to the others. What was begun is there again when one comes back. */
export function Composer({ c }: { c: Conversation }) {
  const self = useSelf();
  const [draft, setDraft] = useState(() => loadDraft(self.id, c.id));
  const files = attachedTo(self.id, c.id);
  useStore(files);
  const area = useRef<HTMLTextAreaElement>(null);
  const picker = useRef<HTMLInputElement>(null);
  const number = useNumbers(self.orgid).data?.find((n) => n.id === c.number);

  useCalled(c.id, () => {
    setDraft(loadDraft(self.id, c.id));
    area.current?.focus();
  });
  useEffect(() => () => sayTyping(c.id, false), [c.id]);

  const change = (to: Partial<typeof draft>) => {
    const next = { ...draft, ...to };
    setDraft(next);
    saveDraft(self.id, c.id, next);
  };
  const { text, note } = draft;
  const dropping = useDrop(note ? undefined : (dropped) => files.add(dropped));
  const ready = (text.trim() !== "" || (!note && files.done.length > 0)) && (note || !files.busy);
  const send = () => {
    if (!ready) return;
    outboxOf(self.id).send({
      key: draft.key,
      conversation: c.id,
      content: text.trim(),
      note,
      media: note ? [] : files.done,
    });
    change({ text: "", key: newKey() });
    if (!note) files.clear();
    sayTyping(c.id, false);
    area.current?.focus();
  };
  const pressed = (e: KeyboardEvent) => {
    if (e.key === "Escape") {
      area.current?.blur();
      e.stopPropagation();
    }
    const hardware = !matchMedia("(pointer: coarse)").matches; // on a phone's keyboard Enter begins a new line
    if (e.key === "Enter" && !e.shiftKey && !e.nativeEvent.isComposing && hardware) {
      e.preventDefault();
      send();
    }
  };
  return (
    <form
      onSubmit={(e) => {
        e.preventDefault();
        send();
      }}
      className="shrink-0 px-3 pb-3"
    >
      <div
        className={cx(
          "relative flex flex-col rounded-lg border border-control focus-within:outline-2 focus-within:outline-focus",
          note ? "bg-warn-soft" : "bg-surface",
        )}
      >
        <Kinds note={note} onChange={(n) => change({ note: n })} />
        {!note && <AttachedFiles files={files} />}
        <textarea
          ref={area}
          id={composerId}
          aria-label={note ? t.write.noteLabel : t.write.label}
          aria-keyshortcuts="r"
          dir="auto"
          rows={2}
          value={text}
          placeholder={note ? t.write.notePlaceholder : t.write.placeholder(nameOfContact(c))}
          onChange={(e) => {
            change({ text: e.target.value });
            if (!note) sayTyping(c.id, e.target.value !== "");
          }}
          onKeyDown={pressed}
          onPaste={(e) => {
            if (note || e.clipboardData.files.length === 0) return;
            e.preventDefault();
            files.add([...e.clipboardData.files]);
          }}
          className="field-sizing-content max-h-48 min-h-12 w-full resize-none bg-transparent px-3 py-1 text-base outline-none"
        />
        <div className="flex items-center gap-2 px-2 pb-2">
          {!note && (
            <>
              <IconButton icon="clip" small label={t.write.attach} onClick={() => picker.current?.click()} />
              <input
                ref={picker}
                type="file"
                multiple
                hidden
                onChange={(e) => {
                  files.add([...(e.target.files ?? [])]);
                  e.target.value = "";
                }}
              />
            </>
          )}
          <span className="min-w-0 flex-1 truncate text-xs text-ink-3">
            {!note &&
              t.write.from(number?.name ? `${visible(number.name)} ${phone(number.number)}` : phone(c.number_value))}
          </span>
          {!note && <Count text={text.trim()} number={number} writer={self.name} />}
          <Button
            type="submit"
            kind={note ? "plain" : "primary"}
            small
            icon={note ? "check" : "send"}
            disabled={!ready}
            title={t.write.keys}
          >
            {note ? t.write.keepNote : t.write.send}
          </Button>
        </div>
        {dropping && (
          <p className="pointer-events-none absolute inset-0 flex items-center justify-center rounded-lg bg-selected text-base font-medium">
            {t.write.dropHere}
          </p>
        )}
      </div>
    </form>
  );
}

function Kinds({ note, onChange }: { note: boolean; onChange: (note: boolean) => void }) {
  const kind = (is: boolean, label: string) => (
    <button
      type="button"
      aria-pressed={note === is}
      onClick={() => onChange(is)}
      className={cx(
        "h-7 border-b-2 px-1 text-sm pointer-coarse:h-9",
        note === is ? "border-accent font-medium text-ink" : "border-transparent text-ink-3 hover:text-ink",
      )}
    >
      {label}
    </button>
  );
  return (
    <fieldset className="flex gap-3 px-2 pt-1">
      <legend className="sr-only">{t.write.kind}</legend>
      {kind(false, t.write.label)}
      {kind(true, t.write.noteLabel)}
    </fieldset>
  );
}
