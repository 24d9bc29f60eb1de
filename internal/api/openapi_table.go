package api

import (
	"net/http"

	"patchbay/internal/notify"
)

// The tables say of every route under /v1 what it does. A new route needs, besides its line in the access matrix and its handler, a row
// here or in a table of its own that is added to operationTables:
//
//	"GET /v1/things": {id: "listThings", summary: "List things", list: true, out: of[list[thingView]]()},
//
// and every member of its types a tag doc:"…" (with required:"true" where an input must have it, enum:"a,b", words, default, format, min, max,
// maxlen as they apply; as:"object" on raw JSON). thingView becomes the schema Thing, thingInput ThingInput and, in a PATCH, ThingPatch. What
// the path, the roles and the usual failures are is taken from the matrix. The server does not start without the row; `make generate` writes
// docs/openapi.json; a test compares every answer that any test gets with the document. And it needs an example: see Example.
var operationTables = []map[string]operation{
	signInOperations, studioOperations, directoryOperations, serviceOperations, contactOperations, messageOperations, conversationOperations, programOperations, documentOperations,
	keepingOperations, trafficOperations,
}

var conflict = []int{http.StatusConflict}

var directoryOperations = map[string]operation{
	"POST /v1/organizations": {
		id: "createOrganization", summary: "Make an organization", in: of[organizationInput](), status: http.StatusCreated, out: of[organizationView](), fails: conflict,
	},
	"GET /v1/organizations": {
		id: "listOrganizations", summary: "List organizations", about: "A key of an organization sees its own.", list: true, out: of[list[organizationView]](),
		query: []param{{name: "include", about: "What is added to each.", words: []string{"counts"}}},
	},
	"GET /v1/organizations/{orgid}": {id: "getOrganization", summary: "Show an organization", out: of[organizationView]()},
	"PATCH /v1/organizations/{orgid}": {
		id: "updateOrganization", summary: "Change an organization", in: of[organizationInput](), out: of[organizationView](), fails: conflict,
	},
	"DELETE /v1/organizations/{orgid}": {
		id: "deleteOrganization", summary: "Delete an organization", about: "With its users, integrations, numbers, contacts and keys.", status: http.StatusNoContent, fails: conflict,
	},

	"POST /v1/organizations/{orgid}/users": {
		id: "createUser", summary: "Add a user", in: of[userInput](), status: http.StatusCreated, out: of[userView](), fails: conflict,
	},
	"GET /v1/organizations/{orgid}/users":      {id: "listUsers", summary: "List users", list: true, out: of[list[userView]]()},
	"GET /v1/organizations/{orgid}/users/{id}": {id: "getUser", summary: "Show a user", out: of[userView]()},
	"PATCH /v1/organizations/{orgid}/users/{id}": {
		id: "updateUser", summary: "Change a user", in: of[userInput](), out: of[userView](), fails: conflict,
	},
	"DELETE /v1/organizations/{orgid}/users/{id}": {
		id: "deleteUser", summary: "Delete a user", about: "The user's keys end at once.", status: http.StatusNoContent, fails: conflict,
	},

	"PUT /v1/organizations/{orgid}/integrations/{service_id}": {
		id: "putIntegration", summary: "Enable a service, or change its integration",
		about: "What is left out keeps what is there. Where the service file says how, the provider is asked whether the credentials hold and told our URL; whatever it says, the integration is saved, and the answer tells.",
		in:    of[integrationInput](), out: of[integrationView](), also: []answerOf{{status: http.StatusCreated, out: of[integrationView](), about: "It is new."}},
		fails: conflict,
	},
	"GET /v1/organizations/{orgid}/integrations":              {id: "listIntegrations", summary: "List integrations", list: true, out: of[list[integrationView]]()},
	"GET /v1/organizations/{orgid}/integrations/{service_id}": {id: "getIntegration", summary: "Show an integration", out: of[integrationView]()},
	"DELETE /v1/organizations/{orgid}/integrations/{service_id}": {
		id: "deleteIntegration", summary: "Delete an integration", about: "409 as long as it has numbers.", status: http.StatusNoContent, fails: conflict,
	},
	"POST /v1/organizations/{orgid}/integrations/{service_id}/check": {
		id: "checkIntegration", summary: "Ask the provider whether the credentials hold", about: "422 where the service file does not say how.",
		out: of[reportView](), fails: []int{http.StatusConflict, http.StatusUnprocessableEntity},
	},
	"POST /v1/organizations/{orgid}/integrations/{service_id}/webhook": {
		id: "registerIntegration", summary: "Tell the provider our webhook URL", about: "422 where the service file does not say how.",
		out: of[reportView](), fails: []int{http.StatusConflict, http.StatusUnprocessableEntity},
	},
	"POST /v1/organizations/{orgid}/integrations/{service_id}/pause": {
		id: "pauseIntegration", summary: "Stop sending through an integration", about: "Its queued messages wait, and expire in their time. It may have no body.",
		in: of[pauseInput](), bodiless: true, out: of[integrationView](), fails: conflict,
	},
	"POST /v1/organizations/{orgid}/integrations/{service_id}/resume": {
		id: "resumeIntegration", summary: "Send through a paused integration again", out: of[integrationView](), fails: conflict,
	},

	"POST /v1/organizations/{orgid}/numbers": {
		id: "createNumber", summary: "Add a number", in: of[numberInput](), status: http.StatusCreated, out: of[numberView](), fails: conflict,
	},
	"GET /v1/organizations/{orgid}/numbers": {
		id: "listNumbers", summary: "List numbers", about: "A user sees those assigned to them, so that a page may be shorter than was asked for.", list: true, out: of[list[numberView]](),
	},
	"GET /v1/organizations/{orgid}/numbers/{id}": {id: "getNumber", summary: "Show a number", out: of[numberView]()},
	"PATCH /v1/organizations/{orgid}/numbers/{id}": {
		id: "updateNumber", summary: "Change a number", in: of[numberInput](), out: of[numberView](), fails: conflict,
	},
	"DELETE /v1/organizations/{orgid}/numbers/{id}": {id: "deleteNumber", summary: "Delete a number", status: http.StatusNoContent, fails: conflict},
}

