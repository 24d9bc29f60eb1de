import { type QueryKey, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { all, api, type Page, path } from "./api";
import type { Integration, Organization, PhoneNumber, Service, ServiceDetail, User } from "./types";

/** What several pages ask for. The keys begin with what changes them. */
export const keys = {
  organizations: ["organizations"] as const,
  organization: (org: string) => ["organizations", org] as const,
  users: (org: string) => ["users", org] as const,
  numbers: (org: string) => ["numbers", org] as const,
  integrations: (org: string) => ["integrations", org] as const,
  services: ["services"] as const,
  service: (id: string) => ["services", id] as const,
};

/** A list without an end: one page after the other, as one list. */
export function usePages<T>(queryKey: QueryKey, at: string, query: Record<string, string | boolean | undefined> = {}) {
  return useInfiniteQuery({
    queryKey,
    initialPageParam: "",
    queryFn: ({ pageParam, signal }) => api.get<Page<T>>(at, { ...query, limit: 50, cursor: pageParam }, signal),
    getNextPageParam: (last) => last.next || undefined,
    select: (list) => list.pages.flatMap((p) => p.data),
  });
}

export function useOrganizations() {
  return useQuery({
    queryKey: keys.organizations,
    queryFn: ({ signal }) => all<Organization>("/v1/organizations", {}, signal),
  });
}

/** The same, each at a glance: how many users, numbers and messages, and whether somebody should look. */
export function useOrganizationCounts() {
  return useQuery({
    queryKey: [...keys.organizations, "counts"],
    queryFn: ({ signal }) => all<Organization>("/v1/organizations", { include: "counts" }, signal),
  });
}

export function useOrganization(org: string) {
  return useQuery({
    queryKey: keys.organization(org),
    queryFn: ({ signal }) => api.get<Organization>(path`/v1/organizations/${org}`, {}, signal),
  });
}

export function useUsers(org: string) {
  return useQuery({
    queryKey: keys.users(org),
    queryFn: ({ signal }) => all<User>(path`/v1/organizations/${org}/users`, {}, signal),
  });
}

export function useNumbers(org: string) {
  return useQuery({
    queryKey: keys.numbers(org),
    queryFn: ({ signal }) => all<PhoneNumber>(path`/v1/organizations/${org}/numbers`, {}, signal),
  });
}

export function useIntegrations(org: string) {
  return useQuery({
    queryKey: keys.integrations(org),
    queryFn: ({ signal }) => all<Integration>(path`/v1/organizations/${org}/integrations`, {}, signal),
  });
}

export function useServices() {
  return useQuery({ queryKey: keys.services, queryFn: ({ signal }) => all<Service>("/v1/services", {}, signal) });
}

export function useService(id: string) {
  return useQuery({
    queryKey: keys.service(id),
    queryFn: ({ signal }) => api.get<ServiceDetail>(path`/v1/services/${id}`, {}, signal),
  });
}
