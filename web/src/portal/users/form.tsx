import { api, path } from "../../lib/api";
import { keys } from "../../lib/data";
import { useForm } from "../../lib/form";
import { queries } from "../../lib/queries";
import type { Organization, User } from "../../lib/types";
import { common } from "../../texts/common";
import { users as t } from "../../texts/users";
import { Button, Dialog, ErrorLine, Select, TextField, toast } from "../../ui";

interface Props {
  org: Organization;
  user?: User;
  onClose: () => void;
  onAdded: (u: User) => void;
}

/** Adds a user and goes on to their invitation, or changes one. */
export function UserForm({ org, user, onClose, onAdded }: Props) {
  const at = path`/v1/organizations/${org.id}/users`;
  const form = useForm(
    { name: user?.name ?? "", extension: user?.extension ?? "", email: user?.email ?? "", role: user?.role ?? "user" },
    (v) => (user ? api.patch<User>(`${at}/${encodeURIComponent(user.id)}`, v) : api.post<User>(at, v)),
    async (saved) => {
      await queries.invalidateQueries({ queryKey: keys.users(org.id) });
      onClose();
      toast(user ? t.saved : t.added);
      if (!user) onAdded(saved);
    },
  );
  const errors = {
    name: form.at("/name"),
    extension: form.at("/extension"),
    email: form.at("/email"),
    role: form.at("/role"),
  };
  const rest = form.rest();
  return (
    <Dialog
      open
      onClose={onClose}
      title={user ? t.edit : t.add}
      onSubmit={form.submit}
      footer={
        <>
          <Button onClick={onClose}>{common.cancel}</Button>
          <Button type="submit" kind="primary" busy={form.busy}>
            {user ? common.save : common.add}
          </Button>
        </>
      }
    >
      <TextField
        label={t.name}
        value={form.values.name}
        onChange={(e) => form.set({ name: e.target.value })}
        error={errors.name}
      />
      <TextField
        label={t.extension}
        hint={t.extensionHint(org.domain)}
        value={form.values.extension}
        onChange={(e) => form.set({ extension: e.target.value })}
        error={errors.extension}
      />
      <TextField
        label={t.email}
        optional
        type="email"
        hint={t.emailHint}
        value={form.values.email}
        onChange={(e) => form.set({ email: e.target.value })}
        error={errors.email}
      />
      <Select
        label={t.role}
        value={form.values.role}
        onChange={(e) => form.set({ role: e.target.value === "admin" ? "admin" : "user" })}
        options={[
          { value: "user", label: t.roles.user },
          { value: "admin", label: t.roles.admin },
        ]}
        error={errors.role}
      />
      {rest && <ErrorLine text={rest} />}
    </Dialog>
  );
}
