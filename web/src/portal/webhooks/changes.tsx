import { api } from "../../lib/api";
import { useForm } from "../../lib/form";
import type { Webhook } from "../../lib/types";
import { notifications as t } from "../../texts/account";
import { common } from "../../texts/common";
import { FormDialog, Select, TextField, toast } from "../../ui";
import { TypesField } from "./types-field";

interface Props {
  at: string;
  onClose: () => void;
  onDone: () => Promise<unknown>;
}

export function EditWebhook({ at, hook, onClose, onDone }: Props & { hook: Webhook }) {
  const form = useForm(
    { url: hook.url, types: hook.types },
    (v) => api.patch<Webhook>(at, v),
    async () => {
      await onDone();
      toast(t.changed);
      onClose();
    },
  );
  return (
    <FormDialog form={form} title={t.change} does={common.save} onClose={onClose}>
      <TextField label={t.url} hint={t.urlHint} type="url" mono {...form.field("url")} />
      <TypesField types={form.values.types} onChange={(types) => form.set({ types })} />
    </FormDialog>
  );
}

/** What a field for a local time holds, and what the server reads. */
const local = (d: Date) => new Date(d.getTime() - d.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
const utc = (text: string) => (text ? new Date(text).toISOString() : undefined);

export function ReplayWebhook({ at, onClose, onDone }: Props) {
  const form = useForm(
    { from: local(new Date(Date.now() - 3_600_000)), to: "" },
    (v) => api.post<Webhook>(`${at}/replay`, { from: utc(v.from), to: utc(v.to) }),
    async () => {
      await onDone();
      toast(t.replayed);
      onClose();
    },
  );
  return (
    <FormDialog form={form} title={t.replay} does={t.replay} disabled={!form.values.from} onClose={onClose}>
      <p className="text-base text-ink-2">{t.replayAbout}</p>
      <div className="grid gap-4 sm:grid-cols-2">
        <TextField label={t.replayFrom} type="datetime-local" {...form.field("from")} />
        <TextField label={t.replayTo} optional hint={t.replayToHint} type="datetime-local" {...form.field("to")} />
      </div>
    </FormDialog>
  );
}

export function RotateWebhook({
  at,
  onClose,
  onDone,
}: Omit<Props, "onDone"> & { onDone: (h: Webhook) => Promise<unknown> }) {
  const form = useForm(
    { overlap: "86400" },
    (v) => api.post<Webhook>(`${at}/rotate`, { overlap: Number(v.overlap) }),
    async (h) => {
      onClose();
      await onDone(h);
    },
  );
  return (
    <FormDialog form={form} title={t.rotate} does={t.rotate} onClose={onClose}>
      <p className="text-base text-ink-2">{t.rotateAbout}</p>
      <Select label={t.overlap} options={t.overlaps} {...form.field("overlap")} />
    </FormDialog>
  );
}
