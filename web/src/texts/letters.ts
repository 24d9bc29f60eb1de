/** Messages that did not get through, many at once. */
export const letters = {
  title: "Dead letters",
  about: "Failed, expired or unclear, and nobody has sent them again or dismissed them.",
  anyStatus: "All of them",
  statuses: [
    { value: "failed", label: "Failed" },
    { value: "expired", label: "Expired" },
    { value: "unclear", label: "Unclear" },
  ],
  why: "Why",
  select: (to: string) => `Select the message to ${to}`,
  selectAll: "Select all that are shown",
  selected: (n: number) => (n === 1 ? "1 selected" : `${n} selected`),
  everything: "Select all that fit the filters, shown or not",
  everythingSelected: "All that fit the filters are selected",
  unselect: "Select none",
  again: "Send again",
  againTitle: "Send again",
  againAbout: (n: number | "all") =>
    n === "all"
      ? "All messages that fit the filters are sent once more, each as a new one."
      : n === 1
        ? "The message is sent once more, as a new one."
        : `${n} messages are sent once more, each as a new one.`,
  twice: (n: number | "some") =>
    n === "some"
      ? "Those that are unclear may have arrived already, and then arrive twice."
      : n === 1
        ? "One is unclear: it may have arrived already, and then arrives twice."
        : `${n} of them are unclear: they may have arrived already, and then arrive twice.`,
  dismissTitle: "Dismiss",
  dismissAbout: (n: number | "all") =>
    n === "all"
      ? "All messages that fit the filters are not sent again, and leave this list. Each keeps why it failed."
      : n === 1
        ? "The message is not sent again, and leaves this list. It keeps why it failed."
        : `${n} messages are not sent again, and leave this list. Each keeps why it failed.`,
  unproven: (n: number | "some") =>
    n === "some"
      ? "Those that are unclear count as failed then: nobody can prove that they arrived."
      : n === 1
        ? "One is unclear, and counts as failed then: nobody can prove that it arrived."
        : `${n} of them are unclear, and count as failed then: nobody can prove that they arrived.`,
  sent: (n: number) => (n === 1 ? "1 sent again" : `${n} sent again`),
  dismissed: (n: number) => (n === 1 ? "1 dismissed" : `${n} dismissed`),
  refused: (n: number) => (n === 1 ? "1 could not be done" : `${n} could not be done`),
  edit: "Edit and send",
  editAbout:
    "It leaves as it stands here: what its number puts before and after texts is part of it. The old message stays as it was.",
  menu: (to: string) => `More for the message to ${to}`,
  story: "See what happened",
  empty: "No dead letters",
  emptyAbout: "Everything got through, or somebody has decided on it.",
  emptyFiltered: "Nothing fits these filters.",
};
