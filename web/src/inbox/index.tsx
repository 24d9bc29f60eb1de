import { useMemo } from "react";
import type { Me } from "../lib/me";
import { inbox as t } from "../texts/inbox";
import { EmptyState } from "../ui";
import { SelfContext, selfOf } from "./data/self";
import { Screen } from "./screen";

export default function Inbox({ me }: { me: Me }) {
  const self = useMemo(() => selfOf(me), [me]);
  if (!self) {
    return (
      <EmptyState icon="inbox" title={t.onlyUsers}>
        {t.onlyUsersAbout}
      </EmptyState>
    );
  }
  return (
    <SelfContext value={self}>
      <Screen key={self.id} />
    </SelfContext>
  );
}
