package api

import "net/http"

var conversationOperations = map[string]operation{
	"POST /v1/conversations": {
		id: "openConversation", summary: "Open a conversation", about: "The open one of the number with the contact, or a new one.",
		in: of[openingInput](), out: of[conversationView](), also: []answerOf{{status: http.StatusCreated, out: of[conversationView](), about: "It is new."}},
		fails: []int{http.StatusNotFound, http.StatusConflict},
	},
	"GET /v1/conversations": {
		id: "listConversations", summary: "List conversations", about: "The one in which something was said last first.", list: true, out: of[list[conversationView]](),
		query: []param{
			byOrganization,
			{name: "user", about: "Whose mine and unread are meant, by the user's id. A user's key asks for that user."},
			{name: "closed", about: "The closed ones, or any. Left out: those that are not closed.", words: []string{"true", "false", "any"}},
			{name: "mine", about: "Only the user's private ones and those that the user has claimed.", words: []string{"true", "false"}},
			{name: "unclaimed", about: "Only those that nobody has claimed.", words: []string{"true", "false"}},
			{name: "unread", about: "Only those in which something is new to the user.", words: []string{"true", "false"}},
			{name: "number", about: "Only of this number: its id, or as it is written."},
			{name: "contact", about: "Only with this contact: a number, or a contact's id or name."},
		},
		fails: []int{http.StatusNotFound},
	},
	"GET /v1/conversations/{id}": {
		id: "getConversation", summary: "Show a conversation", out: of[conversationView](),
		query: []param{{name: "user", about: "To whom messages are new, by the user's id. A user's key asks for that user."}},
	},
	"GET /v1/conversations/{id}/messages": {
		id: "listConversationEntries", summary: "List what stands in a conversation", about: "Its messages, and its notes in between, the newest first.",
		list: true, out: of[list[entryView]](),
		query: []param{{name: "after", about: "Only what came after the message or note of this id."}, {name: "before", about: "Only what came before the message or note of this id."}},
	},
	"GET /v1/conversations/{id}/assignees": {
		id: "listAssignees", summary: "List to whom a conversation can be given", about: "The active users of its number, the oldest first. Of a private conversation nobody.",
		list: true, out: of[list[assigneeView]](),
	},
	"POST /v1/conversations/{id}/claim": {
		id: "claimConversation", summary: "Take a group's conversation on", about: "409 when another user has it, unless take says so.",
		in: of[deed](), only: []string{"user", "take"}, bodiless: true, out: of[conversationView](), fails: conflict,
	},
	"POST /v1/conversations/{id}/release": {
		id: "releaseConversation", summary: "End a claim", in: of[deed](), only: []string{"user", "take"}, bodiless: true, out: of[conversationView](), fails: conflict,
	},
	"POST /v1/conversations/{id}/assign": {
		id: "assignConversation", summary: "Give a conversation to a user, whoever has it", in: of[deed](), only: []string{"user!"}, out: of[conversationView](), fails: conflict,
	},
	"POST /v1/conversations/{id}/close": {
		id: "closeConversation", summary: "Close a conversation", about: "The next message begins another one.",
		in: of[deed](), only: []string{"user"}, bodiless: true, out: of[conversationView](), fails: conflict,
	},
	"POST /v1/conversations/{id}/reopen": {
		id: "reopenConversation", summary: "Open a closed conversation again", in: of[deed](), only: []string{"user"}, bodiless: true, out: of[conversationView](), fails: conflict,
	},
	"POST /v1/conversations/{id}/read": {
		id: "readConversation", summary: "Say what a user has read", in: of[deed](), only: []string{"user", "message"}, bodiless: true, out: of[conversationView](),
	},
	"POST /v1/conversations/{id}/unread": {
		id: "unreadConversation", summary: "Mark as not read", in: of[deed](), only: []string{"user", "message"}, bodiless: true, out: of[conversationView](),
	},
	"POST /v1/conversations/{id}/typing": {
		id: "typeInConversation", summary: "Tell the others that a user writes, or has stopped", about: "Say so with every key: it is told now and then.",
		in: of[deed](), only: []string{"user", "on"}, bodiless: true, status: http.StatusNoContent,
	},
	"POST /v1/conversations/{id}/notes": {
		id: "createNote", summary: "Write a note that the contact does not see", in: of[deed](), only: []string{"user", "content!"}, status: http.StatusCreated, out: of[noteView](),
	},
	"DELETE /v1/conversations/{id}/notes/{note}": {
		id: "deleteNote", summary: "Delete a note", about: "Users delete their own; whoever administers, anybody's.", status: http.StatusNoContent,
	},
	"GET /v1/search": {
		id: "search", summary: "Find what was said, and contacts", about: "What was said last comes first; a page may be short, and yet go on. What was said within the last second may be missing.",
		list: true, out: of[searchView](),
		query: []param{
			{name: "q", about: "What is looked for: three characters or more anywhere in a text, fewer at the start of a word. Case and accents do not matter."},
			byOrganization,
			{name: "number", about: "Only of this number: its id, or as it is written."},
			{name: "contact", about: "Only with this contact: a number, or a contact's id or name."},
		},
		fails: []int{http.StatusNotFound},
	},
}
