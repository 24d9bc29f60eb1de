package infer

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"patchbay/internal/phone"
	"patchbay/internal/service"
	"patchbay/internal/wire"
)

// fixture is what a provider sends, gathered from its documentation.
type fixture struct {
	Provider  string
	PublicURL string `json:"public_url"`
	Webhooks  []struct {
		Name, Kind string
		Request    struct {
			Method    string
			PathQuery string `json:"path_query"`
			Headers   map[string]string
			BodyRaw   string `json:"body_raw"`
		}
		Expect    *want
		ExpectAll []want `json:"expect_all"`
	}
}

type want struct {
	From, To, Content, MessageID, Status *string
	URLs                                 []string
}

func readFixture(t testing.TB, provider string) (captures []Capture, wants [][]want) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("../service/testdata/fixtures", provider+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var f fixture
	if err := json.Unmarshal(data, &f); err != nil {
		t.Fatal(err)
	}
	public, err := url.Parse(f.PublicURL)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range f.Webhooks {
		expect := w.ExpectAll
		if expect == nil && w.Expect != nil {
			expect = []want{*w.Expect}
		}
		if w.Kind == "ignored" || len(expect) == 0 {
			continue
		}
		c := Capture{Name: w.Name, Request: wire.Request{Method: w.Request.Method, Header: http.Header{}, Body: []byte(w.Request.BodyRaw)}}
		c.Request.URL = public.Scheme + "://" + public.Host + w.Request.PathQuery
		for k, v := range w.Request.Headers {
			c.Request.Header.Set(k, v)
		}
		captures, wants = append(captures, c), append(wants, expect)
	}
	return captures, wants
}

// ours is the numbers that the fixture's messages are for.
func ours(wants [][]want) (out []string) {
	for _, events := range wants {
		for _, w := range events {
			if w.Status == nil && w.To != nil {
				n, err := phone.Parse(*w.To, "US")
				if err == nil && !slices.Contains(out, n) {
					out = append(out, n)
				}
			}
		}
	}
	return out
}

// tally is how much of what a provider's callbacks say the drafted models find.
type tally map[string][2]int

func (c tally) count(what string, found bool) {
	n := c[what]
	n[1]++
	if found {
		n[0]++
	}
	c[what] = n
}

func (c tally) String() string {
	var out []string
	for _, what := range []string{"read", "from", "to", "content", "urls", "messageid", "status"} {
		if n := c[what]; n[1] > 0 {
			out = append(out, fmt.Sprintf("%s %d/%d", what, n[0], n[1]))
		}
	}
	return strings.Join(out, ", ")
}

func measure(t *testing.T, provider string, withNumbers bool) (tally, Result) {
	captures, wants := readFixture(t, provider)
	o := Options{ID: provider}
	if withNumbers {
		o.Numbers = ours(wants)
	}
	r := Infer(captures, o)
	s, problems := service.Check(r.File)
	if s == nil {
		t.Fatalf("the draft does not pass: %v\n%s", problems, r.File)
	}
	b, err := s.Bind(nil)
	if err != nil {
		t.Fatal(err)
	}
	found := tally{}
	for i, c := range captures {
		reading := b.Read(&service.Callback{Request: c.Request, Now: now})
		found.count("read", !reading.Unmatched && len(reading.Events) > 0)
		for j, w := range wants[i] {
			var e service.Event
			if j < len(reading.Events) {
				e = reading.Events[j]
			}
			number := func(what, got string, want *string) {
				if want != nil && *want != "" {
					n, err := phone.Parse(*want, "")
					if err != nil {
						n = *want
					}
					found.count(what, strings.TrimPrefix(got, "+") == strings.TrimPrefix(n, "+"))
				}
			}
			number("from", e.From, w.From)
			number("to", e.To, w.To)
			if w.Content != nil && w.Status == nil && *w.Content != "" {
				found.count("content", e.Content == *w.Content)
			}
			if w.MessageID != nil {
				found.count("messageid", e.MessageID == *w.MessageID)
			}
			if len(w.URLs) > 0 {
				all := len(e.Files) > 0
				for _, u := range w.URLs {
					all = all && slices.ContainsFunc(e.Files, func(f service.File) bool { return f.URL == u })
				}
				found.count("urls", all)
			}
			if w.Status != nil {
				status, receipt := e.Status()
				found.count("status", receipt && string(status) == *w.Status)
			}
		}
	}
	return found, r
}