var serviceOperations = map[string]operation{
	"GET /v1/services": {
		id: "listServices", summary: "List services", about: "The catalogue, with the account's own files in the places of those they hide.", list: true, out: of[list[serviceView]](),
	},
	"GET /v1/services/{service_id}": {id: "getService", summary: "Show a service with its file", out: of[serviceDetail]()},
	"PUT /v1/services/{service_id}": {
		id: "putService", summary: "Upload a service file",
		about: "A file with any mistake, or with a test that fails, changes nothing: 422 names every one.",
		query: []param{{name: "tests", about: "A file without tests is refused, too.", words: []string{"required"}}},
		inAny: "The service file, as /service.schema.json describes it. Its id is that of the address.",
		out:   of[acceptedFile](), also: []answerOf{{status: http.StatusCreated, out: of[acceptedFile](), about: "The account had no file of that id."}}, fails: conflict,
	},
	"DELETE /v1/services/{service_id}": {
		id: "deleteService", summary: "Delete the account's own service file",
		about: "The catalogue's of that id, if there is one, shows again. 409 as long as an organization has it enabled and there is none.", status: http.StatusNoContent, fails: conflict,
	},
	"GET /v1/services/{service_id}/versions": {
		id: "listServiceVersions", summary: "List the versions of a service file", about: "The newest first.", list: true, out: of[list[versionView]](),
	},
	"GET /v1/services/{service_id}/versions/{version}": {id: "getServiceVersion", summary: "Show a version of a service file", out: of[versionDetail]()},
	"GET /v1/services/{service_id}/versions/{version}/diff/{other}": {
		id: "diffServiceVersions", summary: "Compare two versions of a service file", about: "In canonical form, so that only what they say differs.", out: of[diffView](),
	},
	"POST /v1/services/{service_id}/rollback": {
		id: "rollbackService", summary: "Make an earlier version of a service file the current one",
		about: "It must pass what an upload must pass.", in: of[rollbackInput](), out: of[acceptedFile](), fails: conflict,
	},
}

