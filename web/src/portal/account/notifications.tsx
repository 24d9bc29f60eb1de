import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { all, api, path } from "../../lib/api";
import { useOrganizations } from "../../lib/data";
import { visible, when } from "../../lib/format";
import type { Me } from "../../lib/me";
import { queries } from "../../lib/queries";
import type { Webhook } from "../../lib/types";
import { notifications as t } from "../../texts/account";
import { common } from "../../texts/common";
import {
  Button,
  Confirm,
  EmptyState,
  IconButton,
  PageBody,
  PageHeader,
  RowLink,
  Shown,
  Table,
  Td,
  Th,
  ThActions,
  Tr,
} from "../../ui";
import { WebhookState } from "../webhooks/state";
import { AddWebhook } from "./webhook";

const key = ["webhooks"];
const changed = () => queries.invalidateQueries({ queryKey: key });

export function Notifications({ me }: { me: Me }) {
  const list = useQuery({ queryKey: key, queryFn: ({ signal }) => all<Webhook>("/v1/webhooks", {}, signal) });
  const organizations = useOrganizations();
  const [adding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<Webhook>();
  const nameOf = (id: string) => (id ? (organizations.data?.find((o) => o.id === id)?.name ?? id) : t.every);
  const kindOf = (type: string) => t.kinds.find((k) => k.value === type)?.label ?? type;
  const add = (
    <Button kind="primary" icon="plus" onClick={() => setAdding(true)}>
      {t.add}
    </Button>
  );
  return (
    <PageBody>
      <PageHeader title={t.title} about={t.about} actions={list.data?.length !== 0 && add} />
      <Shown
        query={list}
        empty={
          <EmptyState icon="bell" title={t.empty} action={add}>
            {t.emptyAbout}
          </EmptyState>
        }
      >
        {(rows) => (
          <Table
            label={t.title}
            head={
              <>
                <Th>{t.url}</Th>
                <Th>{t.state}</Th>
                <Th spare>{t.types}</Th>
                <Th spare>{t.organization}</Th>
                <Th spare>{t.created}</Th>
                <ThActions />
              </>
            }
          >
            {rows.map((h) => (
              <Tr key={h.id}>
                <Td className="font-mono text-sm break-all">
                  <RowLink href={`/portal/notifications/${h.id}`}>{visible(h.url)}</RowLink>
                </Td>
                <Td>
                  <WebhookState hook={h} />
                </Td>
                <Td spare className="text-ink-2">
                  {h.types.length === 0 ? t.all : h.types.map(kindOf).join(", ")}
                </Td>
                <Td spare className="text-ink-2">
                  {nameOf(h.orgid)}
                </Td>
                <Td spare className="tabular whitespace-nowrap text-ink-2">
                  {when(h.created)}
                </Td>
                <Td right className="relative z-10">
                  <IconButton small icon="trash" label={`${t.remove}: ${h.url}`} onClick={() => setRemoving(h)} />
                </Td>
              </Tr>
            ))}
          </Table>
        )}
      </Shown>
      {adding && <AddWebhook me={me} onClose={() => setAdding(false)} onDone={changed} />}
      {removing && (
        <Confirm
          open
          danger
          title={t.remove}
          does={common.delete}
          onClose={() => setRemoving(undefined)}
          onConfirm={async () => {
            await api.delete(path`/v1/webhooks/${removing.id}`);
            await changed();
          }}
        >
          {t.removeAbout(visible(removing.url))}
        </Confirm>
      )}
    </PageBody>
  );
}
