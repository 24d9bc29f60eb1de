import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { api } from "../../lib/api";

/** A value that has stopped changing. */
export function useSettled<T>(value: T, wait = 350): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), wait);
    return () => clearTimeout(timer);
  }, [value, wait]);
  return settled;
}

/** What the studio of the server says to a question; the last answer stays in sight until the next is there. */
export function useAnswer<T>(about: "lint" | "test" | "render" | "response" | "explain", question: object | undefined) {
  return useQuery({
    queryKey: ["studio", about, question],
    queryFn: ({ signal }) => api.post<T>(`/v1/studio/${about}`, question, { signal }),
    enabled: question !== undefined,
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
    retry: 2, // a few drafts are worked on at a time, and the others are asked to come again
  });
}
