import { useState } from "react";
import { useOrganizations, useUsers } from "../../lib/data";
import type { Organization } from "../../lib/types";
import { people as t } from "../../texts/people";
import { Button, EmptyState, Section, Select, Shown } from "../../ui";
import { useOneTimeLink } from "../one-time-link";
import { UserForm } from "../users/form";
import { addressOf, UserTable } from "../users/table";

/** The users who administer an organization. */
export function OrganizationAdmins() {
  const list = useOrganizations();
  const [chosen, setChosen] = useState("");
  const [adding, setAdding] = useState(false);
  const link = useOneTimeLink();
  const org = list.data?.find((o) => o.id === chosen) ?? list.data?.[0];
  return (
    <Section
      title={t.organization}
      about={t.organizationAbout}
      actions={
        org && (
          <Button icon="plus" onClick={() => setAdding(true)}>
            {t.addOrganization}
          </Button>
        )
      }
    >
      <Shown query={list} empty={<p className="text-ink-2">{t.noOrganizations}</p>}>
        {(rows) => (
          <>
            {rows.length > 1 && (
              <div className="w-64 max-w-full">
                <Select
                  label={t.which}
                  hideLabel
                  value={org?.id}
                  onChange={(e) => setChosen(e.target.value)}
                  options={rows.map((o) => ({ value: o.id, label: o.name }))}
                />
              </div>
            )}
            {org && <Admins key={org.id} org={org} />}
          </>
        )}
      </Shown>
      {adding && org && (
        <UserForm
          org={org}
          initialRole="admin"
          onClose={() => setAdding(false)}
          onAdded={(u) => void link.make(addressOf(u), u.name)}
        />
      )}
      {link.dialog}
    </Section>
  );
}

function Admins({ org }: { org: Organization }) {
  const users = useUsers(org.id);
  return (
    <Shown query={users}>
      {(all) => {
        const admins = all.filter((u) => u.role === "admin");
        if (admins.length === 0) {
          return (
            <div className="rounded-lg border bg-surface">
              <EmptyState title={t.noAdmins}>{t.noAdminsAbout}</EmptyState>
            </div>
          );
        }
        return <UserTable org={org} rows={admins} label={t.organization} />;
      }}
    </Shown>
  );
}
