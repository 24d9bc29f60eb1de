import { type Draft, Drafts } from "../model/drafts";
import { Store } from "./store";

let own: { owner: string; drafts: Drafts; all: Store<ReadonlyMap<string, string>> } | undefined;

function of(owner: string) {
  if (own?.owner !== owner) {
    const drafts = new Drafts(localStorage, owner);
    own = { owner, drafts, all: new Store(drafts.all()) };
  }
  return own;
}

export function loadDraft(owner: string, conversation: string): Draft {
  return of(owner).drafts.load(conversation);
}

export function saveDraft(owner: string, conversation: string, d: Draft): void {
  const { drafts, all } = of(owner);
  drafts.save(conversation, d);
  const had = all.get().get(conversation);
  const text = d.text.trim() === "" ? undefined : d.text;
  if (had === text) return;
  const next = new Map(all.get());
  if (text === undefined) next.delete(conversation);
  else next.set(conversation, text);
  all.set(next);
}

export function draftsOf(owner: string): Store<ReadonlyMap<string, string>> {
  return of(owner).all;
}
