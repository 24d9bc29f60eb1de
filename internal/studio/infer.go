package studio

import (
	"encoding/json"

	"patchbay/internal/service"
)

// Models is the Webhook of a file, in canonical form: to put into a file that is there.
func Models(file []byte) ([]byte, error) {
	var parts struct{ Webhook json.RawMessage }
	if err := json.Unmarshal(file, &parts); err != nil {
		return nil, err
	}
	if parts.Webhook == nil {
		parts.Webhook = json.RawMessage("[]")
	}
	return service.Format(parts.Webhook)
}
