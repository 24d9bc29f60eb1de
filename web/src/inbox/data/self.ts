import { createContext, use } from "react";
import type { Me } from "../../lib/me";

/** The user whose inbox this is. */
export interface Self {
  id: string;
  name: string;
  orgid: string;
}

/** Whoever only administers has no inbox. */
export function selfOf(me: Me): Self | undefined {
  return me.user && me.organization ? { id: me.user.id, name: me.user.name, orgid: me.organization.id } : undefined;
}

export const SelfContext = createContext<Self | undefined>(undefined);

export function useSelf(): Self {
  const self = use(SelfContext);
  if (!self) throw new Error("there is nobody here");
  return self;
}
