package api

import "net/http"

// keepingOperations are about what is kept and for how long.
var keepingOperations = map[string]operation{
	"GET /v1/account": {id: "getAccount", summary: "Show the account", out: of[accountView]()},
	"PATCH /v1/account": {
		id: "updateAccount", summary: "Change the account", about: "Its retention is that of every organization that has none of its own.", in: of[accountInput](), out: of[accountView](),
	},
	"POST /v1/organizations/{orgid}/contacts/{id}/erase": {
		id: "eraseContact", summary: "Leave nothing of a contact",
		about: "The contact is named by the card's id or by a number. What is queued to them is taken back; messages, files, attempts, conversations, cards, what providers said and what the log tells of them go. An opt-out holds, under a digest of the number.",
		out:   of[erasureView](), also: []answerOf{{status: http.StatusAccepted, out: of[erasureView](), about: "It goes on by itself."}},
	},
}
