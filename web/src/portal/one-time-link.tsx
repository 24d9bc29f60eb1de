import { useState } from "react";
import { api } from "../lib/api";
import { visible, when } from "../lib/format";
import type { OneTimeLink } from "../lib/types";
import { users as t } from "../texts/users";
import { CopyDialog, orToast } from "../ui";

/** Makes one-time links, each shown once, for whoever gives it to the person themselves. */
export function useOneTimeLink() {
  const [made, setMade] = useState<{ name: string; link: OneTimeLink }>();
  return {
    /** at is the address of the user, or of the person of the account. */
    make: (at: string, name: string) =>
      orToast(t.invite, async () => setMade({ name, link: await api.post<OneTimeLink>(`${at}/invitation`) })),
    dialog: made && (
      <CopyDialog
        title={t.linkFor(visible(made.name))}
        label={made.link.kind === "reset" ? t.reset : t.invite}
        value={made.link.url}
        hint={`${t.linkAbout} ${t.expires(when(made.link.expires))}`}
        onClose={() => setMade(undefined)}
      />
    ),
  };
}
