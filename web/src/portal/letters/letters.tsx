import { useState } from "react";
import { usePages } from "../../lib/data";
import { queries } from "../../lib/queries";
import { useQuery as useAddress } from "../../lib/router";
import type { Message } from "../../lib/types";
import { letters as t } from "../../texts/letters";
import { traffic } from "../../texts/traffic";
import { Button, EmptyState, Notice, Shown, toast } from "../../ui";
import { ChoiceFilter, NumberFilter, OrganizationFilter, ServiceFilter, TextFilter } from "../traffic/filters";
import { Ask, type Asked } from "./ask";
import { EditLetter } from "./edit";
import { LetterRows } from "./rows";
import type { Outcome } from "./settle";

const names = ["orgid", "status", "service", "number", "to", "q", "code"] as const;

/** What did not get through, and what is to become of it. */
export default function DeadLetters() {
  const [address, change] = useAddress();
  const filter = Object.fromEntries(names.map((n) => [n, address.get(n) ?? undefined]));
  // What is selected goes with the filters that it was selected under.
  return (
    <>
      <search className="grid grid-cols-2 gap-2 md:grid-cols-3">
        <OrganizationFilter />
        <ChoiceFilter name="status" label={traffic.status} any={t.anyStatus} options={t.statuses} />
        <ServiceFilter />
        <NumberFilter />
        <TextFilter name="to" label={traffic.to} tel />
        <TextFilter name="q" label={traffic.text} />
        <TextFilter name="code" label={traffic.code} />
      </search>
      <Letters
        key={JSON.stringify(filter)}
        filter={filter}
        clear={
          names.some((n) => filter[n]) ? () => change(Object.fromEntries(names.map((n) => [n, undefined]))) : undefined
        }
      />
    </>
  );
}

type Filter = Record<string, string | undefined>;

function Letters({ filter, clear }: { filter: Filter; clear?: () => void }) {
  const list = usePages<Message>(["letters", filter], "/v1/dead-letters", filter);
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set());
  const [everything, setEverything] = useState(false);
  const [asked, setAsked] = useState<Asked>();
  const [editing, setEditing] = useState<Message>();
  const [refused, setRefused] = useState<Outcome["refused"]>([]);
  const rows = list.data ?? [];
  const chosen = rows.filter((m) => picked.has(m.id));
  const pick = (ids: Iterable<string>) => {
    setEverything(false);
    setPicked(new Set(ids));
  };
  const settled = async (outcome: Outcome, said: string) => {
    setRefused(outcome.refused);
    pick([]);
    toast(said);
    await queries.invalidateQueries({ queryKey: ["letters"] });
  };
  const ask = (does: Asked["does"]) =>
    setAsked({
      does,
      filter,
      newest: rows[0]?.created ?? "",
      chosen: everything ? { all: true } : { ids: chosen.map((m) => m.id) },
      unclear: everything ? "some" : chosen.filter((m) => m.status === "unclear").length,
    });
  return (
    <>
      <Refused list={refused} />
      <Shown
        query={list}
        empty={
          <EmptyState icon="check" title={t.empty} action={clear && <Button onClick={clear}>{traffic.clear}</Button>}>
            {clear ? t.emptyFiltered : t.emptyAbout}
          </EmptyState>
        }
      >
        {(all) => (
          <>
            <div className="-mb-2 flex min-h-control flex-wrap items-center gap-2">
              <Button icon="replay" kind="primary" disabled={chosen.length === 0} onClick={() => ask("retry")}>
                {t.again}
              </Button>
              <Button icon="check" disabled={chosen.length === 0} onClick={() => ask("dismiss")}>
                {traffic.dismiss}
              </Button>
              <span role="status" className="text-base text-ink-2">
                {everything ? t.everythingSelected : chosen.length > 0 ? t.selected(chosen.length) : t.about}
              </span>
              {list.hasNextPage && chosen.length === all.length && !everything && (
                <Button kind="quiet" onClick={() => setEverything(true)}>
                  {t.everything}
                </Button>
              )}
              {chosen.length > 0 && (
                <Button kind="quiet" onClick={() => pick([])}>
                  {t.unselect}
                </Button>
              )}
            </div>
            <LetterRows rows={all} picked={picked} onPick={pick} onEdit={setEditing} />
          </>
        )}
      </Shown>
      {editing && (
        <EditLetter
          message={editing}
          onClose={() => setEditing(undefined)}
          onDone={() => queries.invalidateQueries({ queryKey: ["letters"] })}
        />
      )}
      {asked && <Ask asked={asked} onClose={() => setAsked(undefined)} onDone={settled} />}
    </>
  );
}

/** Those that were not sent again, and why, in the server's words. */
function Refused({ list }: { list: Outcome["refused"] }) {
  if (list.length === 0) return null;
  const why = Map.groupBy(list, (r) => r.detail);
  return (
    <Notice tone="bad">
      <div role="alert">
        <p className="font-medium">{t.refused(list.length)}</p>
        <ul className="text-sm">
          {[...why].slice(0, 5).map(([detail, of]) => (
            <li key={detail}>
              {of.length > 1 ? `${of.length} × ` : ""}
              {detail}
            </li>
          ))}
        </ul>
      </div>
    </Notice>
  );
}