var contactOperations = map[string]operation{
	"POST /v1/organizations/{orgid}/contacts": {
		id: "createContact", summary: "Add a contact, or a file of them",
		about: "A contact with the same name and one number in common is the same contact. A file is taken whole or not at all, with at most 10,000 contacts and 4 MiB.",
		in:    of[contactInput](), status: http.StatusCreated, out: of[contactView](),
		alsoIn: []content{
			{csvKind, "The first line names the columns: name, firstname, lastname, phone, mobile, email, organization, position, department, about, or any other member of info. Several values stand between semicolons."},
			{vCardKind, "vCards 2.1, 3.0 or 4.0."},
		},
		also: []answerOf{{status: http.StatusOK, out: of[imported](), about: "A file was taken."}}, fails: conflict,
	},
	"GET /v1/organizations/{orgid}/contacts": {
		id: "listContacts", summary: "List contacts", list: true, out: of[list[contactView]](),
		query: []param{
			{name: "phone", about: "Only those at this number."},
			{name: "blocked", about: "Only those who are blocked.", words: []string{"true"}},
			{name: "format", about: "All of them as a file, for keys of the organization and the account.", words: []string{"json", "csv", "vcard"}},
		},
		also: []answerOf{{status: http.StatusOK, kinds: []content{{csvKind, "All contacts, a line each."}, {vCardKind, "All contacts, as vCards 3.0."}}}},
	},
	"GET /v1/organizations/{orgid}/contacts/{id}": {id: "getContact", summary: "Show a contact", out: of[contactView]()},
	"PATCH /v1/organizations/{orgid}/contacts/{id}": {
		id: "updateContact", summary: "Change or block a contact", in: of[contactInput](), out: of[contactView](), fails: conflict,
	},
	"DELETE /v1/organizations/{orgid}/contacts/{id}": {id: "deleteContact", summary: "Delete a contact", status: http.StatusNoContent},

	"POST /v1/organizations/{orgid}/optouts": {
		id: "addOptOuts", summary: "Put contacts on the opt-out list",
		about:  "Nothing is sent to them from the number from the moment of the answer, also nothing that is queued. A file is taken whole or not at all.",
		in:     of[optOutInput](),
		alsoIn: []content{{csvKind, "The first line names the columns: contact and, where not all numbers are meant, number."}},
		out:    of[changed](),
	},
	"GET /v1/organizations/{orgid}/optouts": {
		id: "listOptOuts", summary: "List contacts who want no messages", list: true, out: of[list[optOutView]](),
		query: []param{
			{name: "number", about: "Who wants none of this number, alone or with all others: its id or its spelling."},
			{name: "format", about: "All of them as a file.", words: []string{"json", "csv"}},
		},
		also: []answerOf{{status: http.StatusOK, kinds: []content{{csvKind, "The whole list, a line each."}}}},
	},
	"GET /v1/organizations/{orgid}/optouts/{id}": {
		id: "getOptOut", summary: "Show what a contact wants no messages of", about: "404: the contact is not on the list.", out: of[list[optOutView]](),
	},
	"DELETE /v1/organizations/{orgid}/optouts/{id}": {
		id: "removeOptOut", summary: "Take a contact off the opt-out list",
		about:  "For those who have asked for it. The change is recorded with the key that made it.",
		status: http.StatusNoContent, query: []param{{name: "number", about: "Of this number alone: its id or its spelling. Left out: of all."}},
	},
	"GET /v1/organizations/{orgid}/optout-events": {
		id: "listOptOutEvents", summary: "List every change of the opt-out list", about: "The newest first.", list: true, out: of[list[optOutEventView]](),
	},
}

