import { lazy } from "react";
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
import { Glance } from "./glance";
import { Settings } from "./settings";

const Keeping = lazy(() => import("../keeping/keeping"));
const OptOuts = lazy(() => import("../optouts/optouts"));

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
  const overview = () => (
    <>
      <Glance org={org} />
      <IntegrationCards org={org} />
    </>
  );
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
              { href: `${at}/data`, label: t.data },
              { href: `${at}/settings`, label: t.settings },
            ]}
          />
        }
      />
      <Routes
        routes={[
          ["/portal/organizations/:id", overview],
          ["/portal/organizations/:id/integrations", overview],
          [
            "/portal/organizations/:id/integrations/:service",
            (p) => <Integration key={p.service} org={org} service={p.service ?? ""} />,
          ],
          ["/portal/organizations/:id/numbers", () => <NumberList org={org} />],
          ["/portal/organizations/:id/users", () => <UserList org={org} />],
          ["/portal/organizations/:id/optouts", () => <OptOuts me={me} org={org} />],
          ["/portal/organizations/:id/optouts/history", () => <OptOuts me={me} org={org} history />],
          ["/portal/organizations/:id/data", () => <Keeping key={org.id} me={me} org={org} />],
          ["/portal/organizations/:id/settings", () => <Settings me={me} org={org} />],
        ]}
        otherwise={<Missing />}
      />
    </>
  );
}
