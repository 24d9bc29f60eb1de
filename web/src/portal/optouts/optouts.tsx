import { useState } from "react";
import { path } from "../../lib/api";
import type { Me } from "../../lib/me";
import { queries } from "../../lib/queries";
import type { Organization } from "../../lib/types";
import { optouts as t } from "../../texts/optouts";
import { Button, LinkButton } from "../../ui";
import { CsvButtons } from "../csv/buttons";
import { AddOptOuts } from "./add";
import { History } from "./history";
import { List } from "./list";

/** Who wants nothing more, how they came there, and how they went. */
export default function OptOuts({ me, org, history }: { me: Me; org: Organization; history?: boolean }) {
  const at = path`/v1/organizations/${org.id}/optouts`;
  const page = `/portal/organizations/${org.id}/optouts`;
  const [adding, setAdding] = useState(false);
  const changed = () => queries.invalidateQueries({ queryKey: ["optouts", org.id] });
  return (
    <>
      <div className="flex flex-wrap items-start justify-between gap-3">
        <p className="max-w-xl text-base text-ink-2">{history ? t.historyAbout : t.about}</p>
        <span className="flex flex-wrap gap-2">
          {history ? (
            <LinkButton href={page}>{t.list}</LinkButton>
          ) : (
            <>
              <LinkButton href={`${page}/history`} icon="log">
                {t.history}
              </LinkButton>
              <CsvButtons at={at} file={`${at}?format=csv`} what="optouts" onDone={changed} />
              <Button icon="plus" onClick={() => setAdding(true)}>
                {t.add}
              </Button>
            </>
          )}
        </span>
      </div>
      {history ? <History me={me} org={org} /> : <List org={org} at={at} onChanged={changed} />}
      {adding && <AddOptOuts org={org} at={at} onClose={() => setAdding(false)} onDone={changed} />}
    </>
  );
}
