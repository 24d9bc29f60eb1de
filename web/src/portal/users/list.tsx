import { useState } from "react";
import { path } from "../../lib/api";
import { keys, useUsers } from "../../lib/data";
import { queries } from "../../lib/queries";
import type { Organization } from "../../lib/types";
import { users as t } from "../../texts/users";
import { Button, EmptyState, Shown } from "../../ui";
import { CsvButtons } from "../csv/buttons";
import { useOneTimeLink } from "../one-time-link";
import { UserForm } from "./form";
import { addressOf, UserTable } from "./table";

export function UserList({ org }: { org: Organization }) {
  const list = useUsers(org.id);
  const [adding, setAdding] = useState(false);
  const link = useOneTimeLink();
  const changed = () => queries.invalidateQueries({ queryKey: keys.users(org.id) });
  const add = (
    <Button kind="primary" icon="plus" onClick={() => setAdding(true)}>
      {t.add}
    </Button>
  );
  const file = (
    <CsvButtons
      at={path`/v1/organizations/${org.id}/users.csv`}
      what="users"
      onDone={changed}
      empty={!list.data?.length}
    />
  );
  return (
    <>
      <Shown
        query={list}
        empty={
          <EmptyState
            icon="users"
            title={t.empty}
            action={
              <>
                {add}
                {file}
              </>
            }
          >
            {t.emptyAbout}
          </EmptyState>
        }
      >
        {(rows) => (
          <>
            <div className="flex flex-wrap justify-end gap-2">
              {file}
              {add}
            </div>
            <UserTable org={org} rows={rows} label={t.title} />
          </>
        )}
      </Shown>
      {adding && (
        <UserForm org={org} onClose={() => setAdding(false)} onAdded={(u) => void link.make(addressOf(u), u.name)} />
      )}
      {link.dialog}
    </>
  );
}
