import { useQuery } from "@tanstack/react-query";
import { api, path } from "../../lib/api";
import { keys } from "../../lib/data";
import { useForm } from "../../lib/form";
import type { Me } from "../../lib/me";
import { queries } from "../../lib/queries";
import type { Account, Organization } from "../../lib/types";
import { common } from "../../texts/common";
import { keeping as t } from "../../texts/keeping";
import { Checkbox, Form, Panel, Section, Shown, toast } from "../../ui";
import { CapFields } from "../numbers/caps";
import { capOf } from "../numbers/values";
import { EraseContact } from "./erase";
import { RetentionForm } from "./retention";

/** What an organization keeps, what leaves with its files, how much it may send, and how a contact vanishes from it. */
export default function Keeping({ me, org }: { me: Me; org: Organization }) {
  const at = path`/v1/organizations/${org.id}`;
  const changed = () => queries.invalidateQueries({ queryKey: keys.organizations });
  return (
    <div className="flex max-w-3xl flex-col gap-8">
      <Section title={t.retention} about={t.retentionAbout}>
        <Panel>
          <RetentionForm at={at} retention={org.retention} unsaid={t.asAccount} onDone={changed} />
        </Panel>
      </Section>
      <Section title={t.limits}>
        <Panel>
          <Limits me={me} org={org} at={at} onDone={changed} />
        </Panel>
      </Section>
      <Section title={t.erase} about={t.eraseAbout}>
        <Panel>
          <EraseContact at={at} />
        </Panel>
      </Section>
      {me.may_manage_account && <OfAccount />}
    </div>
  );
}

function Limits({ me, org, at, onDone }: { me: Me; org: Organization; at: string; onDone: () => Promise<unknown> }) {
  const form = useForm(
    {
      metadata: org.strip_metadata,
      messages: String(org.daily_cap?.messages ?? ""),
      segments: String(org.daily_cap?.segments ?? ""),
    },
    (v) =>
      api.patch<Organization>(at, {
        strip_metadata: v.metadata,
        ...(me.may_manage_account ? { daily_cap: capOf(v.messages, v.segments) } : {}),
      }),
    async () => {
      await onDone();
      toast(t.saved);
    },
  );
  return (
    <Form form={form} does={common.save}>
      <Checkbox
        label={t.metadata}
        hint={t.metadataHint}
        checked={form.values.metadata}
        onChange={(e) => form.set({ metadata: e.target.checked })}
      />
      {me.may_manage_account && (
        <div className="flex flex-col gap-2">
          <CapFields
            messages={form.values.messages}
            segments={form.values.segments}
            error={form.at("/daily_cap")}
            onChange={(cap) => form.set(cap)}
          />
          <p className="text-sm text-ink-3">{t.capAbout}</p>
        </div>
      )}
    </Form>
  );
}

function OfAccount() {
  const account = useQuery({
    queryKey: ["account"],
    queryFn: ({ signal }) => api.get<Account>("/v1/account", {}, signal),
  });
  return (
    <Section title={t.account} about={t.accountAbout}>
      <Shown query={account}>
        {(a) => (
          <Panel>
            <RetentionForm
              at="/v1/account"
              retention={a.retention}
              unsaid={t.usual}
              onDone={() => queries.invalidateQueries({ queryKey: ["account"] })}
            />
          </Panel>
        )}
      </Shown>
    </Section>
  );
}
