import { useQuery } from "@tanstack/react-query";
import { api, path } from "../../lib/api";
import type { FormOf } from "../../lib/form";
import { count } from "../../lib/format";
import type { Organization, PhoneNumber } from "../../lib/types";
import { numbers as t } from "../../texts/numbers";
import { Notice, Select } from "../../ui";
import { CapFields } from "./caps";
import { Group } from "./more";
import type { NumberValues } from "./values";

/** By which service a number texts, by which instead, how much a day, and for how long a text is tried. */
export function Way({
  org,
  form,
  number,
  services,
}: {
  org: Organization;
  form: FormOf<NumberValues>;
  number?: PhoneNumber;
  services: string[];
}) {
  const v = form.values;
  const known = t.validities.some((o) => o.value === v.validity);
  const validities = known
    ? t.validities
    : [...t.validities, { value: v.validity, label: t.seconds(Number(v.validity)) }];
  const others = services.filter((s) => s !== v.service);
  if (v.failover && !others.includes(v.failover)) others.push(v.failover);
  return (
    <>
      <Group title={t.way} about={number && t.wayAbout}>
        <div className="grid items-start gap-4 sm:grid-cols-2">
          {number && (
            <Select
              label={t.service}
              {...form.field("service")}
              options={services.map((s) => ({ value: s, label: s }))}
            />
          )}
          <Select
            label={t.failover}
            hint={t.failoverHint}
            {...form.field("failover")}
            options={[{ value: "", label: t.noFailover }, ...others.map((s) => ({ value: s, label: s }))]}
          />
          <Select label={t.validity} {...form.field("validity")} options={validities} />
          <Select label={t.metadata} {...form.field("metadata", "/strip_metadata")} options={t.metadatas} />
        </div>
        {number && v.service !== number.service && <Notice tone="warn">{t.moved(number.service)}</Notice>}
      </Group>
      <Group title={t.caps} about={t.capsAbout}>
        <CapFields
          messages={v.capMessages}
          segments={v.capSegments}
          error={form.at("/daily_cap")}
          onChange={(c) => form.set({ capMessages: c.messages, capSegments: c.segments })}
        />
        {number?.daily_cap && <Used org={org} id={number.id} />}
      </Group>
    </>
  );
}

/** What of the cap is used up; only the answer for one number tells. */
function Used({ org, id }: { org: Organization; id: string }) {
  const one = useQuery({
    queryKey: ["numbers", org.id, id],
    queryFn: ({ signal }) => api.get<PhoneNumber>(path`/v1/organizations/${org.id}/numbers/${id}`, {}, signal),
  });
  const used = one.data?.daily_cap?.used;
  if (!used) return null;
  return (
    <p className="text-sm text-ink-2">{t.used({ messages: count(used.messages), segments: count(used.segments) })}</p>
  );
}
