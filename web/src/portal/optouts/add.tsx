import { api } from "../../lib/api";
import { useNumbers } from "../../lib/data";
import { useForm } from "../../lib/form";
import { phone } from "../../lib/format";
import type { Organization } from "../../lib/types";
import { common } from "../../texts/common";
import { optouts as t } from "../../texts/optouts";
import { FormDialog, Select, TextArea, toast } from "../../ui";

/** Puts contacts on the list by hand. */
export function AddOptOuts({
  org,
  at,
  onClose,
  onDone,
}: {
  org: Organization;
  at: string;
  onClose: () => void;
  onDone: () => Promise<unknown>;
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
