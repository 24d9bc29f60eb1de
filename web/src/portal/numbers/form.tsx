import { api, path } from "../../lib/api";
import { keys, useIntegrations, useUsers } from "../../lib/data";
import { useForm } from "../../lib/form";
import { phone } from "../../lib/format";
import { queries } from "../../lib/queries";
import type { Organization, PhoneNumber } from "../../lib/types";
import { common } from "../../texts/common";
import { numbers as t } from "../../texts/numbers";
import { Checkbox, FormDialog, Select, TextField, toast } from "../../ui";
import { MoreSettings } from "./more";
import { bodyOf, type NumberValues, valuesOf } from "./values";
import { Way } from "./way";

interface Props {
  org: Organization;
  service: string;
  number?: PhoneNumber;
  onClose: () => void;
}

/** Adds a number or changes one. What most numbers need stands open; the rest is behind a fold. */
export function NumberForm({ org, service, number, onClose }: Props) {
  const at = path`/v1/organizations/${org.id}/numbers`;
  const integrations = useIntegrations(org.id);
  const form = useForm(
    valuesOf(service, number),
    (v: NumberValues) =>
      number
        ? api.patch<PhoneNumber>(`${at}/${encodeURIComponent(number.id)}`, bodyOf(v, number))
        : api.post<PhoneNumber>(at, bodyOf(v)),
    async () => {
      await queries.invalidateQueries({ queryKey: keys.numbers(org.id) });
      toast(number ? t.saved : t.added);
      onClose();
    },
  );
  const enabled = (integrations.data ?? []).filter((i) => i.enabled || i.service_id === service);
  return (
    <FormDialog
      wide
      form={form}
      title={number ? `${t.edit}: ${phone(number.number)}` : t.add}
      does={number ? common.save : common.add}
      onClose={onClose}
    >
      {!number && (
        <div className="grid gap-4 sm:grid-cols-2">
          <TextField label={t.number} hint={t.numberHint} inputMode="tel" {...form.field("number")} />
          <Select
            label={t.service}
            {...form.field("service")}
            options={enabled.map((i) => ({ value: i.service_id, label: i.service_id }))}
          />
        </div>
      )}
      <div className="grid gap-4 sm:grid-cols-2">
        <TextField label={t.name} optional {...form.field("name")} />
        <TextField
          label={t.country}
          optional
          hint={t.countryHint}
          maxLength={2}
          {...form.field("country")}
          onChange={(e) => form.set({ country: e.target.value.toUpperCase() })}
        />
      </div>
      <Assign org={org} chosen={form.values.users} onChange={(users) => form.set({ users })} />
      <MoreSettings form={form} open={number !== undefined}>
        <Way org={org} form={form} number={number} services={enabled.map((i) => i.service_id)} />
      </MoreSettings>
    </FormDialog>
  );
}

function Assign({
  org,
  chosen,
  onChange,
}: {
  org: Organization;
  chosen: string[];
  onChange: (users: string[]) => void;
}) {
  const users = useUsers(org.id);
  const all = [...(users.data ?? [])].sort((a, b) => a.name.localeCompare(b.name));
  const is = new Set(chosen);
  const every = all.length > 0 && all.every((u) => is.has(u.id));
  return (
    <fieldset className="flex flex-col gap-1">
      <legend className="text-sm font-medium">{t.users}</legend>
      <p className="text-sm text-ink-3">{t.usersAbout}</p>
      <div className="mt-1 max-h-48 overflow-y-auto rounded-md border px-3 py-1.5">
        <Checkbox
          label={t.all}
          className="border-b pb-1.5"
          disabled={all.length === 0}
          checked={every}
          onChange={() => onChange(every ? [] : all.map((u) => u.id))}
        />
        {all.map((u) => (
          <Checkbox
            key={u.id}
            label={`${u.name} (${u.extension})`}
            checked={is.has(u.id)}
            onChange={(e) => onChange(e.target.checked ? [...chosen, u.id] : chosen.filter((c) => c !== u.id))}
          />
        ))}
      </div>
    </fieldset>
  );
}
