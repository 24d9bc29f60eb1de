import { useState } from "react";
import { useIntegrations, useServices } from "../../lib/data";
import { Link } from "../../lib/router";
import type { Integration, Organization, Service } from "../../lib/types";
import { integrations as t } from "../../texts/integrations";
import { Badge, EmptyState, LinkButton, Shown, TextField } from "../../ui";
import { Logo } from "../services/logo";
import { stateOf } from "./state";

/** The services as cards: those that are enabled first, then what could be. */
export function IntegrationCards({ org }: { org: Organization }) {
  const services = useServices();
  const enabled = useIntegrations(org.id);
  const [find, setFind] = useState("");
  return (
    <>
      <div className="flex flex-wrap items-end justify-between gap-3">
        <div>
          <h2 className="text-lg font-semibold">{t.sms}</h2>
          <p className="text-base text-ink-2">{t.about}</p>
        </div>
        <div className="w-64 max-w-full">
          <TextField
            label={t.find}
            hideLabel
            type="search"
            placeholder={t.find}
            value={find}
            onChange={(e) => setFind(e.target.value)}
          />
        </div>
      </div>
      <Shown query={services}>
        {(all) => (
          <Shown query={enabled}>{(list) => <Cards org={org} services={all} integrations={list} find={find} />}</Shown>
        )}
      </Shown>
    </>
  );
}

function Cards(p: { org: Organization; services: Service[]; integrations: Integration[]; find: string }) {
  const of = new Map(p.integrations.map((i) => [i.service_id, i]));
  const wanted = p.find.trim().toLowerCase();
  const shown = p.services
    .filter((s) => `${s.name} ${s.id}`.toLowerCase().includes(wanted))
    .sort((a, b) => Number(of.has(b.id)) - Number(of.has(a.id)) || a.name.localeCompare(b.name));
  if (shown.length === 0) {
    return (
      <EmptyState
        icon="plug"
        title={t.noneFound}
        action={<LinkButton href="/portal/services">{t.upload}</LinkButton>}
      />
    );
  }
  return (
    <ul className="grid grid-cols-1 gap-3 sm:grid-cols-2 xl:grid-cols-3">
      {shown.map((s) => (
        <Card
          key={s.id}
          href={`/portal/organizations/${p.org.id}/integrations/${encodeURIComponent(s.id)}`}
          service={s}
          integration={of.get(s.id)}
        />
      ))}
    </ul>
  );
}

function Card({ href, service, integration }: { href: string; service: Service; integration?: Integration }) {
  const state = stateOf(integration);
  return (
    <li className="relative flex min-h-16 items-center gap-3 rounded-lg border bg-surface p-3 hover:border-line-strong hover:bg-hover">
      <Logo name={service.name} />
      <div className="min-w-0 flex-1">
        <div className="flex items-center gap-2">
          <Link href={href} className="truncate font-medium after:absolute after:inset-0 after:rounded-lg">
            {service.name}
          </Link>
          {service.origin === "account" && <Badge tone="accent">{t.own}</Badge>}
        </div>
        {state.why && <p className="truncate text-sm text-ink-2">{state.why}</p>}
      </div>
      {integration ? (
        <Badge tone={state.tone}>{state.word}</Badge>
      ) : (
        <span className="text-sm text-ink-3">{t.off}</span>
      )}
    </li>
  );
}
