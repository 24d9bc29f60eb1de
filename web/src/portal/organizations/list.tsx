import { useState } from "react";
import { useOrganizationCounts } from "../../lib/data";
import { count } from "../../lib/format";
import type { Me } from "../../lib/me";
import type { Organization } from "../../lib/types";
import { organizations as t } from "../../texts/organizations";
import { glance } from "../../texts/usage";
import { Badge, Button, EmptyState, PageBody, PageHeader, RowLink, Shown, Table, Td, Th, Tr } from "../../ui";
import { FirstText } from "../first-text";
import { CreateOrganization } from "./create";

export function OrganizationList({ me }: { me: Me }) {
  const list = useOrganizationCounts();
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
                    <Th spare>{t.domain}</Th>
                    <Th spare right>
                      {t.users}
                    </Th>
                    <Th spare right>
                      {t.numbers}
                    </Th>
                    <Th right>{glance.today}</Th>
                  </>
                }
              >
                {rows.map((o) => (
                  <Tr key={o.id}>
                    <Td>
                      <span className="flex flex-wrap items-center gap-x-2">
                        <RowLink href={`/portal/organizations/${o.id}`}>{o.name}</RowLink>
                        {o.status === 0 && <Badge tone="warn">{t.off}</Badge>}
                        {o.counts && o.counts.attention > 0 && (
                          <Badge tone="bad" title={glance.integrations(o.counts.attention)}>
                            {glance.attention}
                          </Badge>
                        )}
                      </span>
                    </Td>
                    <Td spare className="text-ink-2">
                      {o.domain}
                    </Td>
                    <Td spare right className="tabular text-ink-2">
                      {o.counts && count(o.counts.users)}
                    </Td>
                    <Td spare right className="tabular text-ink-2">
                      {o.counts && count(o.counts.numbers)}
                    </Td>
                    <Td right className="tabular whitespace-nowrap text-ink-2">
                      {o.counts && <Today counts={o.counts} />}
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

function Today({ counts }: { counts: NonNullable<Organization["counts"]> }) {
  const { in: received, out, failed } = counts.today;
  return (
    <>
      {glance.inOut({ in: count(received), out: count(out) })}
      {failed > 0 && <span className="block text-sm text-bad">{glance.failedOf(count(failed))}</span>}
    </>
  );
}
