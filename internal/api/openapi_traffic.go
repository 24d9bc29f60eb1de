package api

import (
	"net/http"

	"patchbay/internal/notify"
)

// onlyCheck is what an import takes.
var onlyCheck = []param{{name: "check", about: "true: the file is only looked at, and nothing is added.", words: []string{"true", "false"}}}

var byMonth = []param{byOrganization, {name: "month", about: "The month, as 2026-11. Left out: this one."}}

var trafficOperations = map[string]operation{
	"GET /v1/messages.csv": {
		id: "exportMessages", summary: "Export messages", about: "Those that the same query lists, the newest 100,000. A text that a spreadsheet would take for a formula begins with an apostrophe.",
		query: messageQuery, also: []answerOf{{status: http.StatusOK, kinds: []content{{csvKind, "A line each; the first names the columns."}}}}, fails: []int{http.StatusNotFound},
	},
	"GET /v1/stats": {
		id: "getStats", summary: "Count messages by day, and failures by code", about: "The counts outlive the messages.", out: of[statsView](), fails: []int{http.StatusNotFound},
		query: []param{
			byOrganization,
			{name: "number", about: "Only by this number of ours."},
			{name: "service", about: "Only by the service of this id."},
			{name: "integration", about: "Only by the integration of this id."},
			{name: "from", about: "The first day, as 2026-01-31 (UTC). Left out: 29 days before the last."},
			{name: "to", about: "The last day. Left out: today."},
			{name: "by", about: "What is counted together.", words: []string{"day"}},
		},
	},
	"GET /v1/usage": {
		id: "getUsage", summary: "Count what a month had, by organization and number", about: "Exact, to bill from; it outlives the messages.", out: of[usageView](), query: byMonth,
		fails: []int{http.StatusNotFound},
	},
	"GET /v1/usage.csv": {
		id: "exportUsage", summary: "Export what a month had", query: byMonth, fails: []int{http.StatusNotFound},
		also: []answerOf{{status: http.StatusOK, kinds: []content{{csvKind, "A line for each number; the first names the columns."}}}},
	},
	"GET /v1/dead-letters": {
		id: "listDeadLetters", summary: "List messages that did not get through",
		about: "Failed, expired or unclear ones that nobody has sent again or dismissed; the newest first.",
		list:  true, out: of[list[notify.MessageView]](), query: messageQuery, fails: []int{http.StatusNotFound},
	},
	"POST /v1/dead-letters/retry": {
		id: "retryDeadLetters", summary: "Send messages again that did not get through", about: "Each becomes a new message with resend_of. Asked twice at once, each is sent once.",
		in: of[lettersInput](), out: of[lettersView](), query: messageQuery, fails: []int{http.StatusNotFound},
	},
	"POST /v1/dead-letters/dismiss": {
		id: "dismissDeadLetters", summary: "Give messages up that did not get through", about: "They are no dead letters any more. Unclear ones count as failed then, with the code dismissed; the others keep why they failed.", in: of[lettersInput](), out: of[lettersView](), query: messageQuery,
		fails: []int{http.StatusNotFound},
	},
	"GET /v1/organizations/{orgid}/users.csv": {
		id: "exportUsers", summary: "Export the users", about: "As a file that an import takes.",
		also: []answerOf{{status: http.StatusOK, kinds: []content{{csvKind, "A line for each user; the first names the columns."}}}},
	},
	"POST /v1/organizations/{orgid}/users.csv": {
		id: "importUsers", summary: "Add users from a file", about: "All of them or none: 422 names every mistake with its line. A line that says what is there already changes nothing. At most 10,000 lines and 4 MiB.",
		alsoIn: []content{{csvKind, "The first line names the columns, in any order: extension and, as there are, name, email, role, status, extra."}},
		query:  onlyCheck, out: of[importedRows](), fails: conflict,
	},
	"GET /v1/organizations/{orgid}/numbers.csv": {
		id: "exportNumbers", summary: "Export the numbers", about: "As a file that an import takes.",
		also: []answerOf{{status: http.StatusOK, kinds: []content{{csvKind, "A line for each number; the first names the columns."}}}},
	},
	"POST /v1/organizations/{orgid}/numbers.csv": {
		id: "importNumbers", summary: "Add numbers from a file", about: "All of them or none: 422 names every mistake with its line. A line that says what is there already changes nothing. At most 10,000 lines and 4 MiB.",
		alsoIn: []content{{csvKind, "The first line names the columns, in any order: number, service and, as there are, the settings of a number by the names that GET shows; users are extensions between semicolons."}},
		query:  onlyCheck, out: of[importedRows](), fails: conflict,
	},
}
