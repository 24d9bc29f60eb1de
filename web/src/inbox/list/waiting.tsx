import { inbox as t } from "../../texts/inbox";
import { Skeleton } from "../../ui";
import { itemHeight } from "./item";

/** As many lines as a screen holds, each of the height that it will have. */
export function Waiting() {
  return (
    <div role="status" aria-label={t.list.label} className="min-h-0 flex-1 overflow-hidden px-2">
      {Array.from({ length: 12 }, (_, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the lines are all the same
        <div key={i} className="flex gap-2.5 p-2" style={{ height: itemHeight }}>
          <Skeleton className="size-8 shrink-0 rounded-full" />
          <div className="flex flex-1 flex-col gap-2 pt-1">
            <Skeleton className="h-3 w-1/2" />
            <Skeleton className="h-3 w-5/6" />
            <Skeleton className="h-2.5 w-1/3" />
          </div>
        </div>
      ))}
    </div>
  );
}
