import { useQuery } from "@tanstack/react-query";
import { type ComponentProps, useState } from "react";
import { all, api, path } from "../../lib/api";
import { useOrganizations, useUsers } from "../../lib/data";
import { useForm } from "../../lib/form";
import { visible, when } from "../../lib/format";
import type { Me } from "../../lib/me";
import { queries } from "../../lib/queries";
import type { Key } from "../../lib/types";
import { apiKeys as t } from "../../texts/account";
import { common } from "../../texts/common";
import {
  Button,
  Confirm,
  CopyDialog,
  EmptyState,
  FormDialog,
  IconButton,
  PageBody,
  PageHeader,
  Select,
  Shown,
  Table,
  Td,
  TextField,
  Th,
  ThActions,
  Tr,
} from "../../ui";

const changed = () => queries.invalidateQueries({ queryKey: ["keys"] });

export function Keys({ me }: { me: Me }) {
  const list = useQuery({ queryKey: ["keys"], queryFn: ({ signal }) => all<Key>("/v1/keys", {}, signal) });
  const [adding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<Key>();
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
          <EmptyState icon="key" title={t.empty} action={add}>
            {t.emptyAbout}
          </EmptyState>
        }
      >
        {(rows) => (
          <Table
            label={t.title}
            head={
              <>
                <Th>{t.name}</Th>
                <Th>{t.role}</Th>
                <Th>{t.hint}</Th>
                <Th spare>{t.created}</Th>
                <ThActions />
              </>
            }
          >
            {rows.map((k) => (
              <Tr key={k.id}>
                <Td className="font-medium">{visible(k.name) || "–"}</Td>
                <Td className="text-ink-2">{t.roles[k.role] ?? k.role}</Td>
                <Td className="font-mono text-sm text-ink-2">{k.hint}</Td>
                <Td spare className="tabular text-ink-2">
                  {when(k.created)}
                </Td>
                <Td right>
                  <IconButton small icon="trash" label={`${t.remove}: ${k.name}`} onClick={() => setRemoving(k)} />
                </Td>
              </Tr>
            ))}
          </Table>
        )}
      </Shown>
      {adding && <Add me={me} onClose={() => setAdding(false)} />}
      {removing && (
        <Confirm
          open
          danger
          title={t.remove}
          does={common.delete}
          onClose={() => setRemoving(undefined)}
          onConfirm={async () => {
            await api.delete(path`/v1/keys/${removing.id}`);
            await changed();
          }}
        >
          {t.removeAbout(visible(removing.name))}
        </Confirm>
      )}
    </PageBody>
  );
}

function Add({ me, onClose }: { me: Me; onClose: () => void }) {
  const [made, setMade] = useState<Key>();
  const form = useForm(
    { name: "", role: me.may_manage_account ? "account" : "organization", orgid: me.organization?.id ?? "", user: "" },
    (v) =>
      api.post<Key>("/v1/keys", {
        name: v.name,
        role: v.role,
        orgid: v.role === "account" ? undefined : v.orgid,
        user: v.role === "user" ? v.user : undefined,
      }),
    async (k) => {
      setMade(k);
      await changed();
    },
  );
  const v = form.values;
  const organizations = useOrganizations();
  const roles = Object.entries(t.roles).filter(([r]) => r !== "account" || me.may_manage_account);
  if (made?.key) {
    return (
      <CopyDialog title={t.made} label={made.name || t.made} value={made.key} hint={t.madeAbout} onClose={onClose} />
    );
  }
  return (
    <FormDialog form={form} title={t.add} does={common.create} onClose={onClose}>
      <TextField label={t.name} hint={t.nameHint} {...form.field("name")} />
      <Select label={t.role} {...form.field("role")} options={roles.map(([value, label]) => ({ value, label }))} />
      {v.role !== "account" && (
        <Select
          label={t.organization}
          {...form.field("orgid")}
          onChange={(e) => form.set({ orgid: e.target.value, user: "" })}
          options={[
            { value: "", label: t.choose },
            ...(organizations.data ?? []).map((o) => ({ value: o.id, label: o.name })),
          ]}
        />
      )}
      {v.role === "user" && v.orgid && <UserChoice org={v.orgid} field={form.field("user")} />}
    </FormDialog>
  );
}

type Field = Pick<ComponentProps<typeof Select>, "value" | "onChange" | "error">;

function UserChoice({ org, field }: { org: string; field: Field }) {
  const users = useUsers(org);
  return (
    <Select
      label={t.user}
      {...field}
      options={[
        { value: "", label: t.choose },
        ...(users.data ?? []).map((u) => ({ value: u.id, label: `${u.name} (${u.extension})` })),
      ]}
    />
  );
}
