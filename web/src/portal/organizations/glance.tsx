import { lazy, type ReactNode, Suspense } from "react";
import { useIntegrations } from "../../lib/data";
import { count } from "../../lib/format";
import { Link } from "../../lib/router";
import type { Organization } from "../../lib/types";
import { glance as t } from "../../texts/usage";
import { cx, Panel, Skeleton } from "../../ui";
import { useStats } from "../charts/stats";

const VolumeChart = lazy(() => import("../charts/volume"));

/** How an organization does: today's messages, what needs somebody, and its last month as a picture. */
export function Glance({ org }: { org: Organization }) {
  const stats = useStats({ orgid: org.id }, 30);
  const integrations = useIntegrations(org.id);
  if (stats.isError) return null; // the page is about something else
  const today = stats.data?.days.at(-1);
  const attention = integrations.data?.filter((i) => i.enabled && i.attention.length > 0).length;
  const quiet = stats.data?.days.every((d) => d.in + d.out === 0);
  return (
    <Panel className="grid items-center gap-x-8 gap-y-4 lg:grid-cols-[auto_1fr]">
      <dl className="grid grid-cols-2 gap-x-8 gap-y-3 sm:grid-cols-4 lg:grid-cols-2">
        <Figure name={t.received} value={today && count(today.in)} />
        <Figure name={t.sent} value={today && count(today.out)} />
        <Figure
          name={t.failed}
          value={today && count(today.failed)}
          tone={today && today.failed > 0 ? "text-bad" : ""}
        />
        <Figure
          name={t.attention}
          value={attention === undefined ? undefined : attention === 0 ? t.fine : t.integrations(attention)}
          tone={attention ? "text-bad" : ""}
        />
      </dl>
      <div className="flex min-w-0 flex-col gap-1">
        <div className="min-h-38">
          {stats.data && !quiet && (
            <Suspense>
              <VolumeChart days={stats.data.days} low />
            </Suspense>
          )}
          {quiet && <p className="text-base text-ink-3">{t.quiet}</p>}
        </div>
        <p className="flex gap-4 text-sm">
          <Link className="text-link hover:underline" href={`/portal/traffic/charts?orgid=${org.id}`}>
            {t.charts}
          </Link>
          <Link className="text-link hover:underline" href={`/portal/usage?orgid=${org.id}`}>
            {t.usage}
          </Link>
        </p>
      </div>
    </Panel>
  );
}

function Figure({ name, value, tone }: { name: string; value: ReactNode; tone?: string }) {
  return (
    <div className="flex flex-col-reverse">
      <dt className="text-sm text-ink-3">{name}</dt>
      <dd className={cx("tabular text-xl font-semibold whitespace-nowrap", tone)}>
        {value ?? <Skeleton className="my-1 h-5 w-12" />}
      </dd>
    </div>
  );
}
