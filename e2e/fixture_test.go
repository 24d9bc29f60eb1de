package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// fixture is what a provider really sends and expects.
type fixture struct {
	PublicURL string            `json:"public_url"`
	Config    map[string]string `json:"config"`
	Send      map[string]json.RawMessage
	Webhooks  []json.RawMessage
}

type sendCase struct {
	Inputs struct {
		From, To, Content, LocalID string
		URLs                       []string
		Files                      []struct {
			Type   string `json:"content_type"`
			Base64 string
		}
	}
	Request  *wireRequest // absent: the fixture knows only the answer
	Response wireResponse
	ID       string   `json:"messageid"`
	IDs      []string `json:"messageids"`
}

type errorCase struct {
	Name     string
	Response wireResponse
	Expect   struct {
		Error     expectedError
		Retryable bool
	}
}

type webhookCase struct {
	Name, Kind string
	Request    wireRequest
	ExpectAll  []expectation `json:"expect_all"`
	Verify     *proof
	Reply      *struct {
		Status      int
		ContentType *string `json:"content_type"` // absent: any
		Body        *string // absent or empty: any
	}
}

// proof names the members of the config that prove a callback.
type proof struct {
	Secret   string `json:"secret_config"`
	Password string `json:"password_config"`
	Public   string `json:"public_key_config"`
	Valid    bool
}

// secret is the member without which nobody can make the proof: of a public key the private half, which is the test's own.
func (p *proof) secret() string {
	if p.Public != "" {
		return privateHalf
	}
	return p.Secret + p.Password
}

type expectation struct {
	From, To  string
	Content   string
	URLs      []string
	Inline    []struct{ Base64 string } `json:"inline_media"`
	TextParts []string                  `json:"text_parts"` // files that hold the text
	MessageID string
	Status    string
	Error     *expectedError
	Concat    *struct{ Total, Part int } // it is a part of a long text
}

// expectedError is what the provider says of it; where it says nothing the words are ours.
type expectedError struct{ Code, Text *string }

type problem struct{ Code, Text string }

func (e expectedError) is(p problem) bool {
	return (e.Code == nil || *e.Code == p.Code) && (e.Text == nil || *e.Text == p.Text)
}

func (e expectedError) String() string {
	b, _ := json.Marshal(e)
	return string(b)
}

type wireRequest struct {
	Method, URL string
	PathQuery   string `json:"path_query"`
	Headers     map[string]string
	Body        string `json:"body_raw"`
}

type wireResponse struct {
	Status  int
	Headers map[string]string
	Body    string `json:"body_raw"`
}

func (c *webhookCase) isMessage() bool { return c.Kind == "message" || c.Kind == "mms" }

var (
	international = regexp.MustCompile(`^\+?([0-9]{7,15})$`)
	shortCode     = regexp.MustCompile(`^\+?([0-9]{3,6})$`)
)

// kept is a number as we keep it: most providers leave the + out, some the country code of North America, and the fixtures write a +
// before short codes too.
func kept(number string) string {
	if m := shortCode.FindStringSubmatch(number); m != nil {
		return m[1]
	}
	m := international.FindStringSubmatch(number)
	switch {
	case m == nil:
		return number
	case len(number) == 10:
		return "+1" + m[1]
	}
	return "+" + m[1]
}

// otherID is an id of the same form that no other case has.
func (f *fixtureRun) otherID(id string) string {
	*f.ids++
	end := fmt.Sprintf("%04d", *f.ids)
	return id[:max(0, len(id)-len(end))] + end
}

// otherContact is a number of the same form that no other case has, nor the fixture.
func (f *fixtureRun) otherContact(number string) string {
	for {
		*f.ids++
		other := number[:max(0, len(number)-3)] + fmt.Sprintf("%03d", *f.ids)
		if !strings.Contains(f.text, lastDigits(other)) {
			return other
		}
	}
}

func errorOf(m map[string]any) problem {
	e, _ := m["error"].(map[string]any)
	code, _ := e["code"].(string)
	text, _ := e["text"].(string)
	return problem{code, text}
}

// ended are the attempts that have an outcome.
func ended(m map[string]any) []map[string]any {
	return slices.DeleteFunc(list(m["attempts"]), func(a map[string]any) bool { return a["outcome"] == nil })
}

func list(v any) (out []map[string]any) {
	all, _ := v.([]any)
	for _, one := range all {
		out = append(out, one.(map[string]any))
	}
	return out
}

func texts(v any) (out []string) {
	all, _ := v.([]any)
	for _, one := range all {
		out = append(out, one.(string))
	}
	return out
}

// callback makes a provider's request. The address is the public one, or any other that leads to the gateway.
func (g *gateway) callback(method, to string, headers map[string]string, body string) (int, http.Header, string) {
	g.t.Helper()
	r, err := http.NewRequest(method, g.reach(to), strings.NewReader(body))
	if err != nil {
		g.t.Fatal(err)
	}
	for name, value := range headers {
		r.Header.Set(name, value)
	}
	resp, err := g.client.Do(r)
	if err != nil {
		g.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		g.t.Fatal(err)
	}
	return resp.StatusCode, resp.Header, string(b)
}
