import { api } from "../../lib/api";
import { useForm } from "../../lib/form";
import type { Schemas } from "../../lib/types";
import { common } from "../../texts/common";
import { keeping as t } from "../../texts/keeping";
import { Form, Notice, Select, toast } from "../../ui";

type Retention = Schemas["Retention"];

const text = (days: number | null) => (days === null ? "" : String(days));
const days = (value: string) => (value === "" ? null : Number(value));

const long = [30, 90, 180, 365, 730, 1825];
const short = [1, 7, 14, 30]; // of what providers said: 30 days at most

function choices(usual: number[], now: string, unsaid: string, forever: boolean) {
  const list = [...usual];
  if (now !== "" && now !== "0" && !list.includes(Number(now))) list.push(Number(now));
  return [
    { value: "", label: unsaid },
    ...(forever || now === "0" ? [{ value: "0", label: t.forever }] : []),
    ...list.sort((a, b) => a - b).map((n) => ({ value: String(n), label: t.days(n) })),
  ];
}

/** For how many days things are kept. */
export function RetentionForm({
  at,
  retention,
  unsaid,
  onDone,
}: {
  at: string;
  retention: Retention;
  /** What stands where nothing is said. */
  unsaid: string;
  onDone: () => Promise<unknown>;
}) {
  const was = {
    messages: text(retention.messages_days),
    media: text(retention.media_days),
    callbacks: text(retention.callbacks_days),
  };
  const form = useForm(
    was,
    (v) =>
      api.patch(at, {
        retention: {
          messages_days: days(v.messages),
          media_days: days(v.media),
          callbacks_days: days(v.callbacks),
        },
      }),
    async () => {
      await onDone();
      toast(t.saved);
    },
  );
  const v = form.values;
  const removes = [v.messages, v.media].some((value, i) => Number(value) > 0 && value !== [was.messages, was.media][i]);
  return (
    <Form form={form} does={common.save}>
      <div className="grid items-start gap-4 sm:grid-cols-3">
        <Select
          label={t.messages}
          hint={t.messagesHint}
          {...form.field("messages", "/retention/messages_days")}
          options={choices(long, was.messages, unsaid, true)}
        />
        <Select
          label={t.media}
          hint={t.mediaHint}
          {...form.field("media", "/retention/media_days")}
          options={choices(long, was.media, unsaid, true)}
        />
        <Select
          label={t.callbacks}
          hint={t.callbacksHint}
          {...form.field("callbacks", "/retention/callbacks_days")}
          options={choices(short, was.callbacks, unsaid, false)}
        />
      </div>
      {removes && <Notice tone="warn">{t.shorter}</Notice>}
    </Form>
  );
}
