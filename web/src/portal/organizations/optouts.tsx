import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { all, api, path } from "../../lib/api";
import { useNumbers } from "../../lib/data";
import { useForm } from "../../lib/form";
import { phone, when } from "../../lib/format";
import { queries } from "../../lib/queries";
import type { OptOut, Organization } from "../../lib/types";
import { common } from "../../texts/common";
import { optouts as t } from "../../texts/optouts";
import {
  Button,
  Confirm,
  EmptyState,
  FormDialog,
  IconButton,
  LinkButton,
  Select,
  Shown,
  Table,
  Td,
  TextArea,
  Th,
  ThActions,
  Tr,
  toast,
} from "../../ui";

export function OptOuts({ org }: { org: Organization }) {
  const at = path`/v1/organizations/${org.id}/optouts`;
  const key = ["optouts", org.id];
  const list = useQuery({ queryKey: key, queryFn: ({ signal }) => all<OptOut>(at, {}, signal) });
  const [adding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<OptOut>();
  const changed = () => queries.invalidateQueries({ queryKey: key });
  const remove = async (o: OptOut) => {
    await api.delete(`${at}/${encodeURIComponent(o.contact)}`, { query: { number: o.number } });
    await changed();
  };
  return (
    <>
      <div className="flex flex-wrap items-start justify-between gap-3">
        <p className="max-w-2xl text-base text-ink-2">{t.about}</p>
        <span className="flex gap-2">
          <LinkButton href={`${at}?format=csv`} download icon="download">
            {t.export}
          </LinkButton>
          <Button icon="plus" onClick={() => setAdding(true)}>
            {t.add}
          </Button>
        </span>
      </div>
      <Shown
        query={list}
        empty={
          <EmptyState icon="ban" title={t.empty}>
            {t.emptyAbout}
          </EmptyState>
        }
      >
        {(rows) => (
          <Table
            label={t.contact}
            head={
              <>
                <Th>{t.contact}</Th>
                <Th>{t.number}</Th>
                <Th spare>{t.source}</Th>
                <Th spare>{t.since}</Th>
                <ThActions />
              </>
            }
          >
            {rows.map((o) => (
              <Tr key={`${o.contact} ${o.number}`}>
                <Td className="tabular font-medium whitespace-nowrap">{phone(o.contact)}</Td>
                <Td className="tabular whitespace-nowrap text-ink-2">{o.number ? phone(o.number) : t.all}</Td>
                <Td spare className="text-ink-2">
                  {t.sources[o.source] ?? o.source}
                </Td>
                <Td spare className="tabular whitespace-nowrap text-ink-2">
                  {when(o.since)}
                </Td>
                <Td right>
                  <IconButton small icon="x" label={`${t.remove}: ${o.contact}`} onClick={() => setRemoving(o)} />
                </Td>
              </Tr>
            ))}
          </Table>
        )}
      </Shown>
      {adding && <Add org={org} at={at} onClose={() => setAdding(false)} onDone={changed} />}
      {removing && (
        <Confirm
          open
          title={t.remove}
          does={t.remove}
          onClose={() => setRemoving(undefined)}
          onConfirm={() => remove(removing)}
        >
          {t.removeAbout(phone(removing.contact))}
        </Confirm>
      )}
    </>
  );
}

function Add({
  org,
  at,
  onClose,
  onDone,
}: {
  org: Organization;
  at: string;
  onClose: () => void;
  onDone: () => Promise<void>;
}) {
  const numbers = useNumbers(org.id);
  const form = useForm(
    { text: "", number: "" },
    (v) =>
      api.post(at, {
        contacts: v.text
          .split(/[\n,;]+/)
          .map((c) => c.trim())
          .filter(Boolean),
        number: v.number || undefined,
      }),
    async () => {
      await onDone();
      toast(t.added);
      onClose();
    },
  );
  return (
    <FormDialog form={form} title={t.add} does={common.add} disabled={!form.values.text.trim()} onClose={onClose}>
      <TextArea mono rows={5} label={t.contacts} hint={t.contactsHint} {...form.field("text", "/contacts")} />
      <Select
        label={t.number}
        {...form.field("number")}
        options={[
          { value: "", label: t.all },
          ...(numbers.data ?? []).map((n) => ({ value: n.number, label: `${n.name} ${phone(n.number)}` })),
        ]}
      />
    </FormDialog>
  );
}
