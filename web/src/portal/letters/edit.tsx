import { api, path } from "../../lib/api";
import { useForm } from "../../lib/form";
import { phone } from "../../lib/format";
import type { Message } from "../../lib/types";
import { letters as t } from "../../texts/letters";
import { traffic } from "../../texts/traffic";
import { FormDialog, Notice, TextArea, toast } from "../../ui";

/** Sends a message again with another text. */
export function EditLetter({
  message,
  onClose,
  onDone,
}: {
  message: Message;
  onClose: () => void;
  onDone: (id: string) => Promise<unknown>;
}) {
  const form = useForm(
    { content: message.content },
    (v) => api.post<{ id: string }>(path`/v1/messages/${message.id}/resend`, v),
    async (made) => {
      toast(traffic.resent);
      onClose();
      await onDone(made.id);
    },
  );
  return (
    <FormDialog
      wide
      form={form}
      title={`${t.edit}: ${phone(message.to)}`}
      does={t.again}
      disabled={form.values.content === "" && message.media.length === 0}
      onClose={onClose}
    >
      {message.status === "unclear" && <Notice tone="warn">{t.twice(1)}</Notice>}
      <TextArea label={traffic.text} hint={t.editAbout} rows={5} {...form.field("content")} />
    </FormDialog>
  );
}
