import type { ReactNode } from "react";
import { isProblem } from "../lib/problem";
import { common } from "../texts/common";
import { Button } from "./button";
import { Missing } from "./page";
import { ErrorState, Loading } from "./states";

/** A query, or a list that comes page by page. */
interface Asked<T> {
  data: T | undefined;
  isError: boolean;
  error: unknown;
  refetch: () => unknown;
  hasNextPage?: boolean;
  isFetchingNextPage?: boolean;
  fetchNextPage?: () => unknown;
}

/** What was asked for, or that it is on its way, or why it is not there. What was shown before stays while it is asked for again. */
export function Shown<T>({
  query,
  empty,
  loading = <Loading />,
  children,
}: {
  query: Asked<T>;
  /** In place of a list of nothing. */
  empty?: ReactNode;
  loading?: ReactNode;
  children: (data: T) => ReactNode;
}) {
  if (isProblem(query.error) && query.error.status === 404) return <Missing />;
  if (query.data === undefined) {
    return query.isError ? <ErrorState error={query.error} onRetry={() => void query.refetch()} /> : loading;
  }
  // A page of a search may have nothing though a further one has.
  if (empty && Array.isArray(query.data) && query.data.length === 0 && !query.hasNextPage) return empty;
  return (
    <>
      {children(query.data)}
      {query.hasNextPage && (
        <Button className="self-center" busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage?.()}>
          {common.loadMore}
        </Button>
      )}
    </>
  );
}
