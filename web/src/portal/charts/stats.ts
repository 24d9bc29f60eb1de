import { useQuery } from "@tanstack/react-query";
import { api } from "../../lib/api";
import type { Schemas } from "../../lib/types";
import { firstDay } from "./scale";

interface Of {
  orgid?: string;
  number?: string;
  service?: string;
}

/** The counts of the last days. */
export function useStats(of: Of, days: number) {
  return useQuery({
    queryKey: ["traffic", "stats", of, days],
    queryFn: ({ signal }) => api.get<Schemas["Stats"]>("/v1/stats", { ...of, from: firstDay(days) }, signal),
    placeholderData: (before) => before,
  });
}
