import { useState } from "react";
import { api } from "../../lib/api";
import { visible } from "../../lib/format";
import { queries } from "../../lib/queries";
import type { Schemas } from "../../lib/types";
import { keeping as t } from "../../texts/keeping";
import { Button, Confirm, Notice, TextField } from "../../ui";

/** Leaves nothing of a contact, once somebody has typed their number twice. */
export function EraseContact({ at }: { at: string }) {
  const [number, setNumber] = useState("");
  const [again, setAgain] = useState("");
  const [asking, setAsking] = useState(false);
  const [done, setDone] = useState<Schemas["Erasure"]>();
  const wanted = number.trim();
  const erase = async () => {
    setDone(await api.post<Schemas["Erasure"]>(`${at}/contacts/${encodeURIComponent(wanted)}/erase`));
    setNumber("");
    for (const key of ["traffic", "letters", "optouts", "messages"])
      await queries.invalidateQueries({ queryKey: [key] });
  };
  const close = () => {
    setAsking(false);
    setAgain("");
  };
  return (
    <form
      noValidate
      className="flex flex-col gap-4"
      onSubmit={(e) => {
        e.preventDefault();
        setDone(undefined);
        if (wanted) setAsking(true);
      }}
    >
      <div className="max-w-xs">
        <TextField
          label={t.number}
          hint={t.numberHint}
          inputMode="tel"
          value={number}
          onChange={(e) => setNumber(e.target.value)}
        />
      </div>
      <Button type="submit" icon="trash" disabled={!wanted} className="self-start">
        {t.eraseDo}
      </Button>
      <div role="status">
        {done && (
          <Notice tone={done.status === "done" ? "good" : "neutral"}>
            {done.status === "done" ? t.erased(done.messages) : t.erasing(done.messages, done.open)}
          </Notice>
        )}
      </div>
      {asking && (
        <Confirm
          open
          danger
          disabled={again.trim() !== wanted}
          title={t.eraseTitle}
          does={t.eraseDo}
          onClose={close}
          onConfirm={erase}
        >
          <p className="mb-2">{t.eraseWarning(visible(wanted))}</p>
          <p className="mb-3">{t.eraseElsewhere}</p>
          <TextField label={t.typeAgain} inputMode="tel" value={again} onChange={(e) => setAgain(e.target.value)} />
        </Confirm>
      )}
    </form>
  );
}
