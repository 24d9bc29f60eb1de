/** For how long things are kept, and how one person vanishes. */
export const keeping = {
  title: "Data",
  retention: "Retention",
  retentionAbout: "What is older goes for good, every day: nobody can bring it back. Usage keeps its counts.",
  messages: "Messages",
  messagesHint: "With their files, attempts and history.",
  media: "Files",
  mediaHint: "Where they are to go before their messages.",
  callbacks: "What providers said",
  callbacksHint: "Word for word, to find out what went wrong.",
  asAccount: "As the account says",
  forever: "For ever",
  usual: "The usual",
  days: (n: number) => (n === 1 ? "1 day" : `${n} days`),
  saved: "Saved",
  shorter: "What is older than that is removed within a day, for good.",
  account: "Retention of the account",
  accountAbout: "For every organization that says nothing else.",
  limits: "Files and caps",
  metadata: "Take out of pictures and films that leave where and when they were taken",
  metadataHint: "A number may say otherwise.",
  capAbout:
    "How much may leave in a day, of all its numbers together, from midnight UTC on. At the cap sending is refused. Empty: any number.",
  erase: "Erase a contact",
  eraseAbout:
    "Everything about one person goes: messages, files, conversations, notes, their card, what providers said of them. Only their opt-out holds, as a digest that is not their number.",
  number: "Number of the contact",
  numberHint: "Like +15550100123, as it stands in their conversation.",
  eraseDo: "Erase",
  eraseTitle: "Erase this contact?",
  eraseWarning: (n: string) =>
    `Nothing of ${n} stays here, and nobody can bring it back. What is queued to them is taken back.`,
  eraseElsewhere: "Backups, and programs that were told of their messages, keep what they have.",
  typeAgain: "Type the number again",
  erased: (n: number) => `Erased. ${n === 1 ? "1 message was" : `${n} messages were`} removed.`,
  erasing: (n: number, open: number) =>
    `It goes on by itself, also if the server is restarted: ${n} removed so far${open > 0 ? `, ${open} being sent at this moment` : ""}.`,
};
