import { useState } from "react";
import { api, path } from "../../lib/api";
import { keys } from "../../lib/data";
import { useForm } from "../../lib/form";
import type { Me } from "../../lib/me";
import { queries } from "../../lib/queries";
import { navigate } from "../../lib/router";
import type { Organization } from "../../lib/types";
import { common } from "../../texts/common";
import { organizations as t } from "../../texts/organizations";
import { Button, Checkbox, Confirm, Form, Panel, TextField, toast } from "../../ui";

export function Settings({ me, org }: { me: Me; org: Organization }) {
  const [removing, setRemoving] = useState(false);
  const at = path`/v1/organizations/${org.id}`;
  const form = useForm(
    { name: org.name, domain: org.domain, on: org.status === 1 },
    ({ on, ...v }) => api.patch<Organization>(at, me.may_manage_account ? { ...v, status: on ? 1 : 0 } : v),
    async () => {
      await queries.invalidateQueries({ queryKey: keys.organizations });
      toast(t.saved);
    },
  );
  return (
    <div className="flex max-w-2xl flex-col gap-6">
      <Panel>
        <Form form={form} does={common.save}>
          <TextField label={t.name} {...form.field("name")} />
          <TextField label={t.domain} hint={t.domainHint} {...form.field("domain")} />
          {me.may_manage_account && (
            <Checkbox
              label={t.active}
              hint={t.activeHint}
              checked={form.values.on}
              onChange={(e) => form.set({ on: e.target.checked })}
            />
          )}
        </Form>
      </Panel>
      {me.may_manage_account && (
        <Panel className="flex flex-wrap items-center justify-between gap-3">
          <p className="text-base text-ink-2">{t.removeAbout}</p>
          <Button icon="trash" onClick={() => setRemoving(true)}>
            {t.remove}
          </Button>
        </Panel>
      )}
      {removing && <Remove org={org} at={at} onClose={() => setRemoving(false)} />}
    </div>
  );
}

function Remove({ org, at, onClose }: { org: Organization; at: string; onClose: () => void }) {
  const [typed, setTyped] = useState("");
  const remove = async () => {
    await api.delete(at);
    toast(t.removed);
    navigate("/portal/organizations"); // before the rest is asked for anew: this page would say that it is gone
    await queries.invalidateQueries({ queryKey: keys.organizations });
  };
  return (
    <Confirm
      open
      danger
      disabled={typed !== org.name}
      onClose={onClose}
      title={t.remove}
      does={common.delete}
      onConfirm={remove}
    >
      <p className="mb-3">{t.removeAbout}</p>
      <TextField label={t.removeConfirm(org.name)} value={typed} onChange={(e) => setTyped(e.target.value)} />
    </Confirm>
  );
}
