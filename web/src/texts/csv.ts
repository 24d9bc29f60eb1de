/** Files of users and numbers. */
export const csv = {
  importCsv: "Import CSV",
  export: "Export CSV",
  title: { users: "Import users", numbers: "Import numbers", optouts: "Import opt-outs" },
  about: {
    users:
      "The first line names the columns: extension, and as you have them name, email, role, status. Links to sign in are made afterwards.",
    numbers:
      "The first line names the columns: number, service, and as you have them the settings by the names that an export shows. Users are extensions with semicolons between them.",
    optouts:
      "The first line names the columns: contact and, where not all numbers are meant, number. From the answer on nothing is sent to them, also nothing that is queued.",
  },
  file: "File",
  fileHint: "CSV, at most 10,000 lines. It is taken whole or not at all.",
  checking: "Looking at the file…",
  mistakes: (n: number) => (n === 1 ? "1 mistake. Nothing has been added." : `${n} mistakes. Nothing has been added.`),
  more: (n: number) => `${n} more; mend these first.`,
  would: (added: number, same: number) =>
    `${added === 1 ? "1 is added" : `${added} are added`}${same > 0 ? `, ${same} ${same === 1 ? "is" : "are"} there already` : ""}.`,
  nothing: "All of it is there already: there is nothing to add.",
  preview: "The first lines",
  rows: (shown: number, all: number) =>
    shown < all ? `${shown} of ${all} lines` : `${all === 1 ? "1 line" : `${all} lines`}`,
  does: (n: number) => (n > 0 ? `Add ${n}` : "Add"),
  done: (n: number) => (n === 1 ? "1 added" : `${n} added`),
};
