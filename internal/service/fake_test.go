package service

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"patchbay/internal/wire"
)

const fakeBase = "http://127.0.0.1:9999"

// fakeOf is a provider of a file of the catalogue.
func fakeOf(t *testing.T, name string, given map[string]string) *Fake {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("../../services", name+".json"))
	if err != nil {
		data, err = os.ReadFile(filepath.Join("../../docs/examples", name+".json"))
	}
	if err != nil {
		t.Fatal(err)
	}
	return fakeOfFile(t, string(data), given)
}

func fakeOfFile(t *testing.T, text string, given map[string]string) *Fake {
	t.Helper()
	s, problems := Parse([]byte(text))
	if s == nil {
		t.Fatal(problems)
	}
	redirected, err := Redirect(s, fakeBase)
	if err != nil {
		t.Fatal(err)
	}
	if s, problems = Check(redirected); s == nil {
		t.Fatalf("redirected, it is refused: %v", problems)
	}
	f, err := NewFake(s, given, fakeBase)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func catalogueNames(t *testing.T) (out []string) {
	t.Helper()
	files, err := filepath.Glob("../../services/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal("no catalogue", err)
	}
	examples, err := filepath.Glob("../../docs/examples/*.json")
	if err != nil || len(examples) == 0 {
		t.Fatal("no examples", err)
	}
	for _, f := range append(files, examples...) {
		out = append(out, strings.TrimSuffix(filepath.Base(f), ".json"))
	}
	return out
}

var fakeNow = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func TestAFakeProviderTakesWhatEachFileOfTheCatalogueSends(t *testing.T) {
	for _, name := range catalogueNames(t) {
		t.Run(name, func(t *testing.T) {
			f := fakeOf(t, name, nil)
			for _, files := range [][]File{nil, {{URL: "https://files.example.com/a.jpg", MediaType: "image/jpeg"}}} {
				for i, text := range []string{"Hello $to$ {{to}}", "é😀 €", `"\ Hi: there`, "0123", strings.Repeat("x", 400)} {
					if len(files) > 0 && !f.SendsFiles() {
						continue
					}
					m := &Sending{ID: fmt.Sprintf("0198f5a0-0000-7000-8000-%012d", i), From: "+14155550100", To: "+14155550123", Text: text, Country: "US", Files: files,
						WebhookURL: "https://us.example/services/x/a1", Extension: "101", Domain: "acme", Segments: 1, Encoding: "gsm7", Created: fakeNow}
					parts, err := f.Parts(m)
					if err != nil {
						t.Fatal(err)
					}
					for part := range parts {
						f.takes(t, m, part, text)
					}
				}
			}
		})
	}
}

func (f *Fake) takes(t *testing.T, m *Sending, part int, text string) {
	t.Helper()
	r, err := f.Request(m, part, Attempt{Now: fakeNow, UUID: "u", Token: fakeToken})
	if err != nil {
		t.Fatal(err)
	}
	o, c := f.Take(r)
	if c != nil {
		t.Fatalf("%s %s %s\nis refused: %q", r.Method, r.URL, r.Body, c.Problems)
	}
	if o.To != m.To || o.From != "" && o.From != m.From || o.ID != "" && o.ID != m.ID || part == 0 && o.Text != text {
		t.Errorf("%s %s is read as %+v", r.URL, r.Body, o)
	}
	for _, want := range []Said{
		{Outcome: "accepted", MessageID: "170000000000000001"}, {Outcome: "refused"}, {Outcome: "busy", RetryAfter: 2}, {Outcome: "unclear"},
	} {
		answer, err := f.Answer(o, want, fakeNow)
		if err != nil {
			t.Errorf("%s: %v", want.Outcome, err)
			continue
		}
		got := f.Response(m, part, answer, fakeNow)
		word := effect{got.Outcome, got.OptedOut, got.AuthFailed}.word()
		if word != want.Outcome || want.Outcome == "accepted" && o.m.reads(slotMessageID) && !slices.Equal(got.MessageIDs, []string{want.MessageID}) {
			t.Errorf("%s: %d %s is read as %+v", want.Outcome, answer.Status, answer.Body, got)
		}
		if want.Outcome == "busy" && got.RetryAfter != 2*time.Second {
			t.Errorf("busy for %v", got.RetryAfter)
		}
	}
	for i := range f.Entries(o) {
		answer, err := f.Answer(o, Said{Entry: i + 1, MessageID: "17"}, fakeNow)
		if err != nil {
			t.Errorf("entry %d: %v", i+1, err)
			continue
		}
		f.Response(m, part, answer, fakeNow)
	}
}

func TestAFakeProviderSaysWhatEachFileOfTheCatalogueReads(t *testing.T) {
	picture := []File{{URL: fakeBase + "/sample.png", MediaID: "sample.png", Name: "sample.png", MediaType: "image/png", Data: []byte("\x89PNG\r\n\x1a\n")}}
	const ours, contact = "+14155550100", "+14155550123"
	for _, name := range catalogueNames(t) {
		t.Run(name, func(t *testing.T) {
			f := fakeOf(t, name, nil)
			hook := "https://us.example/services/" + name + "/a1"
			for what, e := range map[string]Emission{
				"text":    {Type: EventMessage, From: contact, To: ours, Text: "yes $to$ 0123 é😀"},
				"mms":     {Type: EventMessage, From: contact, To: ours, Text: "Look", Files: picture},
				"receipt": {Type: EventDelivered, From: ours, To: contact},
				"sent":    {Type: EventSent, From: ours, To: contact},
				"failed":  {Type: EventFailed, From: ours, To: contact, ErrorCode: "30008", ErrorText: "simulated"},
			} {
				e.MessageID, e.ID = "170000000000000001", "0198f5a0-0000-7000-8000-000000000001"
				r, err := f.Callback(e, hook, fakeNow)
				if !f.Tells(e.Type, len(e.Files) > 0) {
					if err == nil || !strings.Contains(err.Error(), "no model of the file reads") {
						t.Errorf("%s, which it never tells: %v", what, err)
					}
					continue
				}
				if err != nil {
					t.Errorf("%s: %v", what, err)
					continue
				}
				cb := &Callback{Request: *r, Now: fakeNow, Numbers: NewNumbers([]Number{{Value: ours, Country: "US"}}), RemoteIP: "127.0.0.1"}
				if err := f.Verify(cb); err != nil {
					t.Errorf("%s: %v", what, err)
				}
				for _, e.Proof = range []Proof{Unsigned, Forged} {
					r, err := f.Callback(e, hook, fakeNow)
					switch {
					case !f.Verifies() && err == nil:
						t.Errorf("%s: a file without verification has a forged callback", what)
					case !f.Verifies():
					case err != nil:
						t.Errorf("%s, proof %d: %v", what, e.Proof, err)
					case f.Verify(&Callback{Request: *r, Now: fakeNow, RemoteIP: "127.0.0.1"}) == nil:
						t.Errorf("%s, proof %d: it verifies", what, e.Proof)
					}
				}
			}
		})
	}
}

func TestTheGapsOfEveryFileOfTheCatalogueAreKnown(t *testing.T) {
	for _, name := range catalogueNames(t) {
		for _, gap := range fakeOf(t, name, nil).Gaps(fakeNow) {
			if gap.Pointer == "/auth" && strings.Contains(gap.Message, "signed") {
				continue
			}
			t.Errorf("%s: %s", name, gap)
		}
	}
}

const callsFile = `{"id": "calls", "properties": ["Client", "Secret", "User"], AUTH,
  "API": {
    "request_url": "https://api.example.com",
    "UploadFile": {"request_url": "/files", "request_content_type": "multipart/form-data", "request_parameters": {"f": "$file$", "name": "$filename$"}, "response_map": {"file": {"id": "$mediaid$"}}},
    "Login": {"request_url": "/session", "request_parameters": {"user": "$User$"}, "response_map": {"key": "$token$", "seconds": "$expires_in?$"}},
    "CheckCredentials": {"request_method": "GET", "request_url": "/me"},
    "SendMessage": {"request_url": "/sms?v=2", "request_parameters": {"from": "$from$", "to": "$to$", "text": "$text?$", "file": "$mediaid?$"}, "response_map": {"id": "$messageid$"}}}}`

func TestAFakeProviderAnswersCallsAndHandsOutTokens(t *testing.T) {
	for auth, takes := range map[string]func(*testing.T, *Fake){
		`"auth": {"type": "Login"}`: func(t *testing.T, f *Fake) {
			if got := f.called(t, Login); got.Values["token"] != fakeToken || got.Values["expires_in"] != "3600" {
				t.Errorf("signing in gave %+v", got)
			}
		},
		`"OAuth2": {"client_id": "$Client$", "client_secret": "$Secret$", "flow_type": {"default": "1"}, "token_endpoint": "https://login.example.com/token"}`: func(t *testing.T, f *Fake) {
			r, err := f.Service.auth.oauth2.ask(f.Bound, Grant{})
			if err != nil || !strings.HasPrefix(r.URL, fakeBase+"/") {
				t.Fatalf("asked at %v: %v", r, err)
			}
			if a := f.TakeToken(r); a == nil || a.Status != 200 || !strings.Contains(string(a.Body), fakeToken) {
				t.Errorf("the token is %+v", a)
			}
			r.Body = []byte(strings.Replace(string(r.Body), "simulated-secret", "x", 1))
			if a := f.TakeToken(r); a == nil || a.Status != 401 {
				t.Errorf("another secret is answered with %+v", a)
			}
		},
		`"OAuth2": {"client_id": "$Client$", "client_secret": "$Secret$", "authorization_endpoint": "https://login.example.com/go", "token_endpoint": "https://login.example.com/token"}`: func(t *testing.T, f *Fake) {
			u, err := f.AuthorizeURL("https://us.example/oauth/callback", "st", "ch")
			if err != nil {
				t.Fatal(err)
			}
			a := f.TakeToken(&wire.Request{Method: "GET", URL: u})
			if a == nil || a.Status != 302 || a.Header.Get("Location") != "https://us.example/oauth/callback?code="+fakeCode+"&state=st" {
				t.Fatalf("a person is sent to %+v", a)
			}
			for _, g := range []Grant{{Code: fakeCode, Verifier: "v", RedirectURI: "https://us.example/oauth/callback"}, {Refresh: fakeRefresh}, {Code: "another"}, {Refresh: "another"}} {
				r, err := f.Service.auth.oauth2.ask(f.Bound, g)
				if err != nil {
					t.Fatal(err)
				}
				right := g.Code == fakeCode || g.Refresh == fakeRefresh
				if a := f.TakeToken(r); a == nil || (a.Status == 200) != right {
					t.Errorf("%+v is answered with %+v", g, a)
				}
			}
		},
		`"auth": {"type": "HMAC", "algorithm": "sha256", "key": "$Secret$", "over": "$header.x-time$.$body$", "headers": {"X-Time": "$timestamp|unix$", "X-Sign": "$signature|hex$"}}`: func(t *testing.T, f *Fake) {
			r, err := f.Call(CheckCredentials, Calling{}, Attempt{Now: fakeNow})
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Del("X-Sign")
			if _, c := f.Take(r); c == nil || c.Status != 401 || !strings.Contains(c.Problems[0], "X-Sign") {
				t.Errorf("without a signature: %+v", c)
			}
		},
	} {
		f := fakeOfFile(t, strings.Replace(callsFile, "AUTH", auth, 1), nil)
		takes(t, f)
		f.called(t, CheckCredentials)
		if got := f.called(t, UploadFile); got.Values["mediaid"] == "" {
			t.Errorf("an upload gave %+v", got)
		}
		f.takes(t, &Sending{ID: "1", From: "+15550001111", To: "+15550002222", Text: "Hi", Country: "US"}, 0, "Hi")
	}
}

func TestAFakeProviderHasTheFilesThatContinueItsAddress(t *testing.T) {
	f := fakeOfFile(t, `{"id": "x", "API": {"request_url": "https://api.example.com/v1/", "GetFile": {"hosts": ["api.example.com"], "request_url": "/media/$mediaid$"}}}`, nil)
	from, err := f.FileSource(File{MediaID: "m1"}, Attempt{})
	if err != nil {
		t.Fatal(err)
	}
	if id, a := f.TakeFile(&wire.Request{Method: "GET", URL: from.URL}, ""); id != "m1" || a == nil || a.Status != 200 {
		t.Errorf("%s is answered with %q, %+v", from.URL, id, a)
	}
}

// called makes a call of the fake provider.
func (f *Fake) called(t *testing.T, name string) Called {
	t.Helper()
	c := Calling{Sending: Sending{ID: "1", Files: []File{{URL: "https://files.example.com/a.png", Name: "a.png", MediaType: "image/png", Data: []byte("\x89PNG\r\n\x1a\n")}}}}
	r, err := f.Call(name, c, Attempt{Now: fakeNow, UUID: "u", Token: fakeToken})
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	o, complaint := f.Take(r)
	if complaint != nil || o.Method != name || o.IsSend() {
		t.Fatalf("%s %s %s is taken as %+v, %+v", name, r.URL, r.Body, o, complaint)
	}
	if name == UploadFile && o.Bytes != 8 {
		t.Errorf("a file of %d bytes came", o.Bytes)
	}
	answer, err := f.Answer(o, Said{Outcome: "accepted"}, fakeNow)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	got := f.Called(name, c, answer, fakeNow)
	if got.Outcome != "accepted" {
		t.Errorf("%s: %s is read as %+v", name, answer.Body, got)
	}
	return got
}
