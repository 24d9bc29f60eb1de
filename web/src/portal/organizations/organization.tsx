import { useIntegrations, useNumbers, useOrganization, useUsers } from "../../lib/data";
import type { Me } from "../../lib/me";
import { Routes } from "../../lib/router";
import type { Organization } from "../../lib/types";
import { organizations as t } from "../../texts/organizations";
import { Badge, LinkTabs, Missing, PageBody, PageHeader, Shown } from "../../ui";
import { IntegrationCards } from "../integrations/cards";
import { Integration } from "../integrations/integration";
import { NumberList } from "../numbers/list";
import { UserList } from "../users/list";
import { OptOuts } from "./optouts";
import { Settings } from "./settings";

/** One organization: its name, and a tab for each kind of thing it has. */
export function OrganizationPage({ me, id }: { me: Me; id: string }) {
  const one = useOrganization(id);
  return (
    <PageBody>
      <Shown query={one}>{(o) => <Inside me={me} org={o} />}</Shown>
    </PageBody>
  );
}

function Inside({ me, org }: { me: Me; org: Organization }) {
  const at = `/portal/organizations/${org.id}`;
  const numbers = useNumbers(org.id);
  const users = useUsers(org.id);
  const integrations = useIntegrations(org.id);
  return (
    <>
      <PageHeader
        title={org.name}
        back={me.may_manage_account ? { href: "/portal/organizations", label: t.title } : undefined}
        beside={
          <>
            <span className="text-base text-ink-3">{org.domain}</span>
            {org.status === 0 && <Badge tone="warn">{t.off}</Badge>}
          </>
        }
        tabs={
          <LinkTabs
            label={org.name}
            tabs={[
              {
                href: `${at}/integrations`,
                label: t.integrations,
                count: integrations.data?.filter((i) => i.enabled).length,
              },
              { href: `${at}/numbers`, label: t.numbers, count: numbers.data?.length },
              { href: `${at}/users`, label: t.users, count: users.data?.length },
              { href: `${at}/optouts`, label: t.optouts },
              { href: `${at}/settings`, label: t.settings },
            ]}
          />
        }
      />
      <Routes
        routes={[
          ["/portal/organizations/:id", () => <IntegrationCards org={org} />],
          ["/portal/organizations/:id/integrations", () => <IntegrationCards org={org} />],
          [
            "/portal/organizations/:id/integrations/:service",
            (p) => <Integration key={p.service} org={org} service={p.service ?? ""} />,
          ],
          ["/portal/organizations/:id/numbers", () => <NumberList org={org} />],
          ["/portal/organizations/:id/users", () => <UserList org={org} />],
          ["/portal/organizations/:id/optouts", () => <OptOuts org={org} />],
          ["/portal/organizations/:id/settings", () => <Settings me={me} org={org} />],
        ]}
        otherwise={<Missing />}
      />
    </>
  );
}
