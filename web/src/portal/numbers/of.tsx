import { useState } from "react";
import { useNumbers } from "../../lib/data";
import type { Organization } from "../../lib/types";
import { integrations } from "../../texts/integrations";
import { numbers as t } from "../../texts/numbers";
import { Button, Section, Shown } from "../../ui";
import { NumberForm } from "./form";
import { NumberTable } from "./table";

/** The numbers that an organization has at one service. */
export function NumbersOf({ org, service }: { org: Organization; service: string }) {
  const list = useNumbers(org.id);
  const [adding, setAdding] = useState(false);
  return (
    <Section
      title={t.title}
      about={integrations.numbersAbout}
      actions={
        <Button icon="plus" onClick={() => setAdding(true)}>
          {t.add}
        </Button>
      }
    >
      <Shown query={list}>
        {(all) => {
          const mine = all.filter((n) => n.service === service);
          return mine.length > 0 ? <NumberTable org={org} rows={mine} /> : null;
        }}
      </Shown>
      {adding && <NumberForm org={org} service={service} onClose={() => setAdding(false)} />}
    </Section>
  );
}
