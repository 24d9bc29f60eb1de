import { useState } from "react";
import { usePages } from "../../lib/data";
import { visible, when, wholeTime } from "../../lib/format";
import type { Delivery } from "../../lib/types";
import { notifications as t } from "../../texts/account";
import { Badge, Checkbox, EmptyState, Section, Shown, Table, Td, Th, Tr } from "../../ui";

/** Every request to a webhook, what it was answered, and how long that took. */
export function Deliveries({ at, id }: { at: string; id: string }) {
  const [failed, setFailed] = useState(false);
  const list = usePages<Delivery>(["webhooks", id, "deliveries", failed], `${at}/deliveries`, {
    failed: failed || undefined,
  });
  return (
    <Section
      title={t.log}
      about={t.logAbout}
      actions={<Checkbox label={t.failedOnly} checked={failed} onChange={(e) => setFailed(e.target.checked)} />}
    >
      <Shown
        query={list}
        empty={
          <EmptyState icon={failed ? "check" : "bell"} title={failed ? t.noFailed : t.noDeliveries}>
            {!failed && t.noDeliveriesAbout}
          </EmptyState>
        }
      >
        {(rows) => (
          <Table
            label={t.log}
            head={
              <>
                <Th>{t.deliveryType}</Th>
                <Th>{t.answer}</Th>
                <Th spare>{t.response}</Th>
                <Th spare right>
                  {t.took}
                </Th>
                <Th right>{t.deliveryAt}</Th>
              </>
            }
          >
            {rows.map((d, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: an id is told again, and lines stay where they are
              <Tr key={i}>
                <Td className="font-mono text-sm whitespace-nowrap" title={d.id}>
                  {d.type}
                  {d.replay && (
                    <>
                      {" "}
                      <Badge>{t.isReplay}</Badge>
                    </>
                  )}
                </Td>
                <Td>
                  <Badge tone={d.error ? "bad" : "good"}>{d.status === 0 ? t.noAnswer : String(d.status)}</Badge>
                </Td>
                <Td spare className="w-full max-w-0">
                  <span className="block truncate text-ink-2" title={[d.error, d.response].filter(Boolean).join("\n")}>
                    {visible([d.error, d.response].filter(Boolean).join(" · ")) || "–"}
                  </span>
                </Td>
                <Td spare right className="tabular whitespace-nowrap text-ink-2">
                  {d.duration_ms} ms
                </Td>
                <Td right className="tabular whitespace-nowrap text-ink-2">
                  <time dateTime={d.at} title={wholeTime(d.at)}>
                    {when(d.at)}
                  </time>
                </Td>
              </Tr>
            ))}
          </Table>
        )}
      </Shown>
    </Section>
  );
}
