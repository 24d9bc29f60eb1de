import { useOrganizations, useServices } from "../../lib/data";
import { useQuery as useAddress } from "../../lib/router";
import { traffic as t } from "../../texts/traffic";
import { Select, TextField } from "../../ui";

/** Filters stand in the page's address, so that a list can be passed on and "back" goes back to it. */

function useFilter(name: string) {
  const [address, change] = useAddress();
  return { value: address.get(name) ?? "", set: (value: string) => change({ [name]: value }) };
}

interface Choice {
  name: string;
  label: string;
  /** What stands there when it filters nothing. */
  any: string;
  options: readonly { value: string; label: string }[];
}

export function ChoiceFilter({ name, label, any, options }: Choice) {
  const { value, set } = useFilter(name);
  const known = value === "" || options.some((o) => o.value === value);
  return (
    <Select
      label={label}
      hideLabel
      value={value}
      onChange={(e) => set(e.target.value)}
      options={[{ value: "", label: any }, ...options, ...(known ? [] : [{ value, label: value }])]}
    />
  );
}

/** Nothing where there is one organization alone. */
export function OrganizationFilter() {
  const organizations = useOrganizations();
  const list = organizations.data ?? [];
  if (list.length < 2) return null;
  return (
    <ChoiceFilter
      name="orgid"
      label={t.organization}
      any={t.anyOrganization}
      options={list.map((o) => ({ value: o.id, label: o.name }))}
    />
  );
}

export function ServiceFilter() {
  const services = useServices();
  return (
    <ChoiceFilter
      name="service"
      label={t.service}
      any={t.anyService}
      options={(services.data ?? []).map((s) => ({ value: s.id, label: s.name }))}
    />
  );
}

/** Asked for when it is whole: at Enter, or when the field is left. */
export function TextFilter({ name, label, tel }: { name: string; label: string; tel?: boolean }) {
  const { value, set } = useFilter(name);
  return (
    <TextField
      key={value}
      label={label}
      hideLabel
      placeholder={label}
      inputMode={tel ? "tel" : undefined}
      defaultValue={value}
      onBlur={(e) => e.target.value.trim() !== value && set(e.target.value.trim())}
      onKeyDown={(e) => e.key === "Enter" && set(e.currentTarget.value.trim())}
    />
  );
}

export function NumberFilter() {
  return <TextFilter name="number" label={t.ownNumber} tel />;
}
