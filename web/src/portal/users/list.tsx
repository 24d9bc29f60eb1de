import { useState } from "react";
import { api, path } from "../../lib/api";
import { keys, useUsers } from "../../lib/data";
import { visible, when } from "../../lib/format";
import { queries } from "../../lib/queries";
import type { OneTimeLink, Organization, User } from "../../lib/types";
import { common } from "../../texts/common";
import { users as t } from "../../texts/users";
import {
  Badge,
  Button,
  Confirm,
  CopyDialog,
  EmptyState,
  IconButton,
  Menu,
  MenuItem,
  MenuSeparator,
  orToast,
  Shown,
  Table,
  Td,
  Th,
  ThActions,
  Tr,
} from "../../ui";
import { UserForm } from "./form";

type Open =
  | { kind: "form"; user?: User }
  | { kind: "remove"; user: User }
  | { kind: "link"; user: User; link: OneTimeLink };

export function UserList({ org }: { org: Organization }) {
  const list = useUsers(org.id);
  const [open, setOpen] = useState<Open>();
  const close = () => setOpen(undefined);
  const at = (u: User) => path`/v1/organizations/${org.id}/users/${u.id}`;
  const changed = () => queries.invalidateQueries({ queryKey: keys.users(org.id) });
  const invite = (user: User) =>
    orToast(t.invite, async () => {
      const link = await api.post<OneTimeLink>(`${at(user)}/invitation`);
      setOpen({ kind: "link", user, link });
    });
  const turn = (u: User) =>
    orToast(u.name, async () => {
      await api.patch(at(u), { status: u.status === 1 ? 0 : 1 });
      await changed();
    });
  const add = (
    <Button kind="primary" icon="plus" onClick={() => setOpen({ kind: "form" })}>
      {t.add}
    </Button>
  );
  return (
    <>
      <Shown
        query={list}
        empty={
          <EmptyState icon="users" title={t.empty} action={add}>
            {t.emptyAbout}
          </EmptyState>
        }
      >
        {(rows) => (
          <>
            <div className="flex justify-end">{add}</div>
            <Table
              label={t.title}
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
                      {u.email || "–"}
                    </Td>
                    <Td spare className="text-ink-2">
                      {t.roleShort[u.role]}
                    </Td>
                    <Td>
                      <SignInState user={u} />
                    </Td>
                    <Td right>
                      <Menu trigger={<IconButton small icon="more" label={t.more(u.name)} />}>
                        <MenuItem icon="edit" onSelect={() => setOpen({ kind: "form", user: u })}>
                          {common.edit}
                        </MenuItem>
                        <MenuItem icon="link" disabled={u.status === 0} onSelect={() => void invite(u)}>
                          {u.signs_in ? t.reset : t.invite}
                        </MenuItem>
                        <MenuItem icon="ban" onSelect={() => void turn(u)}>
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
          </>
        )}
      </Shown>
      {open?.kind === "form" && <UserForm org={org} user={open.user} onClose={close} onAdded={(u) => void invite(u)} />}
      {open?.kind === "link" && (
        <CopyDialog
          title={t.linkFor(open.user.name)}
          label={open.link.kind === "reset" ? t.reset : t.invite}
          value={open.link.url}
          hint={`${t.linkAbout} ${t.expires(when(open.link.expires))}`}
          onClose={close}
        />
      )}
      {open?.kind === "remove" && (
        <Confirm
          open
          danger
          title={t.remove}
          does={common.delete}
          onClose={close}
          onConfirm={async () => {
            await api.delete(at(open.user));
            await changed();
          }}
        >
          {t.removeAbout(open.user.name)}
        </Confirm>
      )}
    </>
  );
}

function SignInState({ user }: { user: User }) {
  if (user.status === 0) return <Badge tone="warn">{t.off}</Badge>;
  return user.signs_in ? <Badge tone="good">{t.signsIn}</Badge> : <Badge>{t.never}</Badge>;
}
