import { api, path } from "../../lib/api";
import { keys } from "../../lib/data";
import { useForm } from "../../lib/form";
import { queries } from "../../lib/queries";
import type { Organization, User } from "../../lib/types";
import { common } from "../../texts/common";
import { users as t } from "../../texts/users";
import { FormDialog, Select, TextField, toast } from "../../ui";

interface Props {
  org: Organization;
  user?: User;
  onClose: () => void;
  onAdded?: (u: User) => void;
  /** What a new one begins as. */
  initialRole?: User["role"];
}

/** Adds a user and goes on to their invitation, or changes one. */
export function UserForm({ org, user, initialRole = "user", onClose, onAdded }: Props) {
  const at = path`/v1/organizations/${org.id}/users`;
  const form = useForm(
    {
      name: user?.name ?? "",
      extension: user?.extension ?? "",
      email: user?.email ?? "",
      role: user?.role ?? initialRole,
    },
    (v) => (user ? api.patch<User>(`${at}/${encodeURIComponent(user.id)}`, v) : api.post<User>(at, v)),
    async (saved) => {
      await queries.invalidateQueries({ queryKey: keys.users(org.id) });
      onClose();
      toast(user ? t.saved : t.added);
      if (!user) onAdded?.(saved);
    },
  );
  return (
    <FormDialog form={form} title={user ? t.edit : t.add} does={user ? common.save : common.add} onClose={onClose}>
      <TextField label={t.name} {...form.field("name")} />
      <TextField label={t.extension} hint={t.extensionHint(org.domain)} {...form.field("extension")} />
      <TextField label={t.email} optional type="email" hint={t.emailHint} {...form.field("email")} />
      <Select
        label={t.role}
        {...form.field("role")}
        options={[
          { value: "user", label: t.roles.user },
          { value: "admin", label: t.roles.admin },
        ]}
      />
    </FormDialog>
  );
}
