import { notifications as t } from "../../texts/account";
import { Checkbox } from "../../ui";

type Types = (typeof t.kinds)[number]["value"][];

/** What a webhook is told; none: everything. */
export function TypesField({ types, onChange }: { types: Types; onChange: (types: Types) => void }) {
  return (
    <fieldset>
      <legend className="mb-1 text-sm font-medium">{t.types}</legend>
      <Checkbox label={t.all} checked={types.length === 0} onChange={() => onChange([])} />
      {t.kinds.map((k) => (
        <Checkbox
          key={k.value}
          label={k.label}
          checked={types.includes(k.value)}
          onChange={(e) => onChange(e.target.checked ? [...types, k.value] : types.filter((x) => x !== k.value))}
        />
      ))}
    </fieldset>
  );
}
