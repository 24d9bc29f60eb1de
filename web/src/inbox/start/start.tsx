import { useState } from "react";
import { flushSync } from "react-dom";
import { useNumbers } from "../../lib/data";
import { phone, visible } from "../../lib/format";
import { isProblem } from "../../lib/problem";
import { navigate } from "../../lib/router";
import type { PhoneNumber } from "../../lib/types";
import { common } from "../../texts/common";
import { inbox as t } from "../../texts/inbox";
import { Button, Dialog, ErrorLine, Notice, Select, Shown, TextField } from "../../ui";
import { openConversation } from "../data/actions";
import { useSelf } from "../data/self";
import { writeIn } from "../write/called";
import { Suggestions } from "./suggestions";

const place = "patchbay.from"; // the number that was written from last

/** Begins a conversation: with a number as one would dial it, or with somebody one knows. */
export function StartDialog({ to, onClose }: { to: string; onClose: () => void }) {
  const self = useSelf();
  const numbers = useNumbers(self.orgid);
  if (numbers.data) {
    return <Form first={to} numbers={numbers.data.filter((n) => n.users.includes(self.id))} onClose={onClose} />;
  }
  return (
    <Dialog open onClose={onClose} title={t.start.title}>
      <Shown query={numbers}>{() => null}</Shown>
    </Dialog>
  );
}

function Form({ first, numbers, onClose }: { first: string; numbers: PhoneNumber[]; onClose: () => void }) {
  const [to, setTo] = useState(first);
  const [from, setFrom] = useState(
    () => numbers.find((n) => n.id === localStorage.getItem(place))?.id ?? numbers[0]?.id ?? "",
  );
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const [missing, setMissing] = useState(false);
  const begin = async (contact: string) => {
    if (contact.trim() === "") return setMissing(true);
    setBusy(true);
    setError(undefined);
    try {
      const c = await openConversation(from, contact.trim());
      localStorage.setItem(place, from);
      flushSync(onClose); // while it is open it holds the keyboard
      navigate(`/inbox/${encodeURIComponent(c.id)}`);
      writeIn(c.id);
    } catch (e) {
      setError(e);
      setBusy(false);
    }
  };
  const problem = isProblem(error) ? error : undefined;
  const only = numbers.length === 1 ? numbers[0] : undefined;
  const label = (n: PhoneNumber) => (n.name ? `${visible(n.name)} · ${phone(n.number)}` : phone(n.number));
  return (
    <Dialog
      open
      onClose={onClose}
      title={t.start.title}
      onSubmit={() => void begin(to)}
      footer={
        <>
          <Button onClick={onClose}>{common.cancel}</Button>
          <Button kind="primary" type="submit" busy={busy} disabled={numbers.length === 0}>
            {t.start.begin}
          </Button>
        </>
      }
    >
      {numbers.length === 0 && <Notice tone="warn">{t.start.noNumbers}</Notice>}
      {error !== undefined && !problem?.at("/contact") && <ErrorLine error={error} />}
      <TextField
        label={t.start.to}
        hint={t.start.toHint}
        value={to}
        autoFocus
        error={problem?.at("/contact") ?? (missing && to === "" ? t.start.missing : undefined)}
        onChange={(e) => setTo(e.target.value)}
      />
      <Suggestions q={to} onChoose={(address) => void begin(address)} />
      {only ? (
        <p className="text-base text-ink-2">{t.start.fromOne(label(only))}</p>
      ) : (
        numbers.length > 1 && (
          <Select
            label={t.start.from}
            value={from}
            onChange={(e) => setFrom(e.target.value)}
            options={numbers.map((n) => ({ value: n.id, label: label(n) }))}
          />
        )
      )}
    </Dialog>
  );
}
