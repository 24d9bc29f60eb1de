import { useMutation, useQuery } from "@tanstack/react-query";
import { api, path } from "../../lib/api";
import { visible, when } from "../../lib/format";
import { queries } from "../../lib/queries";
import type { CallbackDetail } from "../../lib/types";
import { traffic as t } from "../../texts/traffic";
import { Button, Notice, PageBody, PageHeader, Shown, toast, toastError } from "../../ui";
import { Raw } from "../integrations/report";
import { StateBadge } from "./callbacks";

/** One request of a provider as it came, and what was read from it. */
export function CallbackPage({ id }: { id: string }) {
  const at = path`/v1/callbacks/${id}`;
  const one = useQuery({
    queryKey: ["callbacks", "one", id],
    queryFn: ({ signal }) => api.get<CallbackDetail>(at, {}, signal),
  });
  const replay = useMutation({
    mutationFn: () => api.post(`${at}/replay`),
    onSuccess: async () => {
      toast(t.replayed);
      await queries.invalidateQueries({ queryKey: ["callbacks"] });
    },
    onError: (e) => toastError(t.replay, e),
  });
  return (
    <PageBody>
      <Shown query={one}>
        {(c) => (
          <>
            <PageHeader
              title={`${t.callback}: ${c.service}`}
              back={{ href: "/portal/traffic/callbacks", label: t.callbacks }}
              beside={<StateBadge state={c.state} />}
              about={when(c.at)}
              actions={
                c.state === "unmatched" && (
                  <Button kind="primary" icon="replay" busy={replay.isPending} onClick={() => replay.mutate()}>
                    {t.replay}
                  </Button>
                )
              }
            />
            {c.reason && <Notice tone={c.state === "unmatched" ? "warn" : "neutral"}>{visible(c.reason)}</Notice>}
            <Raw label={`${c.method} ${c.url}`} text={headersOf(c)} />
            <div className="grid gap-4 lg:grid-cols-2">
              <Raw label={t.body} text={c.body || (c.body_base64 ? `base64: ${c.body_base64}` : "")} />
              <Raw label={t.read} text={c.read === undefined ? "" : JSON.stringify(c.read, null, 2)} />
            </div>
          </>
        )}
      </Shown>
    </PageBody>
  );
}

function headersOf(c: CallbackDetail): string {
  return Object.entries(c.headers)
    .flatMap(([name, values]) => values.map((v) => `${name}: ${v}`))
    .join("\n");
}
