package app_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"patchbay/internal/directory"
)

// photo is a JPEG of about 200 kB that tells where it was taken.
func photo(t *testing.T) string {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	m := image.NewGray(image.Rect(0, 0, 600, 400))
	for i := range m.Pix {
		m.Pix[i] = uint8(r.IntN(256))
	}
	m.SetGray(0, 0, color.Gray{})
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	s := b.String()
	return s[:2] + "\xff\xe1\x00\x16Exif\x00\x00GPS-CANARY-52" + s[2:]
}

// Fault 60 and the limits of the service file: what the provider fetches fits it, and tells nothing that was to be taken out.
func TestWhatAProviderFetchesFitsIt(t *testing.T) {
	p := newProvider(t)
	w := start(t, p.host())
	w.account.call(201, "PUT", "/v1/services/acme", strings.Replace(p.file("acme"), `"Webhook":`, `"limits": {"media": {"max_bytes": 50000, "types": ["image/*", "text/vcard"]}}, "Webhook":`, 1))
	tm := w.account.newTeam("a", "acme", "+15550001001", map[string]string{"API key": "k"})
	ana := tm.keys[directory.UserRole]
	send := func(id string) (answer, []byte) {
		t.Helper()
		sent := ana.call(202, "POST", "/v1/messages", map[string]any{"from": tm.number, "to": "+15550100001", "media": []string{id}}).str("id")
		m := w.account.until("/v1/messages/"+sent, hasStatus("sent"))
		return m, w.as("").call(200, "GET", m.list("media")[0]["url"].(string), nil).body
	}
	up := ana.call(201, "POST", "/v1/media?name=a.jpg", photo(t), "Content-Type", "image/jpeg")
	m, got := send(up.str("id"))
	if f := m.list("media")[0]; len(got) > 50000 || f["size"] != float64(len(got)) || f["type"] != "image/jpeg" || f["preview"] == nil {
		t.Errorf("the provider fetches %d bytes of %v", len(got), f)
	}
	if a := w.as("").call(200, "GET", m.list("media")[0]["preview"].(string), nil); a.header.Get("Content-Type") != "image/jpeg" || len(a.body) == 0 {
		t.Errorf("the preview: %v", a.header)
	}
	if a := w.as("").call(200, "GET", up.str("url"), nil); len(a.body) != len(photo(t)) {
		t.Error("the upload, which may go to others, was changed")
	}
	long := ana.call(201, "POST", "/v1/media?name=a.txt", strings.Repeat("a", 60000), "Content-Type", "text/plain").str("id")
	if a := ana.refused(422, "invalid", "POST", "/v1/messages", map[string]any{"from": tm.number, "to": "+15550100001", "media": []string{long}}); !strings.Contains(a.str("detail"), "50000") {
		t.Errorf("the limit is not said: %s", a.body)
	}

	// Metadata goes when somebody asks for it: the organization, unless the number says otherwise.
	small := strings.Replace(string(jpegOf(t)), "\xff\xd8", "\xff\xd8\xff\xe1\x00\x16Exif\x00\x00GPS-CANARY-52", 1)
	id := ana.call(201, "POST", "/v1/media?name=a.jpg", small, "Content-Type", "image/jpeg").str("id")
	org, number := "/v1/organizations/"+tm.org, "/v1/organizations/"+tm.org+"/numbers/"+tm.numberID
	for _, c := range []struct {
		org, number any
		told        bool
	}{{false, nil, true}, {true, nil, false}, {true, false, true}, {false, true, false}} {
		if a := w.account.call(200, "PATCH", org, map[string]any{"strip_metadata": c.org}); a.json["strip_metadata"] != c.org {
			t.Errorf("the organization: %s", a.body)
		}
		if a := w.account.call(200, "PATCH", number, map[string]any{"strip_metadata": c.number}); a.json["strip_metadata"] != c.number {
			t.Errorf("the number: %s", a.body)
		}
		if _, got := send(id); bytes.Contains(got, []byte("CANARY")) != c.told {
			t.Errorf("organization %v, number %v: told %v", c.org, c.number, !c.told)
		}
	}
	w.account.refused(422, "invalid", "PATCH", number, map[string]any{"strip_metadata": "yes"})
}

