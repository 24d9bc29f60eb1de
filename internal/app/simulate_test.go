package app_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"patchbay/internal/service"
	"patchbay/internal/simulator"
)

// imitated is a provider that is made of a file of the catalogue.
type imitated struct {
	*simulator.Provider
	id      string
	console *lockedBuffer
	number  string
	team    *team
}

// imitate starts the providers of the files.
func imitate(t *testing.T, files []string) (out []*imitated) {
	t.Helper()
	for i, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		svc, problems := service.Parse(data)
		if svc == nil {
			t.Fatal(problems)
		}
		one := &imitated{id: svc.ID, console: &lockedBuffer{}, number: fmt.Sprintf("+1415555%04d", i)}
		if one.Provider, err = simulator.Imitate(t.Context(), simulator.Imitation{Service: svc, Console: one.console}); err != nil {
			t.Fatalf("%s: %v", svc.ID, err)
		}
		t.Cleanup(func() {
			if err := one.Close(); err != nil {
				t.Error(err)
			}
			if t.Failed() {
				t.Logf("%s says:\n%s", one.id, one.console)
			}
		})
		out = append(out, one)
	}
	return out
}

// meet starts the gateway with those providers, each enabled for an organization of its own.
func meet(t *testing.T, providers []*imitated) *world {
	t.Helper()
	var egress []string
	for _, p := range providers {
		egress = append(egress, p.Addr())
	}
	w := start(t, egress...)
	for _, p := range providers {
		w.account.call(201, "PUT", "/v1/services/"+p.id, string(p.File()))
		p.team = w.account.newTeam(strings.ToLower(p.id), p.id, p.number, p.Values())
		p.SendCallbacksTo(p.team.webhook)
	}
	return w
}

// The end-to-end test of every file, those of the examples too: a text, a file and a text in, with receipts, signed as the file demands, through the whole program and a
// provider that is made of the same file.
func TestEveryFileOfTheCatalogueTextsThroughTheProviderThatItDescribes(t *testing.T) {
	files, err := filepath.Glob("../../services/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal("no catalogue", err)
	}
	examples, err := filepath.Glob("../../docs/examples/*.json")
	if err != nil || len(examples) == 0 {
		t.Fatal("no examples", err)
	}
	providers := imitate(t, append(files, examples...))
	w := meet(t, providers)
	for _, p := range providers {
		t.Run(p.id, func(t *testing.T) {
			w := *w
			w.T = t
			account := (&w).as(bootstrapKey)
			for _, gap := range p.Gaps() {
				if gap.Pointer != "/auth" { // a signature of ours is looked for, and not made again
					t.Errorf("it cannot: %s", gap)
				}
			}
			p.texts(account, "yes $to$ 0123 é😀", "")
			if p.Fake().SendsFiles() {
				p.texts(account, "Look", "https://files.example.com/picture.png")
			}
			p.textsBack(account, "Hi: there {{to}}", false)
			if p.Fake().Tells(service.EventMessage, true) {
				p.textsBack(account, "Here", true)
			}
			p.isNotForged(account)
			for _, r := range p.Received() {
				if len(r.Problems) > 0 {
					t.Errorf("a request is none that the file writes: %q", r.Problems)
				}
			}
		})
	}
}

// texts sends a message and waits for what the provider says of it.
func (p *imitated) texts(account *caller, text, file string) {
	t := account.w
	t.Helper()
	body := map[string]any{"from": p.number, "to": "+14155550123", "content": text}
	if file != "" {
		body["urls"] = []string{file}
	}
	id := account.call(202, "POST", "/v1/messages", body).str("id")
	want := "sent"
	if p.Fake().Tells(service.EventDelivered, false) {
		want = "delivered"
	}
	m := account.until("/v1/messages/"+id, hasStatus(want))
	attempts := m.list("attempts")
	var ids, got []string
	for _, r := range p.Received() {
		if r.Order.Method != "SendMessage" && r.Order.Method != "SendFile" {
			continue // an integration's credentials are checked when it is made
		}
		if r.Order.ID == id || r.Order.ID == "" {
			ids = append(ids, r.MessageID)
		}
		if r.To != "+14155550123" || r.From != "" && r.From != p.number {
			t.Errorf("it took %+v", r)
		}
		got = append(got, r.Text)
		got = append(got, r.URLs...)
	}
	for _, want := range []string{text, file} {
		if want != "" && !slices.Contains(got, want) {
			t.Errorf("the provider got %q, and no %q", got, want)
		}
	}
	for _, given := range m.json["messageids"].([]any) {
		if !slices.Contains(ids, given.(string)) {
			t.Errorf("message %s has the id %v; the provider gave %q", id, given, ids)
		}
	}
	for _, a := range attempts {
		if a["outcome"] != "accepted" {
			t.Errorf("attempt %v", a)
		}
	}
}

