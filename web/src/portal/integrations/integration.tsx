import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { api, path } from "../../lib/api";
import { keys, useIntegrations, useService } from "../../lib/data";
import { ago } from "../../lib/format";
import { queries } from "../../lib/queries";
import { Link, navigate } from "../../lib/router";
import type { Integration as One, Organization, Report, ServiceDetail } from "../../lib/types";
import { integrations as t } from "../../texts/integrations";
import {
  Badge,
  Button,
  Confirm,
  CopyField,
  Icon,
  IconButton,
  Menu,
  MenuItem,
  Notice,
  orToast,
  Panel,
  Section,
  Shown,
  toastError,
} from "../../ui";
import { NumbersOf } from "../numbers/of";
import { Logo } from "../services/logo";
import { TestText } from "../test-text";
import { Paused, PauseForm } from "./pause";
import { PropertiesForm } from "./properties";
import { ReportNotice } from "./report";
import { stateOf } from "./state";

export function Integration({ org, service }: { org: Organization; service: string }) {
  const file = useService(service);
  const list = useIntegrations(org.id);
  return (
    <Shown query={file}>
      {(s) => (
        <Shown query={list}>
          {(all) => <Page org={org} service={s} integration={all.find((i) => i.service_id === s.id)} />}
        </Shown>
      )}
    </Shown>
  );
}

function Page({ org, service, integration }: { org: Organization; service: ServiceDetail; integration?: One }) {
  const at = path`/v1/organizations/${org.id}/integrations/${service.id}`;
  const [said, setSaid] = useState<One>();
  const [removing, setRemoving] = useState(false);
  const [pausing, setPausing] = useState(false);
  const changed = () => queries.invalidateQueries({ queryKey: keys.integrations(org.id) });
  const turn = () =>
    orToast(service.name, async () => {
      await api.put(at, { enabled: !integration?.enabled });
      await changed();
    });
  const state = stateOf(integration);
  const on = integration?.enabled === true;
  const properties = service.properties ?? [];
  return (
    <div className="flex flex-col gap-6">
      <div className="flex flex-wrap items-center gap-3">
        <Logo name={service.name} large />
        <div className="min-w-0 flex-1">
          <Link href={`/portal/organizations/${org.id}/integrations`} className="text-sm text-ink-3 hover:text-ink">
            {t.back}
          </Link>
          <div className="flex flex-wrap items-center gap-2">
            <h2 className="text-lg font-semibold">{service.name}</h2>
            {service.origin === "account" && <Badge tone="accent">{t.own}</Badge>}
            {integration && <Badge tone={state.tone}>{state.word}</Badge>}
          </div>
        </div>
        {integration && (
          <Menu trigger={<IconButton icon="more" label={t.settings} kind="plain" />}>
            {on && !integration.paused && (
              <MenuItem icon="pause" onSelect={() => setPausing(true)}>
                {t.pause}
              </MenuItem>
            )}
            <MenuItem
              icon="chart"
              href={`/portal/traffic/charts?orgid=${org.id}&service=${encodeURIComponent(service.id)}`}
            >
              {t.charts}
            </MenuItem>
            <MenuItem icon="ban" onSelect={() => void turn()}>
              {on ? t.switchOff : t.switchOn}
            </MenuItem>
            <MenuItem icon="trash" danger onSelect={() => setRemoving(true)}>
              {t.remove}
            </MenuItem>
          </Menu>
        )}
      </div>
      {integration && !on && <Notice>{t.isOff}</Notice>}
      {on && <Paused at={at} integration={integration} onChanged={changed} />}
      {on && <Troubles integration={integration} />}
      <div className="grid gap-6 lg:grid-cols-2">
        <Panel className="flex flex-col gap-4">
          <div>
            <h3 className="font-semibold">{t.credentials}</h3>
            <p className="text-sm text-ink-3">{t.credentialsAbout}</p>
          </div>
          <PropertiesForm
            at={at}
            properties={properties}
            integration={integration}
            onSaved={async (i) => {
              setSaid(i);
              await changed();
            }}
          />
          <Check at={at} on={on} said={said} />
        </Panel>
        <Panel className="flex flex-col gap-4">
          {integration && <CopyField label={t.webhook} value={integration.webhook_url} hint={t.webhookAbout} />}
          <Steps service={service} />
        </Panel>
      </div>
      {on && (
        <>
          <NumbersOf org={org} service={service.id} />
          <Section title={t.test} about={t.testAbout}>
            <TestText org={org} service={service.id} />
          </Section>
        </>
      )}
      {pausing && <PauseForm at={at} about={t.pauseAbout} onClose={() => setPausing(false)} onDone={changed} />}
      {removing && (
        <Confirm
          open
          danger
          title={t.removeTitle}
          does={t.remove}
          onClose={() => setRemoving(false)}
          onConfirm={async () => {
            await api.delete(at);
            navigate(`/portal/organizations/${org.id}/integrations`);
            await changed();
            await queries.invalidateQueries({ queryKey: keys.numbers(org.id) });
          }}
        >
          {t.removeAbout}
        </Confirm>
      )}
    </div>
  );
}

function Troubles({ integration }: { integration: One }) {
  // That sending is paused is said above, with what can be done about it.
  const rest = integration.attention.filter((a) => !(a.about === "sending" && integration.paused));
  return rest.map((a) => (
    <Notice key={a.about} tone="bad">
      <span className="font-medium">{t.abouts[a.about] ?? a.about}:</span> {a.reason}{" "}
      <span className="text-sm">({t.since(ago(a.since))})</span>
    </Notice>
  ));
}

/** What the provider said of the credentials when they were saved, and a way to ask again. */
function Check({ at, on, said }: { at: string; on: boolean; said?: One }) {
  const ask = useMutation({
    mutationFn: () => api.post<Report>(`${at}/check`),
    onError: (e) => toastError(t.check, e),
  });
  const shown = ask.data ?? said?.check;
  return (
    <div className="flex flex-col gap-2">
      {shown && (
        <ReportNotice
          report={shown}
          good={t.checks.accepted}
          bad={shown.outcome === "refused" ? t.checks.refused : t.checks.other}
        />
      )}
      {said?.registration && (
        <ReportNotice report={said.registration} good={t.registration} bad={t.registrationFailed} />
      )}
      {said?.authorize_url && (
        <Notice tone="warn">
          <p>{t.authorize}</p>
          <a
            className="font-medium underline"
            href={said.authorize_url}
            target="_blank"
            rel="noopener noreferrer nofollow"
          >
            {t.authorizeDo}
          </a>
        </Notice>
      )}
      {on && (
        <div>
          <Button small busy={ask.isPending} onClick={() => ask.mutate()}>
            {t.checkNow}
          </Button>
        </div>
      )}
    </div>
  );
}

function Steps({ service }: { service: ServiceDetail }) {
  const steps = service.setup ?? [];
  return (
    <div className="flex flex-col gap-2">
      <h3 className="font-semibold">{t.steps}</h3>
      <ol className="flex list-decimal flex-col gap-1.5 pl-5 text-base text-ink-2 marker:text-ink-3">
        {steps.map((s) => (
          <li key={s}>{s}</li>
        ))}
      </ol>
      {/^https:\/\//.test(service.documentation) && (
        <a
          href={service.documentation}
          target="_blank"
          rel="noopener noreferrer nofollow"
          className="text-link inline-flex items-center gap-1 hover:underline"
        >
          {t.documentation}
          <Icon name="out" size={12} />
        </a>
      )}
    </div>
  );
}
