// Package needs is for tests that need more of the system than Go: what is missing leaves them out, or fails them where nothing may be left out.
package needs

import (
	"os"
	"testing"
)

// required names the setting that makes whatever is missing a failure: CI has it.
const required = "PATCHBAY_TEST_NEEDS"

// Missing ends a test whose need is not met.
func Missing(t testing.TB, what error) {
	t.Helper()
	if os.Getenv(required) != "" {
		t.Fatal(what)
	}
	t.Skipf("LEFT OUT: %v (with %s=all this is a failure)", what, required)
}
