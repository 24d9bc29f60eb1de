import { useState } from "react";
import { useServices } from "../../lib/data";
import type { Me } from "../../lib/me";
import { Link } from "../../lib/router";
import type { Service } from "../../lib/types";
import { services as t } from "../../texts/services";
import { studio } from "../../texts/studio";
import { Button, Notice, orToast, PageBody, PageHeader, Section, Shown } from "../../ui";
import { Begin } from "../studio/begin";
import { downloadService } from "./download";
import { Logo } from "./logo";
import { Upload } from "./upload";

export function ServiceList({ me }: { me: Me }) {
  const list = useServices();
  const [beginning, setBeginning] = useState(false);
  return (
    <PageBody>
      <PageHeader
        title={t.title}
        about={t.about}
        actions={
          me.may_manage_account && (
            <>
              <Button icon="download" onClick={() => void orToast(t.template, () => downloadService("generic"))}>
                {t.template}
              </Button>
              <Button kind="primary" icon="plus" onClick={() => setBeginning(true)}>
                {studio.new}
              </Button>
            </>
          )
        }
      />
      {me.may_manage_account && <Upload />}
      {beginning && <Begin onClose={() => setBeginning(false)} />}
      <Shown query={list}>
        {(all) => (
          <>
            <Section title={t.own}>
              <Cards list={all.filter((s) => s.origin === "account")} none={t.ownEmpty} />
            </Section>
            <Section title={t.catalogue}>
              <Cards list={all.filter((s) => s.origin === "catalogue")} />
            </Section>
          </>
        )}
      </Shown>
    </PageBody>
  );
}

function Cards({ list, none }: { list: Service[]; none?: string }) {
  if (list.length === 0) return none ? <Notice>{none}</Notice> : null;
  return (
    <ul className="grid grid-cols-1 gap-3 sm:grid-cols-2 xl:grid-cols-3">
      {list.map((s) => (
        <li
          key={s.id}
          className="relative flex items-center gap-3 rounded-lg border bg-surface p-3 hover:border-line-strong hover:bg-hover"
        >
          <Logo name={s.name} />
          <div className="min-w-0">
            <Link
              href={`/portal/services/${encodeURIComponent(s.id)}`}
              className="block truncate font-medium after:absolute after:inset-0 after:rounded-lg"
            >
              {s.name}
            </Link>
            <p className="truncate font-mono text-xs text-ink-3">{s.id}</p>
          </div>
        </li>
      ))}
    </ul>
  );
}
