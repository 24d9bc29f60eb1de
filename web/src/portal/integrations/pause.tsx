import { useState } from "react";
import { api } from "../../lib/api";
import { useForm } from "../../lib/form";
import { ago, exactTime, visible } from "../../lib/format";
import type { Integration } from "../../lib/types";
import { integrations as t } from "../../texts/integrations";
import { Button, FormDialog, Notice, orToast, TextField, toast } from "../../ui";

/** That nothing is sent through an integration now, since when and why, and the way out. */
export function Paused({
  at,
  integration,
  onChanged,
}: {
  at: string;
  integration: Integration;
  onChanged: () => Promise<unknown>;
}) {
  const [busy, setBusy] = useState(false);
  const p = integration.paused;
  if (!p) return null;
  const resume = async () => {
    setBusy(true);
    await orToast(t.resume, async () => {
      await api.post(`${at}/resume`);
      await onChanged();
      toast(t.resumed);
    });
    setBusy(false);
  };
  return (
    <Notice tone={p.cause === "person" ? "warn" : "bad"}>
      <div className="flex flex-wrap items-center justify-between gap-3">
        <div className="min-w-0">
          <p className="font-medium">
            {t.isPaused}
            {p.reason && `: ${visible(p.reason)}`}
          </p>
          <p className="text-sm">
            {t.causes[p.cause]} {t.pausedSince(ago(p.since))} {nextOf(p)}
          </p>
        </div>
        <Button icon="play" busy={busy} onClick={() => void resume()}>
          {p.until ? t.resumeNow : t.resume}
        </Button>
      </div>
    </Notice>
  );
}

function nextOf(p: NonNullable<Integration["paused"]>): string {
  if (!p.until) return t.untilResumed;
  return new Date(p.until).getTime() > Date.now()
    ? t.nextProbe(exactTime(p.until).replace(/[.,]\d{3}/, ""))
    : t.probesNow;
}

/** Pauses an integration or a webhook. */
export function PauseForm({
  at,
  about,
  onClose,
  onDone,
}: {
  at: string;
  about: string;
  onClose: () => void;
  onDone: () => Promise<unknown>;
}) {
  const form = useForm(
    { reason: "" },
    (v) => api.post(`${at}/pause`, v.reason.trim() ? { reason: v.reason.trim() } : {}),
    async () => {
      await onDone();
      onClose();
    },
  );
  return (
    <FormDialog form={form} title={t.pause} does={t.pause} onClose={onClose}>
      <p className="text-base text-ink-2">{about}</p>
      <TextField label={t.pauseReason} optional hint={t.pauseReasonHint} maxLength={200} {...form.field("reason")} />
    </FormDialog>
  );
}
