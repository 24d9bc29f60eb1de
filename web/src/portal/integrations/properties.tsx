import { useState } from "react";
import { api } from "../../lib/api";
import { useForm } from "../../lib/form";
import type { Integration, Property } from "../../lib/types";
import { integrations as t } from "../../texts/integrations";
import { Button, ErrorLine, Select, TextField } from "../../ui";

interface Props {
  at: string;
  properties: Property[];
  integration?: Integration;
  onSaved: (i: Integration) => void | Promise<void>;
}

/** The form that a service file's properties make. What is set is never read back; an empty field leaves it as it is. */
export function PropertiesForm({ at, properties, integration, onSaved }: Props) {
  const [round, setRound] = useState(0);
  const form = useForm<Record<string, string>, Integration>(
    {},
    (values) => {
      const given = Object.entries(values).filter(([, v]) => v !== "");
      return api.put<Integration>(at, { properties: Object.fromEntries(given), enabled: true });
    },
    async (i) => {
      setRound(round + 1);
      form.set(Object.fromEntries(properties.map((p) => [p.name, ""])));
      await onSaved(i);
    },
  );
  const rows = properties.map((p) => ({
    p,
    error: form.at(`/properties/${p.name.replaceAll("~", "~0").replaceAll("/", "~1")}`),
  }));
  const rest = form.rest();
  const isSet = (p: Property) => integration?.properties[p.name]?.set === true;
  return (
    <form
      noValidate
      className="flex flex-col gap-4"
      onSubmit={(e) => {
        e.preventDefault();
        form.submit();
      }}
    >
      {rows.map(({ p, error }) => {
        const value = form.values[p.name] ?? "";
        const hint = [p.help, isSet(p) ? t.keep : ""].filter(Boolean).join(". ").replace("..", ".");
        const set = (v: string) => form.set({ [p.name]: v });
        if (p.choices?.length) {
          const empty = isSet(p) ? t.setNow : p.default ? t.standard(p.default) : t.choose;
          return (
            <Select
              key={p.name}
              label={p.name}
              hint={hint}
              optional={p.optional}
              error={error}
              value={value}
              onChange={(e) => set(e.target.value)}
              options={[{ value: "", label: empty }, ...p.choices.map((c) => ({ value: c, label: c }))]}
            />
          );
        }
        return (
          <TextField
            key={`${p.name} ${round}`}
            label={p.name}
            hint={hint}
            optional={p.optional || p.default !== undefined}
            required={!p.optional && !isSet(p)}
            error={error}
            mono
            spellCheck={false}
            autoCapitalize="none"
            type={p.secret ? "password" : "text"}
            autoComplete={p.secret ? "new-password" : "off"}
            data-1p-ignore
            placeholder={isSet(p) ? "••••••••" : (p.default ?? "")}
            value={value}
            onChange={(e) => set(e.target.value)}
          />
        );
      })}
      {rest && <ErrorLine text={rest} />}
      <div>
        <Button type="submit" kind="primary" busy={form.busy}>
          {integration?.enabled ? t.save : t.enable}
        </Button>
      </div>
    </form>
  );
}
