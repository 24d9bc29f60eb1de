import { when } from "../../lib/format";
import type { OneTimeLink } from "../../lib/types";
import { common } from "../../texts/common";
import { users as t } from "../../texts/users";
import { Button, CopyField, Dialog } from "../../ui";

/** A one-time link, which is shown this once and copied by whoever made it. */
export function LinkDialog({ name, link, onClose }: { name: string; link: OneTimeLink; onClose: () => void }) {
  return (
    <Dialog
      open
      onClose={onClose}
      title={t.linkFor(name)}
      footer={
        <Button kind="primary" onClick={onClose}>
          {common.done}
        </Button>
      }
    >
      <CopyField
        label={link.kind === "reset" ? t.reset : t.invite}
        value={link.url}
        hint={`${t.linkAbout} ${t.expires(when(link.expires))}`}
      />
    </Dialog>
  );
}
