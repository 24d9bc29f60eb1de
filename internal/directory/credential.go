package directory

import "time"

// Credential is what a service handed out to an integration: a token, and what renews it. The store keeps it sealed.
type Credential struct {
	Token    string    `json:"token,omitempty"` // empty: there is none that could be used
	Refresh  string    `json:"refresh,omitempty"`
	Obtained time.Time `json:"obtained,omitzero"`
	Expires  time.Time `json:"expires,omitzero"` // zero: the service did not say
	Revoked  bool      `json:"revoked,omitzero"` // the service takes it no more: a person must authorize anew
}

// Authorization is a person's way to the provider and back, to authorize an integration.
type Authorization struct {
	AccountID     string
	IntegrationID string
	Key           string // of the credential that it is for
	Verifier      string // what proves that we are who asked; the store keeps it sealed
	Expires       time.Time
}