var messageOperations = map[string]operation{
	"POST /v1/messages": {
		id: "createMessage", summary: "Send a message",
		about: "The answer means that the message is on the disk. What becomes of it is told by GET, by webhooks and by the stream.",
		in:    of[messageInput](), once: true, status: http.StatusAccepted, out: of[acceptedView](),
		fails: []int{http.StatusForbidden, http.StatusNotFound},
	},
	"GET /v1/messages": {
		id: "listMessages", summary: "List messages", about: "The newest first, without their attempts.", list: true, out: of[list[notify.MessageView]](),
		query: messageQuery,
		fails: []int{http.StatusNotFound},
	},
	"GET /v1/messages/{id}": {
		id: "getMessage", summary: "Show a message with all that is known about it", out: of[notify.MessageView](),
	},
	"DELETE /v1/messages/{id}": {
		id: "deleteMessage", summary: "Take a queued message back", about: "409 when the provider may have it: history is not deleted.", status: http.StatusNoContent, fails: conflict,
	},
	"POST /v1/messages/{id}/resend": {
		id: "resendMessage", summary: "Send an unclear or failed message again", about: "It becomes a new message with resend_of, with another text where one is given. It may have no body.",
		in: of[resendInput](), bodiless: true, once: true, status: http.StatusAccepted, out: of[acceptedView](),
	},
	"POST /v1/messages/{id}/dismiss": {
		id: "dismissMessage", summary: "Give a message up that did not get through", about: "It is no dead letter any more. An unclear one counts as failed then, with the code dismissed; one that failed or expired keeps why.", out: of[notify.MessageView](), fails: conflict,
	},
	"POST /v1/messages/{id}/cancel": {
		id: "cancelMessage", summary: "Take a queued message back, and show it", about: "409 when the provider may have it.", out: of[notify.MessageView](), fails: conflict,
	},

	"POST /v1/media": {
		id: "createUpload", summary: "Upload a file for a message",
		about:  "It is kept for a day, unless a message takes it by its id. At most 10 MiB.",
		alsoIn: []content{{multipartKind, "One file, as the field file."}, {anyKind, "The file itself, with its own Content-Type; named by Content-Disposition or name."}},
		status: http.StatusCreated, out: of[uploadView](), query: []param{byOrganization, {name: "name", about: "The name of the file, where it is the body."}},
		fails: []int{http.StatusNotFound},
	},
	"GET /v1/media": {
		id: "listUploads", summary: "List uploads that no message has taken", list: true, out: of[list[uploadView]](), query: []param{byOrganization}, fails: []int{http.StatusNotFound},
	},
	"GET /v1/media/{id}":    {id: "getUpload", summary: "Show an upload", out: of[uploadView]()},
	"DELETE /v1/media/{id}": {id: "deleteUpload", summary: "Delete an upload", status: http.StatusNoContent},

	"GET /v1/callbacks": {
		id: "listCallbacks", summary: "List kept callbacks", about: "The newest first.", list: true, out: of[list[callbackView]](),
		query: []param{{name: "unmatched", about: "Only those that no model reads, or whose number is nobody's.", boolean: true}},
	},
	"GET /v1/callbacks/{id}": {id: "getCallback", summary: "Show a callback as it came, and what was read from it", out: of[callbackDetail]()},
	"POST /v1/callbacks/{id}/replay": {
		id: "replayCallback", summary: "Read an unmatched callback again", about: "After the service file or the numbers were mended.",
		status: http.StatusAccepted, out: of[callbackView](), fails: conflict,
	},
}

var programOperations = map[string]operation{
	"POST /v1/webhooks": {
		id: "createWebhook", summary: "Add a webhook", about: "Requests are signed as Standard Webhooks say. Any 2xx within 15 seconds is success; all else is tried again, under the same webhook-id.",
		in: of[webhookInput](), status: http.StatusCreated, out: of[webhookView](), fails: []int{http.StatusNotFound},
	},
	"GET /v1/webhooks":         {id: "listWebhooks", summary: "List webhooks", list: true, out: of[list[webhookView]]()},
	"GET /v1/webhooks/{id}":    {id: "getWebhook", summary: "Show a webhook", out: of[webhookView]()},
	"DELETE /v1/webhooks/{id}": {id: "deleteWebhook", summary: "Delete a webhook", status: http.StatusNoContent},

	"POST /v1/keys": {
		id: "createKey", summary: "Make an API key", about: "Nobody grants more than they have. The key is shown in this answer and never again.",
		in: of[keyInput](), status: http.StatusCreated, out: of[keyView](), fails: []int{http.StatusNotFound},
	},
	"GET /v1/keys":         {id: "listKeys", summary: "List keys", list: true, out: of[list[keyView]]()},
	"GET /v1/keys/{id}":    {id: "getKey", summary: "Show a key", out: of[keyView]()},
	"DELETE /v1/keys/{id}": {id: "deleteKey", summary: "Delete a key", about: "It ends at once. The key that asks cannot delete itself.", status: http.StatusNoContent, fails: conflict},

	"GET /v1/events": {
		id: "streamEvents", summary: "Follow what happens",
		about: "Server-sent events until the caller goes: `id` is where to resume, `event` the type, `data` a Notification. With Last-Event-ID the stream goes on after that event and misses none; without, it begins with what comes next.",
		query: []param{byOrganization, {name: "types", about: "Only these types, with commas between them."}},
		also:  []answerOf{{status: http.StatusOK, kinds: []content{{eventsKind, "A stream of events; the data of each is a Notification."}}}}, fails: []int{http.StatusNotFound},
		header: []param{{name: "Last-Event-ID", about: "The id of the last event that was seen."}},
	},
}

var documentOperations = map[string]operation{
	"GET /v1/openapi.json": {id: "getOpenAPI", summary: "This document", about: "OpenAPI 3.1. Anybody may read it.", outAny: "An OpenAPI 3.1 document."},
	"GET /v1/docs": {
		id: "getDocumentation", summary: "This document, for people", about: "One page. Anybody may read it.",
		also: []answerOf{{status: http.StatusOK, kinds: []content{{htmlKind, "The page."}}}, {status: http.StatusNotModified, about: "It is the one that If-None-Match names."}},
	},
}
