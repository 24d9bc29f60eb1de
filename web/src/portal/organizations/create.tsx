import { api } from "../../lib/api";
import { keys } from "../../lib/data";
import { useForm } from "../../lib/form";
import { queries } from "../../lib/queries";
import { navigate } from "../../lib/router";
import type { Organization } from "../../lib/types";
import { common } from "../../texts/common";
import { organizations as t } from "../../texts/organizations";
import { FormDialog, TextField } from "../../ui";

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
  return (
    <FormDialog form={form} title={t.create} does={common.create} onClose={onClose}>
      <TextField label={t.name} {...form.field("name")} />
      <TextField
        label={t.domain}
        hint={t.domainHint}
        autoCapitalize="none"
        spellCheck={false}
        {...form.field("domain")}
      />
    </FormDialog>
  );
}
