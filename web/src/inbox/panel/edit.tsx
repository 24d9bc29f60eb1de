import { useState } from "react";
import { isProblem } from "../../lib/problem";
import { common } from "../../texts/common";
import { inbox as t } from "../../texts/inbox";
import { Button, Dialog, ErrorLine, TextArea, TextField } from "../../ui";
import { type Card, type Contact, cardOf, useContactActions } from "../data/contacts";
import type { Conversation } from "../model/types";

const lines = (text: string) => text.split("\n").flatMap((l) => (l.trim() === "" ? [] : [l.trim()]));

/** Changes a contact, or makes one of a number. */
export function EditContact({ c, had, onClose }: { c: Conversation; had: Contact | undefined; onClose: () => void }) {
  const { save } = useContactActions(c);
  const before: Card = had ? cardOf(had) : { name: "", phones: [c.contact], emails: [], note: "" };
  const [name, setName] = useState(before.name);
  const [phones, setPhones] = useState(before.phones.join("\n"));
  const [emails, setEmails] = useState(before.emails.join("\n"));
  const [note, setNote] = useState(before.note);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const submit = async () => {
    setBusy(true);
    setError(undefined);
    try {
      await save({ name: name.trim(), phones: lines(phones), emails: lines(emails), note: note.trim() }, had);
      onClose();
    } catch (e) {
      setError(e);
    } finally {
      setBusy(false);
    }
  };
  const problem = isProblem(error) ? error : undefined;
  const besides = problem ? problem.besides(["/name", "/info"]) : undefined;
  return (
    <Dialog
      open
      onClose={onClose}
      title={had ? t.panel.editTitle : t.panel.add}
      onSubmit={() => void submit()}
      footer={
        <>
          <Button onClick={onClose}>{common.cancel}</Button>
          <Button kind="primary" type="submit" busy={busy}>
            {common.save}
          </Button>
        </>
      }
    >
      {error !== undefined && (!problem || besides) && <ErrorLine error={error} text={besides} />}
      <TextField
        label={t.panel.name}
        value={name}
        error={problem?.at("/name")}
        onChange={(e) => setName(e.target.value)}
        autoFocus
      />
      <TextArea
        label={t.panel.numbers}
        hint={t.panel.numbersHint}
        rows={2}
        value={phones}
        error={problem?.at("/info")}
        onChange={(e) => setPhones(e.target.value)}
      />
      <TextArea
        label={t.panel.email}
        hint={t.panel.emailHint}
        optional
        rows={1}
        value={emails}
        onChange={(e) => setEmails(e.target.value)}
      />
      <TextArea label={t.panel.note} optional rows={3} value={note} onChange={(e) => setNote(e.target.value)} />
    </Dialog>
  );
}
