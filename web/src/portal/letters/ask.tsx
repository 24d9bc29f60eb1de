import { letters as t } from "../../texts/letters";
import { traffic } from "../../texts/traffic";
import { Confirm } from "../../ui";
import { type Chosen, type Does, type Outcome, queryOf, settle, settleAt } from "./settle";

export interface Asked {
  does: Does;
  filter: Record<string, string | undefined>;
  /** When the newest that is shown was made. */
  newest: string;
  chosen: Chosen;
  /** How many of them may have arrived. */
  unclear: number | "some";
}

/** Asks before something is sent that may be there already. */
export function Ask({
  asked,
  onClose,
  onDone,
}: {
  asked: Asked;
  onClose: () => void;
  onDone: (outcome: Outcome, said: string) => Promise<void>;
}) {
  const { does, chosen, filter, unclear, newest } = asked;
  const n = "ids" in chosen ? chosen.ids.length : "all";
  const retry = does === "retry";
  return (
    <Confirm
      open
      onClose={onClose}
      title={retry ? t.againTitle : t.dismissTitle}
      does={retry ? t.again : traffic.dismiss}
      onConfirm={async () => {
        const outcome = await settle(chosen, settleAt(does, queryOf(chosen, filter, newest)));
        await onDone(outcome, retry ? t.sent(outcome.done) : t.dismissed(outcome.done));
      }}
    >
      <p>{retry ? t.againAbout(n) : t.dismissAbout(n)}</p>
      {!retry && unclear !== 0 && <p className="mt-2 text-warn">{t.unproven(unclear)}</p>}
      {retry && unclear !== 0 && <p className="mt-2 text-warn">{t.twice(unclear)}</p>}
    </Confirm>
  );
}
