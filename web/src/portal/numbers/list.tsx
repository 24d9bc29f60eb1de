import { useState } from "react";
import { useIntegrations, useNumbers } from "../../lib/data";
import type { Organization } from "../../lib/types";
import { numbers as t } from "../../texts/numbers";
import { Button, EmptyState, LinkButton, Shown } from "../../ui";
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
  return (
    <>
      <Shown
        query={list}
        empty={
          <EmptyState icon="hash" title={t.empty} action={add}>
            {t.emptyAbout}
          </EmptyState>
        }
      >
        {(rows) => (
          <>
            <div className="flex justify-end">{add}</div>
            <NumberTable org={org} rows={rows} withService />
          </>
        )}
      </Shown>
      {adding && first && <NumberForm org={org} service={first.service_id} onClose={() => setAdding(false)} />}
    </>
  );
}
