import type { Me } from "../lib/me";
import { Routes } from "../lib/router";
import { NotHere } from "../shell/not-here";
import { Audit } from "./account/audit";
import { Keys } from "./account/keys";
import { Notifications } from "./account/notifications";
import { OrganizationList } from "./organizations/list";
import { OrganizationPage } from "./organizations/organization";
import { ServiceList } from "./services/list";
import { ServicePage } from "./services/service";
import { CallbackPage } from "./traffic/callback";
import { MessagePage } from "./traffic/message";
import { Traffic } from "./traffic/traffic";

/** The pages of those who administer the account or an organization. */
export default function Portal({ me }: { me: Me }) {
  const organization = (p: Record<string, string>) => <OrganizationPage key={p.id} me={me} id={p.id ?? ""} />;
  return (
    <Routes
      routes={[
        ["/portal/organizations", () => <OrganizationList me={me} />],
        ["/portal/organizations/:id", organization],
        ["/portal/organizations/:id/*", organization],
        ["/portal/services", () => <ServiceList me={me} />],
        ["/portal/services/:id", (p) => <ServicePage key={p.id} me={me} id={p.id ?? ""} />],
        ["/portal/traffic", () => <Traffic me={me} />],
        ["/portal/traffic/callbacks", () => <Traffic me={me} callbacks />],
        ["/portal/traffic/callbacks/:id", (p) => <CallbackPage key={p.id} id={p.id ?? ""} />],
        ["/portal/traffic/:id", (p) => <MessagePage key={p.id} id={p.id ?? ""} />],
        ["/portal/notifications", () => <Notifications me={me} />],
        ["/portal/audit", () => <Audit />],
        ["/portal/keys", () => <Keys me={me} />],
      ]}
      otherwise={<NotHere />}
    />
  );
}
