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

	"PATCH /v1/webhooks/{id}": {id: "updateWebhook", summary: "Change a webhook", in: of[webhookChange](), out: of[webhookView]()},
	"GET /v1/webhooks/{id}/deliveries": {
		id: "listDeliveries", summary: "List the requests to a webhook", about: "The newest first: of each webhook the last thousand, for 7 days. Of many at once some are left out, and no failure before a success.",
		list: true, out: of[list[deliveryView]](), query: []param{{name: "failed", about: "Only those that were not taken.", words: []string{"true"}}},
	},
	"POST /v1/webhooks/{id}/replay": {
		id: "replayWebhook", summary: "Tell a webhook once more what happened", about: "In order and under the same webhook-id, with the header webhook-replay: true, whenever there is nothing new. What is kept, which is 7 days.",
		in: of[replayInput](), status: http.StatusAccepted, out: of[webhookView](), fails: conflict,
	},
	"POST /v1/webhooks/{id}/rotate": {
		id: "rotateWebhook", summary: "Give a webhook another secret", about: "The answer alone shows it. Until overlap is over, webhook-signature has two signatures with a space between them. It may have no body.",
		in: of[rotateInput](), bodiless: true, out: of[webhookView](),
	},
	"POST /v1/webhooks/{id}/pause": {
		id: "pauseWebhook", summary: "Tell a webhook nothing for a while", about: "Until somebody resumes it; then it is told what happened meanwhile, as far as that is kept. It may have no body.",
		in: of[pauseInput](), bodiless: true, out: of[webhookView](),
	},
	"POST /v1/webhooks/{id}/resume": {
		id: "resumeWebhook", summary: "Tell a paused webhook again", about: "It is told what happened meanwhile, as far as that is kept.", out: of[webhookView](),
	},
}
