import { useState } from "react";
import { api, path } from "../../lib/api";
import { keys } from "../../lib/data";
import { visible } from "../../lib/format";
import { queries } from "../../lib/queries";
import type { Organization, User } from "../../lib/types";
import { common } from "../../texts/common";
import { users as t } from "../../texts/users";
import { Confirm, IconButton, Menu, MenuItem, MenuSeparator, orToast, Table, Td, Th, ThActions, Tr } from "../../ui";
import { useOneTimeLink } from "../one-time-link";
import { SignInState } from "../sign-in-state";
import { UserForm } from "./form";

type Open = { kind: "form" | "remove"; user: User };

export function addressOf(u: User): string {
  return path`/v1/organizations/${u.orgid}/users/${u.id}`;
}

/** Users, and what an administrator does with each of them. */
export function UserTable({ org, rows, label }: { org: Organization; rows: User[]; label: string }) {
  const [open, setOpen] = useState<Open>();
  const close = () => setOpen(undefined);
  const link = useOneTimeLink();
  const changed = () => queries.invalidateQueries({ queryKey: keys.users(org.id) });
  const patch = (u: User, change: Partial<Pick<User, "status" | "role">>) =>
    orToast(u.name, async () => {
      await api.patch(addressOf(u), change);
      await changed();
    });
  return (
    <>
      <Table
        label={label}
        head={
          <>
            <Th>{t.name}</Th>
            <Th>{t.extension}</Th>
            <Th spare>{t.email}</Th>
            <Th spare>{t.role}</Th>
            <Th>{t.state}</Th>
            <ThActions />
          </>
        }
      >
        {[...rows]
          .sort((a, b) => a.name.localeCompare(b.name))
          .map((u) => (
            <Tr key={u.id}>
              <Td className="font-medium">{visible(u.name)}</Td>
              <Td className="tabular text-ink-2">{u.extension}</Td>
              <Td spare className="text-ink-2">
                {visible(u.email) || "–"}
              </Td>
              <Td spare className="text-ink-2">
                {t.roleShort[u.role]}
              </Td>
              <Td>
                <SignInState of={u} />
              </Td>
              <Td right>
                <Menu trigger={<IconButton small icon="more" label={t.more(u.name)} />}>
                  <MenuItem icon="edit" onSelect={() => setOpen({ kind: "form", user: u })}>
                    {common.edit}
                  </MenuItem>
                  <MenuItem icon="link" disabled={u.status === 0} onSelect={() => void link.make(addressOf(u), u.name)}>
                    {u.signs_in ? t.reset : t.invite}
                  </MenuItem>
                  <MenuItem
                    icon="users"
                    onSelect={() => void patch(u, { role: u.role === "admin" ? "user" : "admin" })}
                  >
                    {u.role === "admin" ? t.makeUser : t.makeAdmin}
                  </MenuItem>
                  <MenuItem icon="ban" onSelect={() => void patch(u, { status: u.status === 1 ? 0 : 1 })}>
                    {u.status === 1 ? t.switchOff : t.switchOn}
                  </MenuItem>
                  <MenuSeparator />
                  <MenuItem icon="trash" danger onSelect={() => setOpen({ kind: "remove", user: u })}>
                    {t.remove}
                  </MenuItem>
                </Menu>
              </Td>
            </Tr>
          ))}
      </Table>
      {link.dialog}
      {open?.kind === "form" && <UserForm org={org} user={open.user} onClose={close} />}
      {open?.kind === "remove" && (
        <Confirm
          open
          danger
          title={t.remove}
          does={common.delete}
          onClose={close}
          onConfirm={async () => {
            await api.delete(addressOf(open.user));
            await changed();
          }}
        >
          {t.removeAbout(visible(open.user.name))}
        </Confirm>
      )}
    </>
  );
}
