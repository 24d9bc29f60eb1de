import type { Me } from "../../lib/me";
import { traffic as t } from "../../texts/traffic";
import { LinkTabs, PageBody, PageHeader } from "../../ui";
import { Callbacks } from "./callbacks";
import { Messages } from "./messages";

export function Traffic({ me, callbacks }: { me: Me; callbacks?: boolean }) {
  const tabs = [{ href: "/portal/traffic", label: t.messages }];
  // A raw callback can hold what belongs to several organizations.
  if (me.may_manage_account) tabs.push({ href: "/portal/traffic/callbacks", label: t.callbacks });
  return (
    <PageBody>
      <PageHeader title={t.title} tabs={<LinkTabs label={t.title} tabs={tabs} />} />
      {callbacks ? <Callbacks /> : <Messages />}
    </PageBody>
  );
}
