// Package secret owns credentials: they print as •••, are sealed at rest, and are taken out of every text by their value.
package secret

import (
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
)

// Mask stands where a secret stood.
const Mask = "•••"

// String is a text that nothing prints by accident: not fmt in any verb, not JSON, not slog.
// The zero String is empty. Compare with Equal: == compares identities.
type String struct {
	// A pointer, because fmt cannot call methods on the unexported fields of a struct that holds a String: there it prints
	// an address and not the text.
	text *string
}

// New hides text.
func New(text string) String { return String{&text} }

// Reveal is the text itself: call it at the last moment, where the request is written.
func (s String) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// IsEmpty reports whether there is nothing to hide.
func (s String) IsEmpty() bool { return s.Reveal() == "" }

// Equal compares in constant time.
func (s String) Equal(other String) bool {
	return subtle.ConstantTimeCompare([]byte(s.Reveal()), []byte(other.Reveal())) == 1
}

func (s String) String() string { return Mask }

// Format answers every verb, %#v and %x included.
func (s String) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, Mask) }

func (s String) LogValue() slog.Value { return slog.StringValue(Mask) }

func (s String) MarshalText() ([]byte, error) { return []byte(Mask), nil }

func (s String) MarshalJSON() ([]byte, error) { return json.Marshal(Mask) }

// GobEncode is there because gob would otherwise follow the pointer.
func (s String) GobEncode() ([]byte, error) { return []byte(Mask), nil }

func (s *String) GobDecode([]byte) error { return fmt.Errorf("a secret does not travel by gob") }

// UnmarshalText takes what a caller sent.
func (s *String) UnmarshalText(b []byte) error {
	*s = New(string(b))
	return nil
}

// UnmarshalJSON takes what a caller sent.
func (s *String) UnmarshalJSON(b []byte) error {
	var text string
	if err := json.Unmarshal(b, &text); err != nil {
		return fmt.Errorf("a secret is a string")
	}
	*s = New(text)
	return nil
}