func jpegOf(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 8, 8)), nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestAMessageExpiresWhenItsSenderOrItsNumberSays(t *testing.T) {
	p := newProvider(t)
	w := start(t, p.host())
	w.account.call(201, "PUT", "/v1/services/acme", p.file("acme"))
	tm := w.account.newTeam("a", "acme", "+15550001001", map[string]string{"API key": "k"})
	c := w.account
	valid := func(more map[string]any, header ...string) time.Duration {
		t.Helper()
		body := map[string]any{"from": tm.number, "to": "+15550100001", "content": "yes"}
		for k, v := range more {
			body[k] = v
		}
		m := c.call(200, "GET", "/v1/messages/"+c.call(202, "POST", "/v1/messages", body, header...).str("id"), nil)
		at := func(name string) time.Time {
			v, err := time.Parse(time.RFC3339Nano, m.str(name))
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
		return at("expires").Sub(at("created")).Round(time.Minute)
	}
	if d := valid(nil); d != 24*time.Hour {
		t.Errorf("as usual it is valid for %v", d)
	}
	if d := valid(map[string]any{"validity": 600}); d != 10*time.Minute {
		t.Errorf("asked for ten minutes it is valid for %v", d)
	}
	until := time.Now().Add(2 * time.Hour).Format(time.RFC3339)
	for range 2 {
		if d := valid(map[string]any{"expires_at": until}, "Idempotency-Key", "k"); d != 2*time.Hour {
			t.Errorf("until in two hours it is valid for %v", d)
		}
	}
	number := "/v1/organizations/" + tm.org + "/numbers/" + tm.numberID
	if a := c.call(200, "PATCH", number, map[string]any{"validity": 3600}); a.json["validity"] != 3600.0 {
		t.Errorf("the number: %s", a.body)
	}
	if d := valid(nil); d != time.Hour {
		t.Errorf("as the number says it is valid for %v", d)
	}
	if d := valid(map[string]any{"validity": 600}); d != 10*time.Minute {
		t.Errorf("its sender has the last word: %v", d)
	}
	for _, bad := range []map[string]any{{"validity": 0}, {"validity": -5}, {"validity": 604801}, {"expires_at": "tomorrow"}, {"expires_at": "2020-01-01T00:00:00Z"}, {"validity": 60, "expires_at": until}} {
		bad["from"], bad["to"], bad["content"] = tm.number, "+15550100001", "x"
		c.refused(422, "invalid", "POST", "/v1/messages", bad)
	}
	c.refused(422, "invalid", "PATCH", number, map[string]any{"validity": 5})
}

func TestForHowLongThingsAreKeptIsAskedForByTheAccountAndByOrganizations(t *testing.T) {
	p := newProvider(t)
	w := start(t, p.host())
	w.account.call(201, "PUT", "/v1/services/acme", p.file("acme"))
	tm := w.account.newTeam("a", "acme", "+15550001001", map[string]string{"API key": "k"})
	days := func(a answer) string { return fmt.Sprint(a.json["retention"]) }
	org := "/v1/organizations/" + tm.org
	if a := w.account.call(200, "GET", org, nil); days(a) != "map[callbacks_days:<nil> media_days:<nil> messages_days:<nil>]" {
		t.Errorf("a new organization: %s", a.body)
	}
	a := w.account.call(200, "PATCH", "/v1/account", map[string]any{"retention": map[string]any{"messages_days": 90, "callbacks_days": 7}})
	if days(a) != "map[callbacks_days:7 media_days:<nil> messages_days:90]" {
		t.Errorf("the account: %s", a.body)
	}
	a = tm.keys[directory.OrgAdmin].call(200, "PATCH", org, map[string]any{"retention": map[string]any{"messages_days": 0, "media_days": 30}})
	if days(a) != "map[callbacks_days:<nil> media_days:30 messages_days:0]" {
		t.Errorf("the organization: %s", a.body)
	}
	a = tm.keys[directory.OrgAdmin].call(200, "PATCH", org, map[string]any{"retention": map[string]any{"messages_days": nil}})
	if days(a) != "map[callbacks_days:<nil> media_days:30 messages_days:<nil>]" {
		t.Errorf("given back: %s", a.body)
	}
	for _, bad := range []any{-1, 36501, "30", 1.5, true} {
		if a := w.account.refused(422, "invalid", "PATCH", org, map[string]any{"retention": map[string]any{"media_days": bad}}); a.pointers()[0] != "/retention/media_days" {
			t.Errorf("%v: %s", bad, a.body)
		}
	}
	if entries := w.account.call(200, "GET", "/v1/audit?limit=10", nil); !strings.Contains(string(entries.body), "messages_days") {
		t.Errorf("the change is not on record: %s", entries.body)
	}
}
