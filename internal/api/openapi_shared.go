package api

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
)

// apiVersion is that of /v1: its second number rises with every addition, and there is never a change that breaks a caller.
const apiVersion = "1.0"

func newDocument() *document {
	d := &document{OpenAPI: "3.1.0", Servers: []documentServer{{URL: "/", Description: "The server that gave this document"}}, Tags: tags}
	d.Info.Title, d.Info.Version = "Patchbay", apiVersion
	d.Info.Summary = "Send and receive texts and pictures through any provider, and administer who does."
	d.Info.Description = `Programs send an API key with every call: ` + "`Authorization: Bearer pbk_…`" + `. Browsers sign in. A key is the account's, an organization's or a user's, and sees what its
owner sees: what is somebody else's is 404, what the role may not do is 403; ` + "`x-roles`" + ` names the roles that may call a route at all.

Lists answer ` + "`{\"data\": […], \"next\"}`" + `. Where ` + "`next`" + ` is not empty it is the ` + "`cursor`" + ` of the next page. PATCH changes the members that are given and
keeps the others. Members that a body has and nobody knows are ignored; new members may appear in answers. Times are RFC 3339 in UTC.

Every error is ` + "`application/problem+json`" + ` (RFC 9457) with a ` + "`code`" + ` to act on and, in ` + "`errors`" + `, each mistake with its place.`
	d.Info.License.Name, d.Info.License.Identifier = "Apache License 2.0", "Apache-2.0"
	d.Security = []map[string][]string{{"key": {}}, {"signIn": {}}}
	d.Components.SecuritySchemes.add("key", securityScheme{Type: "http", Scheme: "bearer", Description: "An API key of this server: the account's, or one made by POST /v1/keys."})
	d.Components.SecuritySchemes.add("signIn", securityScheme{Type: "apiKey", In: "cookie", Name: cookieName,
		Description: "A browser that is signed in (POST /v1/sign-in). What changes something counts only from this server's own pages; a key counts for more."})
	return d
}

// tags are the nouns of the routes, in the order of the pages.
var tags = []documentTag{
	{"sign-in", "How a browser gets in, and out again."},
	{"me", "Who asks."},
	{"people", "Who administers the account."},
	{"audit", "Who changed what."},
	{"services", "Providers, each as one service file describes it: the catalogue's and the account's own."},
	{"studio", "Drafts of service files: posted with each question, never kept."},
	{"account", "What holds for all organizations of the account."},
	{"organizations", "The customers of the account."},
	{"users", "The people of an organization."},
	{"integrations", "A service enabled for an organization: its property values and its webhook URL."},
	{"numbers", "The numbers of an organization, their users and their settings."},
	{"contacts", "Whom an organization knows."},
	{"optouts", "Contacts who want no messages, and the record of every change."},
	{"usage", "How much was sent and received, by day and by month."},
	{"messages", "Texts and files, sent and received."},
	{"media", "Files that wait for a message."},
	{"conversations", "What is between a number's users and a contact."},
	{"callbacks", "Requests that providers made to us, as they came."},
	{"webhooks", "Addresses of programs that are told what happens."},
	{"keys", "API keys."},
	{"events", "The stream of what happens."},
	{"documentation", "This document."},
}

// tagsOfNouns are the nouns that stand under another one's.
var tagsOfNouns = map[string]string{"messages.csv": "messages",
	"dead-letters": "messages", "stats": "usage", "usage.csv": "usage", "users.csv": "users", "numbers.csv": "numbers", "optout-events": "optouts", "sign-out": "sign-in", "invitation": "sign-in", "openapi.json": "documentation", "docs": "documentation", "search": "conversations"}