// textsBack lets a contact text, twice under one id where there are ids, and finds one message.
func (p *imitated) textsBack(account *caller, text string, picture bool) {
	t := account.w
	t.Helper()
	e := service.Emission{From: "+14155550123", To: p.number, Text: text}
	if picture {
		e.Files = []service.File{{URL: p.URL() + "/_simulate/media/sample.png", MediaID: "sample.png", Name: "sample.png", MediaType: "image/png", Data: []byte("\x89PNG\r\n\x1a\n")}}
	}
	said := func() {
		t.Helper()
		id, status, err := p.Text(t.Context(), e)
		if err != nil || status/100 != 2 {
			t.Fatalf("the callback was answered with %d, %v", status, err)
		}
		e.MessageID = id
	}
	find := func(a answer) (found []map[string]any) {
		for _, m := range a.list("data") {
			media, _ := m["media"].([]any)
			if m["content"] == text && m["from"] == "+14155550123" && m["to"] == p.number && (!picture || len(media) == 1) {
				found = append(found, m)
			}
		}
		return found
	}
	said()
	path := "/v1/messages?direction=inbound&orgid=" + p.team.org
	a := account.until(path, func(a answer) bool { return len(find(a)) == 1 })
	if ids, _ := find(a)[0]["messageids"].([]any); len(ids) > 0 {
		said()
		if n := len(find(account.call(200, "GET", path, nil))); n != 1 {
			t.Errorf("one id, said twice, is %d messages", n)
		}
	}
}

// isNotForged: a callback without a right proof is refused where the file asks for one.
func (p *imitated) isNotForged(account *caller) {
	t := account.w
	t.Helper()
	if !p.Fake().Verifies() {
		return
	}
	for _, proof := range []service.Proof{service.Unsigned, service.Forged} {
		_, status, err := p.Text(t.Context(), service.Emission{From: "+14155550123", To: p.number, Text: "forged", Proof: proof})
		if status != 404 {
			t.Errorf("proof %d: answered with %d, %v", proof, status, err)
		}
	}
}

// What goes wrong at a provider, each by the text that asks for it: never a text twice, but for those that say so.
func TestWhatGoesWrongAtAProviderEndsAsItShould(t *testing.T) {
	p := imitate(t, []string{"../../services/twilio.json"})[0]
	w := meet(t, []*imitated{p})
	for i, c := range []struct {
		faults, status string
		tries          int // that the provider took
		first          string
	}{
		{"refuse", "failed", 0, "refused"},
		{"opted-out", "failed", 0, "refused"},
		{"entry=1:30007", "failed", 0, "refused"},
		{"reset-after", "unclear", 1, "unclear"},
		{"reset", "unclear", 0, "unclear"},
		{"cut", "unclear", 1, "unclear"},
		{"undelivered=30005", "failed", 1, "accepted"},
		{"twice", "delivered", 1, "accepted"},
		{"early-receipt", "delivered", 1, "accepted"},
		{"out-of-order", "delivered", 1, "accepted"},
		{"no-receipt", "sent", 1, "accepted"},
		{"unsigned", "sent", 1, "accepted"},
		{"forged", "sent", 1, "accepted"},
	} {
		contact := fmt.Sprintf("+1415555%04d", 1000+i) // what is said of one contact may hold for the next message to it
		id := w.account.call(202, "POST", "/v1/messages", map[string]any{"from": p.number, "to": contact, "content": "simulate " + c.faults}).str("id")
		m := w.account.until("/v1/messages/"+id, hasStatus(c.status))
		attempts := m.list("attempts")
		if len(attempts) != 1 || attempts[0]["outcome"] != c.first {
			t.Errorf("%s: attempts %v, want one that is %s", c.faults, attempts, c.first)
		}
		took := 0
		for _, r := range p.Received() {
			if r.Text == "simulate "+c.faults && r.Answer == "accepted" {
				took++
			}
		}
		if took != c.tries {
			t.Errorf("%s: the provider took it %d times, want %d", c.faults, took, c.tries)
		}
	}
	// Busy for the first tries, then taken.
	id := w.account.call(202, "POST", "/v1/messages", map[string]any{"from": p.number, "to": "+15005550003", "content": "busy number"}).str("id")
	m := w.account.until("/v1/messages/"+id, hasStatus("delivered"))
	if n := len(m.list("attempts")); n != 3 {
		t.Errorf("%d attempts at the busy number, want 3", n)
	}
	if !strings.Contains(p.console.String(), "SendMessage from "+p.number+" to +15005550003: busy, 429") {
		t.Errorf("the console says\n%s", p.console)
	}
}
