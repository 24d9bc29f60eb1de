package inbound

import (
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"patchbay/internal/directory"
	"patchbay/internal/message"
	"patchbay/internal/service"
)

// Whatever the secrets are and wherever a request says them, none is kept, and what is kept reads as it came.
func TestUnveilingGivesBackWhatCame(t *testing.T) {
	svc := &service.Service{Properties: []service.Property{{Name: "A", Secret: true}, {Name: "B c", Secret: true}, {Name: "Open"}}}
	text := rapid.StringOf(rapid.SampledFrom([]rune(`ab "\&=+%/é•$•A`)))
	rapid.Check(t, func(t *rapid.T) {
		in := directory.Integration{Key: text.Draw(t, "key"), Properties: map[string]string{
			"A": text.Draw(t, "A"), "B c": text.Draw(t, "B"), "Open": "open text",
		}}
		m := &member{Integration: in, secrets: fingerprint(in.Properties), veils: veils(svc, &in)}
		said := func(name string) string {
			secret := rapid.SampledFrom([]string{in.Key, in.Properties["A"], in.Properties["B c"], "open text"}).Draw(t, name+" secret")
			form := rapid.SampledFrom([]func(string) string{
				func(s string) string { return s }, url.QueryEscape, func(s string) string { return hex.EncodeToString([]byte(s)) },
				func(s string) string { return base64.StdEncoding.EncodeToString([]byte("user:" + s)) },
				func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte("id:" + s + ":x")) },
			}).Draw(t, name+" form")
			return text.Draw(t, name) + form(secret) + text.Draw(t, name)
		}
		row := message.Callback{
			ID: message.NewID(), URL: "https://x/?a=" + url.QueryEscape(said("query")), Body: []byte(said("body")),
			Header: http.Header{"X-Token": {said("header"), said("second")}},
		}
		came := row
		came.Header = row.Header.Clone()
		before := row.Header
		veil(&row, []*member{m})
		for _, secret := range []string{in.Key, in.Properties["A"], in.Properties["B c"]} {
			if len(secret) < minVeiled || strings.Contains(secret, "•") { // a mark beside the text may look like such a one
				continue
			}
			for _, kept := range []string{row.URL, string(row.Body), row.Header.Get("X-Token")} {
				for _, form := range []string{secret, hex.EncodeToString([]byte(secret))} {
					if strings.Contains(kept, form) {
						t.Fatalf("%q is kept in %q", form, kept)
					}
				}
			}
		}
		if diff := cmp.Diff(came.Header, before); diff != "" {
			t.Fatalf("the request's own header changed: %s", diff)
		}
		unveil(&row, []*member{m})
		if diff := cmp.Diff(came, row); diff != "" {
			t.Fatal(diff)
		}
	})
}
