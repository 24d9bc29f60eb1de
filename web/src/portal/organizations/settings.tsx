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
import { Button, Checkbox, Confirm, ErrorLine, Panel, TextField, toast } from "../../ui";

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
  const name = form.at("/name");
  const domain = form.at("/domain");
  const rest = form.rest();
  return (
    <div className="flex max-w-2xl flex-col gap-6">
      <Panel>
        <form
          noValidate
          className="flex flex-col gap-4"
          onSubmit={(e) => {
            e.preventDefault();
            form.submit();
          }}
        >
          <TextField
            label={t.name}
            value={form.values.name}
            onChange={(e) => form.set({ name: e.target.value })}
            error={name}
          />
          <TextField
            label={t.domain}
            hint={t.domainHint}
            value={form.values.domain}
            onChange={(e) => form.set({ domain: e.target.value })}
            error={domain}
          />
          {me.may_manage_account && (
            <Checkbox
              label={t.active}
              hint={t.activeHint}
              checked={form.values.on}
              onChange={(e) => form.set({ on: e.target.checked })}
            />
          )}
          {rest && <ErrorLine text={rest} />}
          <div>
            <Button type="submit" kind="primary" busy={form.busy}>
              {common.save}
            </Button>
          </div>
        </form>
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
    await queries.invalidateQueries({ queryKey: keys.organizations });
    toast(t.removed);
    navigate("/portal/organizations");
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
