export const optouts = {
  about:
    "These contacts get nothing from the number named, whoever writes. Each was put here by their own STOP, by the provider, or by you.",
  contact: "Contact",
  number: "Number",
  all: "All numbers",
  since: "Since",
  source: "Because",
  sources: {
    keyword: "They texted STOP",
    provider: "The provider says so",
    api: "Added by hand",
    import: "Imported",
  } as Record<string, string>,
  add: "Add contacts",
  contacts: "Contacts",
  contactsHint: "One number per line, like +15550100123.",
  added: "Added to the list",
  export: "Export CSV",
  empty: "Nobody has opted out",
  emptyAbout: "A contact who texts STOP to one of your numbers stands here from then on.",
  remove: "Take off the list",
  removeAbout: (contact: string) =>
    `${contact} can be texted again. Do this only if they asked for it: a START from them does it by itself.`,
};
