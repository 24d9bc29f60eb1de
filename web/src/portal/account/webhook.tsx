import { useState } from "react";
import { api } from "../../lib/api";
import { useOrganizations } from "../../lib/data";
import { useForm } from "../../lib/form";
import type { Me } from "../../lib/me";
import type { Webhook } from "../../lib/types";
import { notifications as t } from "../../texts/account";
import { common } from "../../texts/common";
import { CopyDialog, FormDialog, Select, TextField } from "../../ui";
import { TypesField } from "../webhooks/types-field";

export function AddWebhook({ me, onClose, onDone }: { me: Me; onClose: () => void; onDone: () => Promise<void> }) {
  const [made, setMade] = useState<Webhook>();
  const organizations = useOrganizations();
  const form = useForm(
    { url: "", orgid: me.organization?.id ?? "", types: [] as Webhook["types"], format: "patchbay" },
    (v) => api.post<Webhook>("/v1/webhooks", v),
    async (h) => {
      setMade(h);
      await onDone();
    },
  );
  const v = form.values;
  if (made?.secret) {
    return <CopyDialog title={t.made} label={t.secret} value={made.secret} hint={t.secretAbout} onClose={onClose} />;
  }
  return (
    <FormDialog form={form} title={t.add} does={common.add} onClose={onClose}>
      <TextField label={t.url} hint={t.urlHint} type="url" mono placeholder="https://" {...form.field("url")} />
      {me.may_manage_account && (
        <Select
          label={t.organization}
          {...form.field("orgid")}
          options={[
            { value: "", label: t.every },
            ...(organizations.data ?? []).map((o) => ({ value: o.id, label: o.name })),
          ]}
        />
      )}
      <TypesField types={v.types} onChange={(types) => form.set({ types })} />
      <Select label={t.format} options={t.formats} {...form.field("format")} />
    </FormDialog>
  );
}
