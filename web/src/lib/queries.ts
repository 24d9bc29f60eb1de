import { QueryClient } from "@tanstack/react-query";
import { isProblem } from "./problem";

/** What the server refuses, it refuses again; only what it could not do right now is asked for anew. */
function again(failures: number, e: Error): boolean {
  if (isProblem(e) && e.status !== 0 && e.status < 500) return false;
  return failures < 2;
}

export const queries = new QueryClient({
  defaultOptions: {
    queries: { retry: again, staleTime: 10_000, refetchOnWindowFocus: true },
    mutations: { retry: false },
  },
});
