import { useQuery as useAddress } from "../../lib/router";
import { charts as t } from "../../texts/usage";
import { Loading, Panel, Select, Shown } from "../../ui";
import { NumberFilter, OrganizationFilter, ServiceFilter } from "../traffic/filters";
import { FailuresChart } from "./failures";
import { useStats } from "./stats";
import VolumeChart, { VolumeTable } from "./volume";

/** How much there was day by day, and why some of it failed. */
export default function Charts() {
  const [address, change] = useAddress();
  const value = (name: string) => address.get(name) ?? undefined;
  const of = { orgid: value("orgid"), service: value("service"), number: value("number") };
  const range = t.ranges.find((r) => r.value === value("days"))?.value ?? "30";
  const stats = useStats(of, Number(range));
  const hrefOf = (code: string) => {
    const q = new URLSearchParams({ status: "failed,expired,cancelled", code });
    for (const [name, v] of Object.entries(of)) if (v) q.set(name, v);
    return `/portal/traffic?${q}`;
  };
  return (
    <>
      <search className="grid grid-cols-2 gap-2 md:grid-cols-4">
        <Select
          label={t.days}
          hideLabel
          value={range}
          onChange={(e) => change({ days: e.target.value === "30" ? undefined : e.target.value })}
          options={t.ranges}
        />
        <OrganizationFilter />
        <ServiceFilter />
        <NumberFilter />
      </search>
      <Shown query={stats} loading={<Loading rows={8} />}>
        {(s) => (
          <div className="grid items-start gap-6 lg:grid-cols-[3fr_2fr]">
            <Panel className="flex min-w-0 flex-col gap-3">
              <div>
                <h2 className="font-semibold">{t.volume}</h2>
                <p className="text-sm text-ink-3">{t.volumeAbout}</p>
              </div>
              {s.days.every((d) => d.in + d.out === 0) ? (
                <p className="text-base text-ink-2">{t.none}</p>
              ) : (
                <>
                  <VolumeChart days={s.days} />
                  <VolumeTable days={s.days} />
                </>
              )}
            </Panel>
            <Panel className="flex min-w-0 flex-col gap-3">
              <div>
                <h2 className="font-semibold">{t.failures}</h2>
                <p className="text-sm text-ink-3">{t.failuresAbout}</p>
              </div>
              <FailuresChart list={s.failures} hrefOf={hrefOf} />
            </Panel>
          </div>
        )}
      </Shown>
    </>
  );
}
