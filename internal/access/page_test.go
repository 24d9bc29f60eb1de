package access_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"testing"

	"patchbay/internal/access"
	"patchbay/internal/directory"
)

var update = flag.Bool("update", false, "write golden files again")

// The page of routes is the access matrix, written again with -update.
func TestRoutesPageIsInStep(t *testing.T) {
	const path = "../../docs/routes.md"
	var page bytes.Buffer
	page.WriteString(`# Routes

Every route there is and whose key may call it, generated from the access matrix. What a key does not see is 404, what its role may not do is 403.
An organization's key sees its organization, a user's key the numbers assigned to that user. Routes without a mark ask for no key: they guard themselves.
Lists take ` + "`limit` (1 to 200, else 50) and `cursor`, and answer `{\"data\": […], \"next\"}`" + `; PATCH changes the members that are given and keeps the others.
DELETE of a message takes a queued one back; what a provider may have is history, and history is not deleted.

| route | account | organization | user |
|---|---|---|---|
`)
	mark := func(r access.Rule, role directory.Role) string {
		if r.Admits(role) {
			return "yes"
		}
		return ""
	}
	for _, r := range access.Matrix {
		method := r.Method
		if method == "" {
			method = "any"
		}
		fmt.Fprintf(&page, "| `%s %s` | %s | %s | %s |\n", method, r.Pattern, mark(r, directory.AccountAdmin), mark(r, directory.OrgAdmin), mark(r, directory.UserRole))
	}
	if *update {
		if err := os.WriteFile(path, page.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(page.Bytes(), want) {
		t.Error("docs/routes.md is not the access matrix; write it again: go test ./internal/access -run TestRoutes -update")
	}
}
