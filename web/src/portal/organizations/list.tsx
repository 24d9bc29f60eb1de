import { useState } from "react";
import { useOrganizations } from "../../lib/data";
import { when } from "../../lib/format";
import type { Me } from "../../lib/me";
import { organizations as t } from "../../texts/organizations";
import { Badge, Button, EmptyState, PageBody, PageHeader, RowLink, Shown, Table, Td, Th, Tr } from "../../ui";
import { FirstText } from "../first-text";
import { CreateOrganization } from "./create";

export function OrganizationList({ me }: { me: Me }) {
  const list = useOrganizations();
  const [creating, setCreating] = useState(false);
  const create = me.may_manage_account && (
    <Button kind="primary" icon="plus" onClick={() => setCreating(true)}>
      {t.create}
    </Button>
  );
  return (
    <PageBody>
      <PageHeader title={t.title} about={t.about} actions={create} />
      <Shown query={list}>
        {(rows) => (
          <>
            <FirstText organizations={rows} />
            {rows.length === 0 ? (
              <EmptyState icon="building" title={t.empty} action={create}>
                {t.emptyAbout}
              </EmptyState>
            ) : (
              <Table
                label={t.title}
                head={
                  <>
                    <Th>{t.name}</Th>
                    <Th>{t.domain}</Th>
                    <Th spare right>
                      {t.created}
                    </Th>
                  </>
                }
              >
                {rows.map((o) => (
                  <Tr key={o.id}>
                    <Td>
                      <span className="flex items-center gap-2">
                        <RowLink href={`/portal/organizations/${o.id}`}>{o.name}</RowLink>
                        {o.status === 0 && <Badge tone="warn">{t.off}</Badge>}
                      </span>
                    </Td>
                    <Td className="text-ink-2">{o.domain}</Td>
                    <Td spare right className="tabular whitespace-nowrap text-ink-2">
                      {when(o.created)}
                    </Td>
                  </Tr>
                ))}
              </Table>
            )}
          </>
        )}
      </Shown>
      {creating && <CreateOrganization onClose={() => setCreating(false)} />}
    </PageBody>
  );
}
