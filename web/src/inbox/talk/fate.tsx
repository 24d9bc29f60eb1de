import { useState } from "react";
import { inbox as t } from "../../texts/inbox";
import { cx, Icon } from "../../ui";
import { attempt } from "../attempt";
import { resend, settle } from "../data/actions";
import { attachedTo } from "../data/attached";
import { loadDraft, saveDraft } from "../data/drafts";
import { outboxOf } from "../data/outbox";
import { useSelf } from "../data/self";
import { fateOf } from "../model/status";
import type { Message, Pending } from "../model/types";
import { writeIn } from "../write/called";

const tones = { quiet: "text-ink-3", good: "text-good", warn: "text-warn", bad: "text-bad" } as const;

/** What has become of a message, and what may be done about it, in place. What is as it should be is said once for a group. */
export function Fate({ m, last, resent }: { m: Message; last: boolean; resent: boolean }) {
  const fate = fateOf(m);
  const [busy, setBusy] = useState(false);
  const [done, setDone] = useState(false);
  if (fate.done && !last) return null;
  const act = (does: () => Promise<void>) => () => {
    setBusy(true);
    attempt(
      does()
        .then(() => setDone(true))
        .finally(() => setBusy(false)),
    );
  };
  const answered = done || resent;
  return (
    <>
      <span className={cx("flex items-start gap-1", tones[fate.tone])}>
        {fate.tone === "bad" || fate.tone === "warn" ? <Icon name="alert" size={12} className="mt-0.5" /> : null}
        <span>{fate.words}</span>
      </span>
      {m.status === "queued" && <Do busy={busy} name={t.fate.takeBack} run={act(() => settle(m, "cancel"))} />}
      {fate.ask && !answered && (
        <span className="flex">
          <Do busy={busy} name={t.fate.again} run={act(() => resend(m))} />
          {fate.ask === "unclear" && <Do busy={busy} name={t.fate.arrived} run={act(() => settle(m, "dismiss"))} />}
        </span>
      )}
      {fate.ask && answered && <span>{t.fate.resent}</span>}
    </>
  );
}

/** What is not with the server yet, or did not get there. */
export function PendingFate({ p }: { p: Pending }) {
  const self = useSelf();
  const box = outboxOf(self.id);
  if (p.state === "sending") return <p className="text-xs text-ink-3">{t.fate.sending}</p>;
  const edit = () => {
    const draft = loadDraft(self.id, p.conversation);
    const text = draft.text === "" ? p.content : `${p.content}\n${draft.text}`;
    box.discard(p.key);
    saveDraft(self.id, p.conversation, { ...draft, text, note: p.note });
    attachedTo(self.id, p.conversation).putBack(p.media);
    writeIn(p.conversation);
  };
  return (
    <p className="flex flex-wrap items-center justify-end gap-x-1.5 text-xs">
      <span role="alert" className="flex items-start gap-1 text-bad">
        <Icon name="alert" size={12} className="mt-0.5" />
        {t.fate.notSaved(p.error ?? "")}
      </span>
      {p.again && <Do name={t.fate.tryAgain} run={() => box.retry(p.key)} />}
      <Do name={t.fate.edit} run={edit} />
      <Do name={t.fate.discard} run={() => box.discard(p.key)} />
    </p>
  );
}

function Do({ name, run, busy }: { name: string; run: () => void; busy?: boolean }) {
  return (
    <button
      type="button"
      disabled={busy}
      onClick={run}
      className="rounded-sm px-1 font-medium text-link hover:underline disabled:text-ink-3 pointer-coarse:py-2"
    >
      {name}
    </button>
  );
}
