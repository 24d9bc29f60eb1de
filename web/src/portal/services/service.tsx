import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { all, api, path } from "../../lib/api";
import { keys, useService } from "../../lib/data";
import { when } from "../../lib/format";
import type { Me } from "../../lib/me";
import { queries } from "../../lib/queries";
import { navigate } from "../../lib/router";
import type { ServiceDetail, ServiceVersion } from "../../lib/types";
import { common } from "../../texts/common";
import { services as t } from "../../texts/services";
import { studio } from "../../texts/studio";
import {
  Badge,
  Button,
  Confirm,
  LinkButton,
  orToast,
  PageBody,
  PageHeader,
  Panel,
  Section,
  Shown,
  Table,
  Td,
  Th,
  ThActions,
  Tr,
  toast,
} from "../../ui";
import { Raw } from "../integrations/report";
import { Begin, studioAt } from "../studio/begin";
import { Comparison } from "./comparison";
import { downloadService } from "./download";

export function ServicePage({ me, id }: { me: Me; id: string }) {
  const one = useService(id);
  return (
    <PageBody>
      <Shown query={one}>{(s) => <Inside me={me} service={s} />}</Shown>
    </PageBody>
  );
}

function Inside({ me, service }: { me: Me; service: ServiceDetail }) {
  const [copying, setCopying] = useState(false);
  const [removing, setRemoving] = useState(false);
  const own = service.origin === "account";
  const at = path`/v1/services/${service.id}`;
  return (
    <>
      <PageHeader
        title={service.name}
        back={{ href: "/portal/services", label: t.title }}
        beside={
          <>
            <span className="font-mono text-sm text-ink-3">{service.id}</span>
            {own && <Badge tone="accent">{t.own}</Badge>}
          </>
        }
        actions={
          <>
            <Button icon="download" onClick={() => void orToast(t.download, () => downloadService(service.id))}>
              {t.download}
            </Button>
            {me.may_manage_account && (
              <>
                <Button icon="copy" onClick={() => setCopying(true)}>
                  {t.newFrom}
                </Button>
                <LinkButton icon="edit" kind="primary" href={studioAt(service.id)}>
                  {studio.edit}
                </LinkButton>
              </>
            )}
            {own && me.may_manage_account && (
              <Button icon="trash" onClick={() => setRemoving(true)}>
                {t.remove}
              </Button>
            )}
          </>
        }
      />
      <div className="grid gap-6 lg:grid-cols-2">
        <Panel>
          <h2 className="mb-2 font-semibold">{t.setup}</h2>
          <ol className="flex list-decimal flex-col gap-1.5 pl-5 text-ink-2 marker:text-ink-3">
            {(service.setup ?? []).map((s) => (
              <li key={s}>{s}</li>
            ))}
          </ol>
        </Panel>
        <Panel>
          <h2 className="mb-2 font-semibold">{t.properties}</h2>
          <ul className="flex flex-col gap-2">
            {(service.properties ?? []).map((p) => (
              <li key={p.name}>
                <span className="flex flex-wrap items-center gap-2">
                  <span className="font-medium">{p.name}</span>
                  {p.secret && <Badge>{t.secret}</Badge>}
                  {p.optional && <Badge>{t.optional}</Badge>}
                </span>
                {p.help && <span className="text-sm text-ink-3">{p.help}</span>}
              </li>
            ))}
          </ul>
        </Panel>
      </div>
      <Versions me={me} id={service.id} at={at} />
      <Section title={t.file}>
        <Raw label={`${service.id}.json`} text={JSON.stringify(service.file, null, 2)} />
      </Section>
      {copying && <Begin from={service} onClose={() => setCopying(false)} />}
      {removing && (
        <Confirm
          open
          danger
          title={t.remove}
          does={common.delete}
          onClose={() => setRemoving(false)}
          onConfirm={async () => {
            await api.delete(at);
            navigate("/portal/services"); // before the rest is asked for anew: this page would say that it is gone
            await queries.invalidateQueries({ queryKey: keys.services });
          }}
        >
          {t.removeAbout}
        </Confirm>
      )}
    </>
  );
}

function Versions({ me, id, at }: { me: Me; id: string; at: string }) {
  const list = useQuery({
    queryKey: [...keys.service(id), "versions"],
    queryFn: ({ signal }) => all<ServiceVersion>(`${at}/versions`, {}, signal),
  });
  const [back, setBack] = useState<string>();
  const [compared, setCompared] = useState<string>();
  const current = list.data?.find((v) => v.current)?.version;
  const ownFiles = list.data?.some((v) => v.origin === "account");
  return (
    <Section title={t.versions}>
      <Shown query={list}>
        {(rows) => (
          <Table
            label={t.versions}
            head={
              <>
                <Th>{t.version}</Th>
                <Th>{t.created}</Th>
                <ThActions />
              </>
            }
          >
            {rows.map((v) => (
              <Tr key={`${v.origin} ${v.version}`}>
                <Td className="font-mono text-sm">{v.version}</Td>
                <Td className="text-ink-2">{v.created ? when(v.created) : t.shipped}</Td>
                <Td right>
                  {v.current ? (
                    <Badge tone="good">{t.current}</Badge>
                  ) : (
                    <span className="inline-flex gap-2">
                      <Button small onClick={() => setCompared(v.version)}>
                        {studio.compare}
                      </Button>
                      {me.may_manage_account && ownFiles && v.origin === "account" && (
                        <Button small onClick={() => setBack(v.version)}>
                          {t.rollback}
                        </Button>
                      )}
                    </span>
                  )}
                </Td>
              </Tr>
            ))}
          </Table>
        )}
      </Shown>
      {compared !== undefined && current !== undefined && (
        <Comparison id={id} from={compared} to={current} onClose={() => setCompared(undefined)} />
      )}
      {back !== undefined && (
        <Confirm
          open
          title={t.rollback}
          does={t.rollback}
          onClose={() => setBack(undefined)}
          onConfirm={async () => {
            await api.post(`${at}/rollback`, { version: back });
            await queries.invalidateQueries({ queryKey: keys.services });
            toast(t.rolledBack);
          }}
        >
          {t.rollbackAbout(back)}
        </Confirm>
      )}
    </Section>
  );
}
