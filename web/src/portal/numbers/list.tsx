import { useState } from "react";
import { path } from "../../lib/api";
import { keys, useIntegrations, useNumbers } from "../../lib/data";
import { queries } from "../../lib/queries";
import type { Organization } from "../../lib/types";
import { numbers as t } from "../../texts/numbers";
import { Button, EmptyState, LinkButton, Shown } from "../../ui";
import { CsvButtons } from "../csv/buttons";
import { NumberForm } from "./form";
import { NumberTable } from "./table";

export function NumberList({ org }: { org: Organization }) {
  const list = useNumbers(org.id);
  const integrations = useIntegrations(org.id);
  const [adding, setAdding] = useState(false);
  const first = integrations.data?.find((i) => i.enabled);
  const add = first ? (
    <Button kind="primary" icon="plus" onClick={() => setAdding(true)}>
      {t.add}
    </Button>
  ) : (
    <LinkButton kind="primary" href={`/portal/organizations/${org.id}/integrations`}>
      {t.toIntegrations}
    </LinkButton>
  );
  const file = (
    <CsvButtons
      at={path`/v1/organizations/${org.id}/numbers.csv`}
      what="numbers"
      onDone={() => queries.invalidateQueries({ queryKey: keys.numbers(org.id) })}
      empty={!list.data?.length}
    />
  );
  return (
    <>
      <Shown
        query={list}
        empty={
          <EmptyState
            icon="hash"
            title={t.empty}
            action={
              <>
                {add}
                {first && file}
              </>
            }
          >
            {t.emptyAbout}
          </EmptyState>
        }
      >
        {(rows) => (
          <>
            <div className="flex flex-wrap justify-end gap-2">
              {file}
              {add}
            </div>
            <NumberTable org={org} rows={rows} withService />
          </>
        )}
      </Shown>
      {adding && first && <NumberForm org={org} service={first.service_id} onClose={() => setAdding(false)} />}
    </>
  );
}
