package access_test

import (
	"testing"

	"patchbay/internal/access"
	"patchbay/internal/directory"
)

func TestWhatOnlyAdministratorsChangeGoesOnRecord(t *testing.T) {
	want := map[string]string{
		"POST /v1/organizations":                                         "organization.created",
		"PATCH /v1/organizations/{orgid}":                                "organization.changed",
		"DELETE /v1/organizations/{orgid}/users/{id}":                    "user.removed",
		"POST /v1/organizations/{orgid}/users/{id}/invitation":           "user.invitation",
		"POST /v1/people":                                                "person.created",
		"PUT /v1/organizations/{orgid}/integrations/{service_id}":        "integration.saved",
		"POST /v1/organizations/{orgid}/integrations/{service_id}/check": "integration.check",
		"POST /v1/services/{service_id}/rollback":                        "service.rollback",
		"POST /v1/organizations/{orgid}/optouts":                         "optout.created",
		"POST /v1/organizations/{orgid}/users.csv":                       "user.created",
		"POST /v1/dead-letters/retry":                                    "dead-letter.retry",
		"POST /v1/messages":                                              "",
		"GET /v1/keys":                                                   "",
		"POST /v1/sign-in":                                               "",
	}
	for _, r := range access.Matrix {
		got, route := r.Audited(), r.Method+" "+r.Pattern
		if expected, named := want[route]; named {
			delete(want, route)
			if got != expected {
				t.Errorf("%s: got %q, want %q", route, got, expected)
			}
		}
		changes := r.Method != "GET" && r.Method != ""
		if record := changes && !r.Public() && !r.Admits(directory.UserRole) && r.Pattern != "/api"; (got != "") != record {
			t.Errorf("%s: on record as %q", route, got)
		}
	}
	for route := range want {
		t.Errorf("there is no %s", route)
	}
}
