import { lazy, type ReactNode } from "react";
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
import { Callbacks } from "./traffic/callbacks";
import { MessagePage } from "./traffic/message";
import { Messages } from "./traffic/messages";
import { Traffic } from "./traffic/traffic";

// What is not looked at every day is loaded when it is.
const Charts = lazy(() => import("./charts/page"));
const DeadLetters = lazy(() => import("./letters/letters"));
const People = lazy(() => import("./people/people"));
const Studio = lazy(() => import("./studio/page"));
const Usage = lazy(() => import("./usage/usage"));
const WebhookPage = lazy(() => import("./webhooks/webhook"));

/** The pages of those who administer the account or an organization. */
export default function Portal({ me }: { me: Me }) {
  const organization = (p: Record<string, string>) => <OrganizationPage key={p.id} me={me} id={p.id ?? ""} />;
  const traffic = (page: ReactNode) => <Traffic me={me}>{page}</Traffic>;
  return (
    <Routes
      routes={[
        ["/portal/organizations", () => <OrganizationList me={me} />],
        ["/portal/organizations/:id", organization],
        ["/portal/organizations/:id/*", organization],
        ["/portal/services", () => <ServiceList me={me} />],
        ["/portal/services/:id", (p) => <ServicePage key={p.id} me={me} id={p.id ?? ""} />],
        [
          "/portal/services/:id/edit",
          (p) => (me.may_manage_account ? <Studio key={p.id} id={p.id ?? ""} /> : <NotHere />),
        ],
        ["/portal/traffic", () => traffic(<Messages />)],
        ["/portal/traffic/charts", () => traffic(<Charts />)],
        ["/portal/traffic/dead-letters", () => traffic(<DeadLetters />)],
        ["/portal/traffic/callbacks", () => traffic(<Callbacks />)],
        ["/portal/traffic/callbacks/:id", (p) => <CallbackPage key={p.id} id={p.id ?? ""} />],
        ["/portal/traffic/:id", (p) => <MessagePage key={p.id} id={p.id ?? ""} />],
        ["/portal/notifications", () => <Notifications me={me} />],
        ["/portal/notifications/:id", (p) => <WebhookPage key={p.id} id={p.id ?? ""} />],
        ["/portal/usage", () => <Usage />],
        ["/portal/people", () => (me.may_manage_account ? <People me={me} /> : <NotHere />)],
        ["/portal/audit", () => <Audit />],
        ["/portal/keys", () => <Keys me={me} />],
      ]}
      otherwise={<NotHere />}
    />
  );
}
