import type { ReactNode } from "react";
import type { Me } from "../../lib/me";
import { letters } from "../../texts/letters";
import { traffic as t } from "../../texts/traffic";
import { charts } from "../../texts/usage";
import { LinkTabs, PageBody, PageHeader } from "../../ui";

/** What happens: messages, what they add up to, those that did not get through, and what providers said. */
export function Traffic({ me, children }: { me: Me; children: ReactNode }) {
  const tabs = [
    { href: "/portal/traffic", label: t.messages },
    { href: "/portal/traffic/charts", label: charts.title },
    { href: "/portal/traffic/dead-letters", label: letters.title },
  ];
  // A raw callback can hold what belongs to several organizations.
  if (me.may_manage_account) tabs.push({ href: "/portal/traffic/callbacks", label: t.callbacks });
  return (
    <PageBody>
      <PageHeader title={t.title} tabs={<LinkTabs label={t.title} tabs={tabs} />} />
      {children}
    </PageBody>
  );
}
