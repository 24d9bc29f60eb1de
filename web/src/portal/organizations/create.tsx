import { api } from "../../lib/api";
import { keys } from "../../lib/data";
import { useForm } from "../../lib/form";
import { queries } from "../../lib/queries";
import { navigate } from "../../lib/router";
import type { Organization } from "../../lib/types";
import { common } from "../../texts/common";
import { organizations as t } from "../../texts/organizations";
import { Button, Dialog, ErrorLine, TextField } from "../../ui";

export function CreateOrganization({ onClose }: { onClose: () => void }) {
  const form = useForm(
    { name: "", domain: "" },
    (v) => api.post<Organization>("/v1/organizations", v),
    async (made) => {
      await queries.invalidateQueries({ queryKey: keys.organizations });
      onClose();
      navigate(`/portal/organizations/${made.id}`);
    },
  );
  const name = form.at("/name");
  const domain = form.at("/domain");
  const rest = form.rest();
  return (
    <Dialog
      open
      onClose={onClose}
      title={t.create}
      onSubmit={form.submit}
      footer={
        <>
          <Button onClick={onClose}>{common.cancel}</Button>
          <Button type="submit" kind="primary" busy={form.busy}>
            {common.create}
          </Button>
        </>
      }
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
        autoCapitalize="none"
        spellCheck={false}
        value={form.values.domain}
        onChange={(e) => form.set({ domain: e.target.value })}
        error={domain}
      />
      {rest && <ErrorLine text={rest} />}
    </Dialog>
  );
}
