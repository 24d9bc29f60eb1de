import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, path } from "../../lib/api";
import { ago, visible, when } from "../../lib/format";
import { queries } from "../../lib/queries";
import { navigate } from "../../lib/router";
import type { Webhook } from "../../lib/types";
import { notifications as t } from "../../texts/account";
import { common } from "../../texts/common";
import {
  Button,
  Confirm,
  CopyDialog,
  IconButton,
  Menu,
  MenuItem,
  MenuSeparator,
  Notice,
  orToast,
  PageBody,
  PageHeader,
  Shown,
  toast,
} from "../../ui";
import { PauseForm } from "../integrations/pause";
import { EditWebhook, ReplayWebhook, RotateWebhook } from "./changes";
import { Deliveries } from "./deliveries";
import { WebhookState } from "./state";

type Open = "edit" | "pause" | "replay" | "rotate" | "remove";

/** One webhook: how it does, every request to it, and what can be done about it. */
export default function WebhookPage({ id }: { id: string }) {
  const at = path`/v1/webhooks/${id}`;
  const one = useQuery({
    queryKey: ["webhooks", id],
    queryFn: ({ signal }) => api.get<Webhook>(at, {}, signal),
    refetchInterval: (q) => (q.state.data?.replaying ? 2000 : false),
  });
  return (
    <PageBody>
      <Shown query={one}>{(h) => <Inside hook={h} at={at} />}</Shown>
    </PageBody>
  );
}

function Inside({ hook, at }: { hook: Webhook; at: string }) {
  const [open, setOpen] = useState<Open>();
  const [secret, setSecret] = useState<string>();
  const close = () => setOpen(undefined);
  const changed = () => queries.invalidateQueries({ queryKey: ["webhooks"] });
  const resume = () =>
    orToast(t.resume, async () => {
      await api.post(`${at}/resume`);
      await changed();
      toast(t.resumed);
    });
  const paused = hook.status === "paused";
  return (
    <>
      <PageHeader
        title={visible(hook.url)}
        back={{ href: "/portal/notifications", label: t.back }}
        beside={<WebhookState hook={hook} />}
        about={
          hook.types.length === 0
            ? t.all
            : hook.types.map((x) => t.kinds.find((k) => k.value === x)?.label ?? x).join(", ")
        }
        actions={
          <>
            {paused && (
              <Button kind="primary" icon="play" onClick={() => void resume()}>
                {t.resume}
              </Button>
            )}
            <Button icon="replay" onClick={() => setOpen("replay")}>
              {t.replay}
            </Button>
            <Menu trigger={<IconButton kind="plain" icon="more" label={common.more} />}>
              <MenuItem icon="edit" onSelect={() => setOpen("edit")}>
                {common.edit}
              </MenuItem>
              {!paused && (
                <MenuItem icon="pause" onSelect={() => setOpen("pause")}>
                  {t.pause}
                </MenuItem>
              )}
              <MenuItem icon="key" onSelect={() => setOpen("rotate")}>
                {t.rotate}
              </MenuItem>
              <MenuSeparator />
              <MenuItem icon="trash" danger onSelect={() => setOpen("remove")}>
                {t.remove}
              </MenuItem>
            </Menu>
          </>
        }
      />
      {paused && (
        <Notice tone="bad">
          <p>{t.pausedAbout(when(hook.paused_at ?? hook.created))}</p>
          {hook.reason && <p className="text-sm">{visible(hook.reason)}</p>}
        </Notice>
      )}
      {!paused && hook.failing_since && <Notice tone="warn">{t.failingSince(ago(hook.failing_since))}</Notice>}
      {hook.old_secret_until && <Notice>{t.oldUntil(when(hook.old_secret_until))}</Notice>}
      <Deliveries at={at} id={hook.id} />
      {open === "edit" && <EditWebhook hook={hook} at={at} onClose={close} onDone={changed} />}
      {open === "pause" && <PauseForm at={at} about={t.pauseAbout} onClose={close} onDone={changed} />}
      {open === "replay" && <ReplayWebhook at={at} onClose={close} onDone={changed} />}
      {open === "rotate" && (
        <RotateWebhook
          at={at}
          onClose={close}
          onDone={async (h) => {
            setSecret(h.secret);
            await changed();
          }}
        />
      )}
      {secret && (
        <CopyDialog
          title={t.rotate}
          label={t.secret}
          value={secret}
          hint={t.secretAbout}
          onClose={() => setSecret(undefined)}
        />
      )}
      {open === "remove" && (
        <Confirm
          open
          danger
          title={t.remove}
          does={common.delete}
          onClose={close}
          onConfirm={async () => {
            await api.delete(at);
            navigate("/portal/notifications");
            await queries.invalidateQueries({ queryKey: ["webhooks"], exact: true });
          }}
        >
          {t.removeAbout(visible(hook.url))}
        </Confirm>
      )}
    </>
  );
}
