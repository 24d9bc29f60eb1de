import { users as t } from "../texts/users";
import { Badge } from "../ui";

/** Whether somebody can sign in: not while they are switched off, and not before they have used their link. */
export function SignInState({ of }: { of: { status: number; signs_in: boolean } }) {
  if (of.status === 0) return <Badge tone="warn">{t.off}</Badge>;
  return of.signs_in ? <Badge tone="good">{t.signsIn}</Badge> : <Badge title={t.neverAbout}>{t.never}</Badge>;
}
