import type { ReactNode } from "react";
import { inbox as t } from "../../texts/inbox";
import { Button, Icon } from "../../ui";
import { attempt } from "../attempt";
import { reopen } from "../data/actions";
import { useContactActions } from "../data/contacts";
import type { Conversation } from "../model/types";
import { Composer } from "./composer";

/** Where one writes, or why one cannot. */
export function Foot({ c }: { c: Conversation }) {
  const { block } = useContactActions(c);
  if (c.opted_out) return <Closed>{t.write.optedOut}</Closed>;
  if (c.blocked)
    return (
      <Closed
        action={
          <Button small onClick={() => attempt(block(false))}>
            {t.write.unblock}
          </Button>
        }
      >
        {t.write.blocked}
      </Closed>
    );
  if (c.closed)
    return (
      <Closed
        action={
          <Button small onClick={() => attempt(reopen(c.id))}>
            {t.head.reopen}
          </Button>
        }
      >
        {t.write.closed}
      </Closed>
    );
  if (c.number && !c.number_value) return <Closed>{t.write.gone}</Closed>;
  return <Composer key={c.id} c={c} />;
}

function Closed({ children, action }: { children: string; action?: ReactNode }) {
  return (
    <div
      role="status"
      className="m-3 flex items-center gap-2.5 rounded-lg border bg-sunken px-3 py-2.5 text-base text-ink-2"
    >
      <Icon name="ban" className="text-ink-3" />
      <p className="min-w-0 flex-1">{children}</p>
      {action}
    </div>
  );
}
