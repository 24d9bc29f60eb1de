package access

import (
	"slices"
	"strings"

	"patchbay/internal/directory"
)

// Rule says who may call one route. Patterns are spelled as net/http.ServeMux spells them.
type Rule struct {
	Method  string // empty: any
	Pattern string
	Roles   []directory.Role // empty: no credential is asked for; the route guards itself
}

// Public reports whether the route asks for no credential.
func (r Rule) Public() bool { return len(r.Roles) == 0 }

// Admits reports whether a role may call the route at all. What it sees there is a matter of SeesOrganization and SeesNumber.
func (r Rule) Admits(role directory.Role) bool { return slices.Contains(r.Roles, role) }

// Audited is what the log calls a change by this route, object.verb; empty: it goes on no record. What users may do is their everyday work, and
// has its own history; the rest is administration.
func (r Rule) Audited() string {
	verb := map[string]string{"POST": "created", "PUT": "saved", "PATCH": "changed", "DELETE": "removed"}[r.Method]
	if verb == "" || r.Public() || r.Admits(directory.UserRole) || !strings.HasPrefix(r.Pattern, "/v1/") {
		return ""
	}
	parts := strings.Split(strings.TrimSuffix(strings.TrimPrefix(r.Pattern, "/v1/"), ".csv"), "/") // a file of them
	last := len(parts) - 1
	switch {
	case strings.HasPrefix(parts[last], "{"):
		last--
	case last >= 1 && !strings.HasSuffix(parts[last], "s"): // no collection: something that is done to one of them, or to all
		verb, last = parts[last], last-1
		if strings.HasPrefix(parts[last], "{") {
			last--
		}
	}
	return object(parts[last]) + "." + verb
}

// object is one of what a path calls by its plural.
func object(plural string) string {
	if plural == "people" {
		return "person"
	}
	return strings.TrimSuffix(plural, "s")
}

var (
	account      = []directory.Role{directory.AccountAdmin}
	organization = []directory.Role{directory.AccountAdmin, directory.OrgAdmin}
	everyone     = []directory.Role{directory.AccountAdmin, directory.OrgAdmin, directory.UserRole}
)

