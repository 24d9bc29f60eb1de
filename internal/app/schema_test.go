package app_test

import (
	"bytes"
	"testing"

	"patchbay/internal/service"
)

func TestTheSchemaOfServiceFilesIsServedToAnybody(t *testing.T) {
	w := start(t)
	a := w.as("").call(200, "GET", service.SchemaPath, nil)
	if !bytes.Equal(a.body, service.Schema()) {
		t.Errorf("got %d bytes, and the schema has %d", len(a.body), len(service.Schema()))
	}
}
