import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { all, api, path } from "../../lib/api";
import { useForm } from "../../lib/form";
import { visible, when } from "../../lib/format";
import type { Me } from "../../lib/me";
import { queries } from "../../lib/queries";
import type { Person } from "../../lib/types";
import { common } from "../../texts/common";
import { people as t } from "../../texts/people";
import { users } from "../../texts/users";
import {
  Button,
  Confirm,
  FormDialog,
  IconButton,
  Menu,
  MenuItem,
  MenuSeparator,
  orToast,
  Section,
  Shown,
  Table,
  Td,
  TextField,
  Th,
  ThActions,
  Tr,
  toast,
} from "../../ui";
import { useOneTimeLink } from "../one-time-link";
import { SignInState } from "../sign-in-state";

const key = ["people"];
const changed = () => queries.invalidateQueries({ queryKey: key });
const addressOf = (p: Person) => path`/v1/people/${p.id}`;
const nameOf = (p: Person) => visible(p.name || p.email) || t.noName;

type Open = { kind: "form"; person?: Person } | { kind: "remove"; person: Person };

export function AccountAdmins({ me }: { me: Me }) {
  const list = useQuery({ queryKey: key, queryFn: ({ signal }) => all<Person>("/v1/people", {}, signal) });
  const [open, setOpen] = useState<Open>();
  const close = () => setOpen(undefined);
  const link = useOneTimeLink();
  const turn = (p: Person) =>
    orToast(nameOf(p), async () => {
      await api.patch(addressOf(p), { status: p.status === 1 ? 0 : 1 });
      await changed();
    });
  return (
    <Section
      title={t.account}
      about={t.accountAbout}
      actions={
        <Button kind="primary" icon="plus" onClick={() => setOpen({ kind: "form" })}>
          {t.add}
        </Button>
      }
    >
      <Shown query={list}>
        {(rows) => (
          <Table
            label={t.account}
            head={
              <>
                <Th>{t.name}</Th>
                <Th spare>{t.email}</Th>
                <Th>{t.state}</Th>
                <Th spare>{t.since}</Th>
                <ThActions />
              </>
            }
          >
            {rows.map((p) => {
              const mine = p.id === me.person?.id;
              return (
                <Tr key={p.id}>
                  <Td>
                    <span className="font-medium">{nameOf(p)}</span>
                    {mine && <span className="text-ink-3"> ({t.you})</span>}
                    <span className="block text-sm text-ink-2 md:hidden">{visible(p.email)}</span>
                  </Td>
                  <Td spare className="text-ink-2">
                    {visible(p.email) || "–"}
                  </Td>
                  <Td>
                    <SignInState of={p} />
                  </Td>
                  <Td spare className="tabular whitespace-nowrap text-ink-2">
                    {when(p.created)}
                  </Td>
                  <Td right>
                    <Menu trigger={<IconButton small icon="more" label={users.more(nameOf(p))} />}>
                      <MenuItem icon="edit" onSelect={() => setOpen({ kind: "form", person: p })}>
                        {common.edit}
                      </MenuItem>
                      <MenuItem
                        icon="link"
                        disabled={p.status === 0}
                        onSelect={() => void link.make(addressOf(p), nameOf(p))}
                      >
                        {p.signs_in ? users.reset : users.invite}
                      </MenuItem>
                      <MenuItem icon="ban" disabled={mine} onSelect={() => void turn(p)}>
                        {p.status === 1 ? users.switchOff : users.switchOn}
                      </MenuItem>
                      <MenuSeparator />
                      <MenuItem
                        icon="trash"
                        danger
                        disabled={mine}
                        onSelect={() => setOpen({ kind: "remove", person: p })}
                      >
                        {t.remove}
                      </MenuItem>
                    </Menu>
                  </Td>
                </Tr>
              );
            })}
          </Table>
        )}
      </Shown>
      {link.dialog}
      {open?.kind === "form" && (
        <PersonForm person={open.person} onClose={close} onAdded={(p) => void link.make(addressOf(p), nameOf(p))} />
      )}
      {open?.kind === "remove" && (
        <Confirm
          open
          danger
          title={t.remove}
          does={common.delete}
          onClose={close}
          onConfirm={async () => {
            await api.delete(addressOf(open.person));
            await changed();
          }}
        >
          {t.removeAbout(nameOf(open.person))}
        </Confirm>
      )}
    </Section>
  );
}

/** Adds somebody and goes on to their invitation, or changes one. */
function PersonForm({
  person,
  onClose,
  onAdded,
}: {
  person?: Person;
  onClose: () => void;
  onAdded: (p: Person) => void;
}) {
  const form = useForm(
    { name: person?.name ?? "", email: person?.email ?? "" },
    (v) => (person ? api.patch<Person>(addressOf(person), v) : api.post<Person>("/v1/people", v)),
    async (saved) => {
      await changed();
      onClose();
      toast(person ? t.saved : t.added);
      if (!person) onAdded(saved);
    },
  );
  return (
    <FormDialog form={form} title={person ? t.edit : t.add} does={person ? common.save : common.add} onClose={onClose}>
      <TextField label={t.name} optional {...form.field("name")} />
      <TextField label={t.email} type="email" hint={t.emailHint} {...form.field("email")} />
    </FormDialog>
  );
}
