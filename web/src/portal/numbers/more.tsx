import type { ReactNode } from "react";
import type { FormOf } from "../../lib/form";
import { numbers as t } from "../../texts/numbers";
import { Button, Checkbox, IconButton, Select, TextArea, TextField } from "../../ui";
import type { NumberValues, Reply } from "./values";

const formats = Object.entries(t.formatNames).map(([value, label]) => ({ value, label }));

/** Formats, what goes around a text, whose a conversation is, auto-replies and opt-out. */
export function MoreSettings({
  form,
  open,
  children,
}: {
  form: FormOf<NumberValues>;
  open: boolean;
  children: ReactNode;
}) {
  const v = form.values;
  const known = t.stickiness.some((o) => o.value === v.sessionTimeout);
  const stickiness = known
    ? t.stickiness
    : [...t.stickiness, { value: v.sessionTimeout, label: t.seconds(Number(v.sessionTimeout)) }];
  return (
    <details open={open} className="rounded-md border">
      <summary className="cursor-pointer px-3 py-2 font-medium">{t.more}</summary>
      <div className="flex flex-col gap-6 border-t p-3">
        <Group title={t.formats}>
          <div className="grid gap-4 sm:grid-cols-2">
            <Select label={t.inbound} options={formats} {...form.field("inboundFormat")} />
            <Select label={t.outbound} options={formats} {...form.field("outboundFormat")} />
          </div>
        </Group>
        <Group title={`${t.header} · ${t.footer}`} about={t.around}>
          <div className="grid gap-4 sm:grid-cols-2">
            <TextField label={t.header} optional {...form.field("header")} />
            <TextField label={t.footer} optional {...form.field("footer")} />
          </div>
          <Checkbox
            label={t.sendName}
            checked={v.sendName}
            onChange={(e) => form.set({ sendName: e.target.checked })}
          />
        </Group>
        <Select label={t.sticky} hint={t.stickyHint} options={stickiness} {...form.field("sessionTimeout")} />
        <Replies list={v.autoreply} onChange={(autoreply) => form.set({ autoreply })} error={form.at("/autoreply")} />
        <Group title={t.optout} about={t.optoutAbout}>
          <div className="grid gap-4 sm:grid-cols-2">
            <TextField label={t.keyword} optional {...form.field("keyword", "/optout/keyword")} />
            <Select
              label={t.resubscribe}
              options={t.resubscribes}
              {...form.field("resubscribe", "/optout/resubscribe")}
            />
          </div>
          <TextArea
            label={t.confirmation}
            optional
            rows={2}
            hint={t.confirmationHint}
            {...form.field("confirmation", "/optout/autoreply")}
          />
        </Group>
        {children}
      </div>
    </details>
  );
}

export function Group({
  title,
  about,
  error,
  children,
}: {
  title: string;
  about?: string;
  error?: string;
  children: ReactNode;
}) {
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-1 text-sm font-semibold">{title}</legend>
      {about && <p className="text-sm text-ink-3">{about}</p>}
      {children}
      {error && <p className="text-sm text-bad">{error}</p>}
    </fieldset>
  );
}

function Replies({ list, onChange, error }: { list: Reply[]; onChange: (l: Reply[]) => void; error?: string }) {
  const put = (i: number, change: Partial<Reply>) => onChange(list.map((r, n) => (n === i ? { ...r, ...change } : r)));
  return (
    <Group title={t.replies} about={t.repliesAbout} error={error}>
      {list.map((r, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a row is what stands at its place
        <div key={i} className="flex items-end gap-2">
          <div className="w-28 shrink-0">
            <TextField label={t.when} value={r.key} onChange={(e) => put(i, { key: e.target.value })} />
          </div>
          <div className="min-w-0 flex-1">
            <TextField label={t.answer} value={r.value} onChange={(e) => put(i, { value: e.target.value })} />
          </div>
          <IconButton icon="x" label={t.removeReply} onClick={() => onChange(list.filter((_, n) => n !== i))} />
        </div>
      ))}
      <div>
        <Button small icon="plus" onClick={() => onChange([...list, { key: list.length === 0 ? "*" : "", value: "" }])}>
          {t.addReply}
        </Button>
      </div>
    </Group>
  );
}