// Matrix is every route there is. The router is built from it: a handler without a rule, or a rule without a handler, does not start.
var Matrix = []Rule{
	{"GET", "/healthz", nil},
	{"GET", "/readyz", nil},
	{"GET", "/metrics", account},

	// Whoever knows the address has the right: 128 random bits in it, then the service file's own verification.
	{"", "/services/{service_id}/{account}", nil},
	{"", "/services/{service_id}/{account}/{key...}", nil},
	// For the editors of those who write service files; it holds nothing of anybody's.
	{"GET", "/service.schema.json", nil},
	// Signed and expiring.
	{"GET", "/media/{link...}", nil},
	// Where a person comes back to from a provider, with a state that nobody guesses and that is good once.
	{"GET", "/oauth/callback", nil},

	// The pages of the portal and the inbox and what they load: the same files for everybody. What stands in them they ask /v1 for.
	{"GET", "/{$}", nil},
	{"GET", "/sign-in", nil},
	{"GET", "/welcome", nil},
	{"GET", "/inbox", nil},
	{"GET", "/inbox/{page...}", nil},
	{"GET", "/portal", nil},
	{"GET", "/portal/{page...}", nil},
	{"GET", "/assets/{file}", nil},
	{"GET", "/favicon.svg", nil},
	{"GET", "/theme.js", nil},

	// What the routes below are, for programs and for people; it holds nothing of anybody's.
	{"GET", "/v1/openapi.json", nil},
	{"GET", "/v1/docs", nil},

	{"POST", "/api", organization},
	{"GET", "/integrations", organization},

	// By name and password, by a link that is good once, and out again. They ask for no credential because they are how one is got.
	{"POST", "/v1/sign-in", nil},
	{"POST", "/v1/sign-out", nil},
	{"GET", "/v1/invitation", nil},
	{"POST", "/v1/invitation", nil},

	{"GET", "/v1/me", everyone},
	{"PATCH", "/v1/me", everyone},
	{"GET", "/v1/me/sign-ins", everyone},
	{"DELETE", "/v1/me/sign-ins/{id}", everyone},

	{"POST", "/v1/people", account},
	{"GET", "/v1/people", account},
	{"GET", "/v1/people/{id}", account},
	{"PATCH", "/v1/people/{id}", account},
	{"DELETE", "/v1/people/{id}", account},
	{"POST", "/v1/people/{id}/invitation", account},

	{"GET", "/v1/audit", organization},

	{"GET", "/v1/services", organization},
	{"GET", "/v1/services/{service_id}", organization},
	{"PUT", "/v1/services/{service_id}", account},
	{"DELETE", "/v1/services/{service_id}", account},
	{"GET", "/v1/services/{service_id}/versions", organization},
	{"GET", "/v1/services/{service_id}/versions/{version}", organization},
	{"GET", "/v1/services/{service_id}/versions/{version}/diff/{other}", organization},
	{"POST", "/v1/services/{service_id}/rollback", account},

	// Drafts of service files: posted with each question, never kept.
	{"POST", "/v1/studio/lint", account},
	{"POST", "/v1/studio/format", account},
	{"POST", "/v1/studio/new", account},
	{"POST", "/v1/studio/render", account},
	{"POST", "/v1/studio/response", account},
	{"POST", "/v1/studio/explain", account},
	{"POST", "/v1/studio/test", account},
	{"POST", "/v1/studio/infer", account},
	{"GET", "/v1/account", account},
	{"PATCH", "/v1/account", account},

	{"POST", "/v1/organizations", account},
	{"GET", "/v1/organizations", organization},
	{"GET", "/v1/organizations/{orgid}", everyone},
	{"PATCH", "/v1/organizations/{orgid}", organization},
	{"DELETE", "/v1/organizations/{orgid}", account},

	{"POST", "/v1/organizations/{orgid}/users.csv", organization},
	{"GET", "/v1/organizations/{orgid}/users.csv", organization},
	{"POST", "/v1/organizations/{orgid}/numbers.csv", organization},
	{"GET", "/v1/organizations/{orgid}/numbers.csv", organization},
	{"POST", "/v1/organizations/{orgid}/users", organization},
	{"GET", "/v1/organizations/{orgid}/users", organization},
	{"GET", "/v1/organizations/{orgid}/users/{id}", organization},
	{"PATCH", "/v1/organizations/{orgid}/users/{id}", organization},
	{"DELETE", "/v1/organizations/{orgid}/users/{id}", organization},
	{"POST", "/v1/organizations/{orgid}/users/{id}/invitation", organization},

	{"PUT", "/v1/organizations/{orgid}/integrations/{service_id}", organization},
	{"GET", "/v1/organizations/{orgid}/integrations", organization},
	{"GET", "/v1/organizations/{orgid}/integrations/{service_id}", organization},
	{"DELETE", "/v1/organizations/{orgid}/integrations/{service_id}", organization},
	{"POST", "/v1/organizations/{orgid}/integrations/{service_id}/check", organization},
	{"POST", "/v1/organizations/{orgid}/integrations/{service_id}/webhook", organization},
	{"POST", "/v1/organizations/{orgid}/integrations/{service_id}/pause", organization},
	{"POST", "/v1/organizations/{orgid}/integrations/{service_id}/resume", organization},

	{"POST", "/v1/organizations/{orgid}/numbers", organization},
	{"GET", "/v1/organizations/{orgid}/numbers", everyone},
	{"GET", "/v1/organizations/{orgid}/numbers/{id}", everyone},
	{"PATCH", "/v1/organizations/{orgid}/numbers/{id}", organization},
	{"DELETE", "/v1/organizations/{orgid}/numbers/{id}", organization},

	{"POST", "/v1/organizations/{orgid}/contacts", everyone},
	{"GET", "/v1/organizations/{orgid}/contacts", everyone},
	{"GET", "/v1/organizations/{orgid}/contacts/{id}", everyone},
	{"PATCH", "/v1/organizations/{orgid}/contacts/{id}", everyone},
	{"DELETE", "/v1/organizations/{orgid}/contacts/{id}", organization},
	{"POST", "/v1/organizations/{orgid}/contacts/{id}/erase", organization},

	{"POST", "/v1/organizations/{orgid}/optouts", organization},
	{"GET", "/v1/organizations/{orgid}/optouts", organization},
	{"GET", "/v1/organizations/{orgid}/optouts/{id}", organization},
	{"DELETE", "/v1/organizations/{orgid}/optouts/{id}", organization},
	{"GET", "/v1/organizations/{orgid}/optout-events", organization},

	{"GET", "/v1/messages.csv", everyone},
	{"GET", "/v1/stats", organization},
	{"GET", "/v1/usage", organization},
	{"GET", "/v1/usage.csv", organization},
	{"GET", "/v1/dead-letters", organization},
	{"POST", "/v1/dead-letters/retry", organization},
	{"POST", "/v1/dead-letters/dismiss", organization},
	{"POST", "/v1/messages", everyone},
	{"GET", "/v1/messages", everyone},
	{"GET", "/v1/messages/{id}", everyone},
	{"DELETE", "/v1/messages/{id}", everyone},
	{"POST", "/v1/messages/{id}/resend", everyone},
	{"POST", "/v1/messages/{id}/dismiss", everyone},
	{"POST", "/v1/messages/{id}/cancel", everyone},

	{"POST", "/v1/media", everyone},
	{"GET", "/v1/media", everyone},
	{"GET", "/v1/media/{id}", everyone},
	{"DELETE", "/v1/media/{id}", everyone},

	{"GET", "/v1/conversations", everyone},
	{"POST", "/v1/conversations", everyone},
	{"GET", "/v1/conversations/{id}", everyone},
	{"GET", "/v1/conversations/{id}/messages", everyone},
	{"GET", "/v1/conversations/{id}/assignees", everyone},
	{"POST", "/v1/conversations/{id}/claim", everyone},
	{"POST", "/v1/conversations/{id}/release", everyone},
	{"POST", "/v1/conversations/{id}/assign", everyone},
	{"POST", "/v1/conversations/{id}/close", everyone},
	{"POST", "/v1/conversations/{id}/reopen", everyone},
	{"POST", "/v1/conversations/{id}/read", everyone},
	{"POST", "/v1/conversations/{id}/unread", everyone},
	{"POST", "/v1/conversations/{id}/typing", everyone},
	{"POST", "/v1/conversations/{id}/notes", everyone},
	{"DELETE", "/v1/conversations/{id}/notes/{note}", everyone},

	{"GET", "/v1/search", everyone},

	// A raw callback can hold messages of every organization that shares the URL.
	{"GET", "/v1/callbacks", account},
	{"GET", "/v1/callbacks/{id}", account},
	{"POST", "/v1/callbacks/{id}/replay", account},

	{"POST", "/v1/webhooks", organization},
	{"GET", "/v1/webhooks", organization},
	{"GET", "/v1/webhooks/{id}", organization},
	{"PATCH", "/v1/webhooks/{id}", organization},
	{"DELETE", "/v1/webhooks/{id}", organization},
	{"GET", "/v1/webhooks/{id}/deliveries", organization},
	{"POST", "/v1/webhooks/{id}/replay", organization},
	{"POST", "/v1/webhooks/{id}/rotate", organization},
	{"POST", "/v1/webhooks/{id}/pause", organization},
	{"POST", "/v1/webhooks/{id}/resume", organization},

	{"POST", "/v1/keys", organization},
	{"GET", "/v1/keys", organization},
	{"GET", "/v1/keys/{id}", organization},
	{"DELETE", "/v1/keys/{id}", organization},

	{"GET", "/v1/events", everyone},
}
