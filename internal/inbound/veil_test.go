package inbound

import (
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
			return text.Draw(t, name) + rapid.SampledFrom([]string{in.Key, in.Properties["A"], in.Properties["B c"], "open text"}).Draw(t, name+" secret") + text.Draw(t, name)
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
				if strings.Contains(kept, secret) {
					t.Fatalf("%q is kept in %q", secret, kept)
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
