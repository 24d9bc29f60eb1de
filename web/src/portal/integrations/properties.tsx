import { api } from "../../lib/api";
import { useForm } from "../../lib/form";
import type { Integration, Property } from "../../lib/types";
import { integrations as t } from "../../texts/integrations";
import { Form, Select, TextField } from "../../ui";

interface Props {
  at: string;
  properties: Property[];
  integration?: Integration;
  onSaved: (i: Integration) => void | Promise<void>;
}

/** The form that a service file's properties make. What is set is never read back; an empty field leaves it as it is. */
export function PropertiesForm({ at, properties, integration, onSaved }: Props) {
  const form = useForm<Record<string, string>, Integration>(
    {},
    (values) => {
      const given = Object.entries(values).filter(([, v]) => v !== "");
      return api.put<Integration>(at, { properties: Object.fromEntries(given), enabled: true });
    },
    async (i) => {
      form.set(Object.fromEntries(properties.map((p) => [p.name, ""])));
      await onSaved(i);
    },
  );
  const isSet = (p: Property) => integration?.properties[p.name]?.set === true;
  return (
    <Form form={form} does={integration?.enabled ? t.save : t.enable}>
      {properties.map((p) => {
        const field = form.field(p.name, `/properties/${p.name.replaceAll("~", "~0").replaceAll("/", "~1")}`);
        const hint = [p.help, isSet(p) ? t.keep : ""].filter(Boolean).join(". ").replace("..", ".");
        if (p.choices?.length) {
          const empty = isSet(p) ? t.setNow : p.default ? t.standard(p.default) : t.choose;
          return (
            <Select
              key={p.name}
              label={p.name}
              hint={hint}
              optional={p.optional}
              {...field}
              options={[{ value: "", label: empty }, ...p.choices.map((c) => ({ value: c, label: c }))]}
            />
          );
        }
        return (
          <TextField
            key={p.name}
            label={p.name}
            hint={hint}
            optional={p.optional || p.default !== undefined}
            required={!p.optional && !isSet(p)}
            mono
            spellCheck={false}
            autoCapitalize="none"
            type={p.secret ? "password" : "text"}
            autoComplete={p.secret ? "new-password" : "off"}
            data-1p-ignore
            placeholder={isSet(p) ? "••••••••" : (p.default ?? "")}
            {...field}
          />
        );
      })}
    </Form>
  );
}
