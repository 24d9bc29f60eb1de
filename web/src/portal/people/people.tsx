import type { Me } from "../../lib/me";
import { people as t } from "../../texts/people";
import { PageBody, PageHeader } from "../../ui";
import { AccountAdmins } from "./account-admins";
import { OrganizationAdmins } from "./organization-admins";

/** Who administers: the account, and each of its organizations. */
export default function People({ me }: { me: Me }) {
  return (
    <PageBody>
      <PageHeader title={t.title} />
      <AccountAdmins me={me} />
      <OrganizationAdmins />
    </PageBody>
  );
}