// What the drafts find of the callbacks of each provider, by names and looks alone. What they miss, they miss for a reason: a text that is
// percent-encoded a second time or in base64 (bulkvs, clickatell, sinch), an id that only a header has (commio), a receipt that names our
// number as its sender (inteliquent, bulkvs: our numbers tell), an id that is the batch's and not the message's (voxtelesys), and words
// that providers mean in different ways ("queued", "accepted", "unknown", "pending": a draft says "ignore").
var foundIn = map[string]string{
	"bandwidth":       "read 6/6, from 7/7, to 7/7, content 2/2, urls 1/1, messageid 7/7, status 5/5",
	"bird":            "read 5/5, from 5/5, to 5/5, content 2/2, urls 1/1, messageid 5/5, status 3/3",
	"bulkvs":          "read 4/4, from 3/3, to 3/3, content 1/2, urls 1/1, messageid 2/2, status 1/1",
	"clickatell":      "read 9/9, from 8/8, to 8/8, content 1/3, messageid 10/10, status 6/7",
	"clicksend":       "read 7/7, from 3/3, to 3/3, content 2/2, urls 1/1, messageid 7/7, status 4/4",
	"commio":          "read 8/8, from 8/8, to 8/8, content 4/4, urls 2/2, messageid 2/4, status 2/2",
	"flowroute":       "read 6/6, from 3/3, to 3/3, content 3/3, urls 1/1, messageid 6/6, status 3/3",
	"infobip":         "read 8/8, from 10/10, to 10/10, content 4/4, urls 1/1, messageid 10/10, status 5/6",
	"inteliquent":     "read 3/3, from 2/3, to 2/3, content 1/1, urls 1/1, messageid 3/3, status 1/1",
	"messagebird":     "read 8/8, from 3/3, to 8/8, content 3/3, urls 1/1, messageid 8/8, status 5/5",
	"plivo":           "read 10/10, from 10/10, to 10/10, content 3/3, urls 2/2, messageid 10/10, status 6/7",
	"questblue":       "read 4/4, from 4/4, to 4/4, content 3/3, urls 1/1",
	"signalwire":      "read 6/6, from 6/6, to 6/6, content 2/2, urls 1/1, messageid 6/6, status 4/4",
	"sinch":           "read 8/8, from 3/3, to 8/8, content 2/3, urls 1/1, messageid 8/8, status 5/5",
	"skyetel":         "read 3/3, from 3/3, to 3/3, content 3/3, urls 1/1",
	"telnyx":          "read 7/7, from 7/7, to 7/7, content 3/3, urls 2/2, messageid 7/7, status 4/4",
	"twilio":          "read 8/8, from 8/8, to 8/8, content 2/2, urls 2/2, messageid 8/8, status 5/5",
	"voipms":          "read 6/6, from 6/6, to 6/6, content 6/6, urls 3/3, messageid 6/6",
	"vonage_messages": "read 8/8, from 8/8, to 8/8, content 2/2, urls 2/2, messageid 8/8, status 5/5",
	"vonage_sms":      "read 13/13, from 13/13, to 13/13, content 6/6, messageid 13/13, status 6/7",
	"voxtelesys":      "read 8/8, from 3/3, to 8/8, content 2/2, urls 1/1, messageid 1/6, status 4/5",
}

func TestDraftsFindWhatProvidersSay(t *testing.T) {
	names, err := filepath.Glob("../service/testdata/fixtures/*.json")
	if err != nil || len(names) < 20 {
		t.Fatal("no fixtures", err)
	}
	all := tally{}
	for _, name := range names {
		provider := strings.TrimSuffix(filepath.Base(name), ".json")
		found, r := measure(t, provider, false)
		if got := found.String(); got != foundIn[provider] {
			t.Errorf("%s:\n got %s\nwant %s", provider, got, foundIn[provider])
		}
		for _, u := range r.Unread {
			t.Errorf("%s: %s is not read: %s", provider, u.Capture, u.Reason)
		}
		for what, n := range found {
			all[what] = [2]int{all[what][0] + n[0], all[what][1] + n[1]}
		}
	}
	for what, least := range map[string]int{"read": 100, "from": 98, "to": 98, "content": 90, "urls": 98, "messageid": 90, "status": 90} {
		if n := all[what]; n[0]*100 < least*n[1] {
			t.Errorf("%s: %d of %d, less than %d%%", what, n[0], n[1], least)
		}
	}
}
