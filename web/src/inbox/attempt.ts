import { inbox as t } from "../texts/inbox";
import { toastError } from "../ui";

/** Says why something could not be done, where there is no other place to say it. */
export function attempt(does: Promise<unknown>): void {
  does.catch((e: unknown) => toastError(t.fate.notDone, e));
}