// pathParameters says what the parts of a path are; "id of users" is said where the route is about users.
var pathParameters = map[string]string{
	"orgid":               "The organization's id. A key of an organization or a user sees its own alone.",
	"service_id":          "The service's id, without regard to case.",
	"version":             "The version of the service file, as the list of versions spells it.",
	"other":               "Another version, as the list of versions spells it.",
	"note":                "The note's id.",
	"id of me":            "The sign-in's id.",
	"id of people":        "The person's id.",
	"id of users":         "The user's id.",
	"id of numbers":       "The number's id.",
	"id of contacts":      "The contact's id.",
	"id of optouts":       "The contact: a number like +15550100123.",
	"id of messages":      "The message's id.",
	"id of media":         "The upload's id.",
	"id of conversations": "The conversation's id.",
	"id of callbacks":     "The callback's id.",
	"id of webhooks":      "The webhook's id.",
	"id of keys":          "The key's id.",
}

// byOrganization narrows a list that shows all that the caller sees.
var byOrganization = param{name: "orgid", about: "Only of this organization. Left out: of all that the caller sees."}

// problemNames are the shared answers of failure.
var problemNames = map[int]string{
	http.StatusBadRequest:            "Malformed",
	http.StatusUnauthorized:          "Unauthenticated",
	http.StatusForbidden:             "Forbidden",
	http.StatusNotFound:              "NotFound",
	http.StatusRequestTimeout:        "TooSlow",
	http.StatusConflict:              "Conflict",
	http.StatusRequestEntityTooLarge: "TooLarge",
	http.StatusUnprocessableEntity:   "Invalid",
	http.StatusTooManyRequests:       "TooMany",
	http.StatusInternalServerError:   "Internal",
	http.StatusServiceUnavailable:    "Unavailable",
}

var problemTexts = map[int]string{
	http.StatusBadRequest:            "The body is not JSON, or the request is broken HTTP.",
	http.StatusUnauthorized:          "No key, or none of this server.",
	http.StatusForbidden:             "The key is known, and its role may not do this.",
	http.StatusNotFound:              "There is nothing of that id that the caller sees.",
	http.StatusRequestTimeout:        "The body did not arrive in time.",
	http.StatusConflict:              "It contradicts what is there; `detail` says what.",
	http.StatusRequestEntityTooLarge: "The body is larger than what is taken.",
	http.StatusUnprocessableEntity:   "It cannot be carried out as it stands; `errors` names every mistake.",
	http.StatusTooManyRequests:       "Too many tries; come again after `Retry-After`.",
	http.StatusInternalServerError:   "A fault of ours; the server's log tells more under `id`.",
	http.StatusServiceUnavailable:    "It cannot be kept now; come again after `Retry-After`.",
}

// shared adds the components that operations refer to.
func (b *describer) shared() {
	c := &b.d.Components
	least, most := 1, pageSizeMax
	c.Parameters.add("limit", &parameter{Name: "limit", In: "query", Description: "How many a page has.",
		Schema: &schema{Type: "integer", Minimum: &least, Maximum: &most, Default: []byte(strconv.Itoa(pageSize))}})
	c.Parameters.add("cursor", &parameter{Name: "cursor", In: "query", Description: "Where the page begins: `next` of the page before. Left out: at the beginning.",
		Schema: &schema{Type: "string"}})
	c.Parameters.add("idempotencyKey", &parameter{Name: "Idempotency-Key", In: "header",
		Description: "The same key with the same body gives the first answer again, for 24 hours, and sends nothing twice. With another body it is 422; while the first request is still running, 409 with Retry-After.",
		Schema:      &schema{Type: "string", MaxLength: maxIdempotencyKey}})
	c.Headers.add("retryAfter", &header{Description: "Seconds after which to come again.", Schema: &schema{Type: "integer"}})
	problems := b.ss.of(of[problem](), asAnswer)
	for _, status := range slices.Sorted(maps.Keys(problemNames)) {
		r := &response{Description: problemTexts[status]}
		switch status {
		case http.StatusConflict, http.StatusServiceUnavailable, http.StatusTooManyRequests:
			r.Headers.add("Retry-After", &header{Ref: "#/components/headers/retryAfter"})
		}
		r.Content.add(problemKind, &mediaType{Schema: problems})
		c.Responses.add(problemNames[status], r)
	}
}
