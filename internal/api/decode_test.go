package api

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"

	"patchbay/internal/fault"
)

// Texts that have broken gateways, and what the rest of the program sees of them.
var nasty = []struct{ name, text, want string }{
	{"a word of YAML", "yes", "yes"},
	{"a leading zero", "0123", "0123"},
	{"null of YAML", "~", "~"},
	{"a mapping of YAML", "Hi: there", "Hi: there"},
	{"a variable", "$to$", "$to$"},
	{"a mustache", "{{to}}", "{{to}}"},
	{"a property", "$API key$", "$API key$"},
	{"a quote", `"`, `"`},
	{"a backslash", `\`, `\`},
	{"an accent", "é", "é"},
	{"outside the BMP", "😀", "😀"},
	{"a currency", "€", "€"},
	{"nothing", "", ""},
	{"long", strings.Repeat("a", 1600), strings.Repeat("a", 1600)},
	{"U+0000", "a\x00b", "a\uFFFDb"},
	{"a stray byte", "a\xffb", "a\uFFFDb"},
	{"a backslash and u0000", `\u0000`, `\u0000`},
}

func TestTextsAreDecidedOnceAtTheDoor(t *testing.T) {
	for _, c := range nasty {
		t.Run(c.name, func(t *testing.T) {
			body := []byte(`{"content":` + quoted(c.text) + `}`)
			var in struct {
				Content string `json:"content"`
			}
			if err := unmarshal(body, &in); err != nil {
				t.Fatalf("%s: %v", body, err)
			}
			if in.Content != c.want {
				t.Errorf("got %q, want %q", in.Content, c.want)
			}
			if got := clean(c.text); got != c.want {
				t.Errorf("clean: got %q, want %q", got, c.want)
			}
		})
	}
}

// quoted writes a JSON string that keeps stray bytes, as careless clients do.
func quoted(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c == 0:
			b.WriteString(`\u0000`)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

func TestLoneSurrogatesBecomeReplacementCharacters(t *testing.T) {
	var in struct {
		Content string `json:"content"`
	}
	if err := unmarshal([]byte(`{"content":"a\ud83db"}`), &in); err != nil || in.Content != "a\uFFFDb" {
		t.Errorf("got %q, %v", in.Content, err)
	}
}

func TestAWrongTypeIsNamed(t *testing.T) {
	type nested struct {
		Name string `json:"name"`
	}
	type body struct {
		Text string            `json:"text"`
		N    int               `json:"n"`
		On   bool              `json:"on"`
		List []string          `json:"list"`
		In   nested            `json:"in"`
		Map  map[string]string `json:"map"`
	}
	for _, c := range []struct {
		body, pointer, message string
	}{
		{`{"text":1}`, "/text", "must be a string, not a number"},
		{`{"text":["a"]}`, "/text", "must be a string, not a list"},
		{`{"n":"1"}`, "/n", "must be a number, not a string"},
		{`{"n":1e400}`, "/n", "must be a number of a sensible size"},
		{`{"n":1.5}`, "/n", "must be a number of a sensible size"},
		{`{"on":"true"}`, "/on", "must be true or false, not a string"},
		{`{"list":"a"}`, "/list", "must be a list, not a string"},
		{`{"list":["a",2]}`, "/list/1", "must be a string, not a number"},
		{`{"in":"a"}`, "/in", "must be an object, not a string"},
		{`{"in":{"name":{}}}`, "/in/name", "must be a string, not an object"},
		{`{"map":{"a/b":1}}`, "/map/a~1b", "must be a string, not a number"},
	} {
		var in body
		err := unmarshal([]byte(c.body), &in)
		var f *fault.Error
		if !errors.As(err, &f) || f.Code != fault.Invalid || f.Field != c.pointer || f.Message != c.message {
			t.Errorf("%s: got %v, want %s: %s", c.body, err, c.pointer, c.message)
		}
		if statusOf(err) != http.StatusUnprocessableEntity {
			t.Errorf("%s: status %d", c.body, statusOf(err))
		}
	}
}

func TestWhatIsNotAnObjectIsABadRequest(t *testing.T) {
	for _, body := range []string{"", "  ", "{", `{"a":}`, `{"a":1}x`, `[1]`, `"a"`, "12", "null x", "\x00", `{"a":"` + "\n" + `"}`} {
		var in struct {
			A int `json:"a"`
		}
		if err := unmarshal([]byte(body), &in); statusOf(err) != http.StatusBadRequest {
			t.Errorf("%q: got %d (%v), want 400", body, statusOf(err), err)
		}
	}
}

func TestUnknownMembersAreIgnoredAndTheLastOfTwoCounts(t *testing.T) {
	var in struct {
		A string `json:"a"`
	}
	if err := unmarshal([]byte(`{"role":"account","A":"no","a":"first","a":"last"}`), &in); err != nil || in.A != "last" {
		t.Errorf("got %q, %v", in.A, err)
	}
}

func TestABodyIsReadWholeOrRefused(t *testing.T) {
	const limit = 10
	for _, c := range []struct {
		name    string
		request *http.Request
		want    int // 0: read
	}{
		{"as announced", httptest.NewRequest("POST", "/", strings.NewReader("0123456789")), 0},
		{"announced too large", httptest.NewRequest("POST", "/", strings.NewReader("0123456789x")), 413},
		{"chunked too large", chunked(iotest.OneByteReader(strings.NewReader("0123456789x"))), 413},
		{"chunked", chunked(iotest.OneByteReader(strings.NewReader("0123456789"))), 0},
		{"broken off", chunked(iotest.TimeoutReader(strings.NewReader("0123"))), 400},
	} {
		b, err := readBody(httptest.NewRecorder(), c.request, limit)
		if c.want == 0 {
			if err != nil || string(b) != "0123456789" {
				t.Errorf("%s: got %q, %v", c.name, b, err)
			}
			continue
		}
		if err == nil || statusOf(err) != c.want {
			t.Errorf("%s: got %v, want status %d", c.name, err, c.want)
		}
	}
}

func chunked(body interface{ Read([]byte) (int, error) }) *http.Request {
	r := httptest.NewRequest("POST", "/", body)
	r.ContentLength = -1
	return r
}

func TestDeepAndWideBodiesCostLittle(t *testing.T) {
	for name, body := range map[string]string{
		"deep": strings.Repeat(`{"a":`, 100_000) + "1" + strings.Repeat("}", 100_000),
		"wide": `{` + strings.Repeat(`"k":1,`, 150_000) + `"k":1}`,
	} {
		var in struct {
			B string `json:"b"`
		}
		err := unmarshal([]byte(body), &in)
		if name == "deep" && statusOf(err) != http.StatusBadRequest {
			t.Errorf("%s: got %v", name, err)
		}
		if name == "wide" && err != nil {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestLooseTakesTextAndNumbersAndNothingElse(t *testing.T) {
	type body struct {
		ID loose `json:"id"`
	}
	for _, c := range []struct {
		body string
		want loose
		ok   bool
	}{
		{`{"id":"17"}`, "17", true},
		{`{"id":17629027527954336546}`, "17629027527954336546", true}, // every digit
		{`{"id":null}`, "", true},
		{`{"id":" 17 "}`, "17", true},
		{`{}`, "", true},
		{`{"id":true}`, "", false},
		{`{"id":["17"]}`, "", false},
	} {
		var in body
		err := unmarshal([]byte(c.body), &in)
		if (err == nil) != c.ok || c.ok && in.ID != c.want {
			t.Errorf("%s: got %q, %v", c.body, in.ID, err)
		}
		if !c.ok && statusOf(err) != http.StatusUnprocessableEntity {
			t.Errorf("%s: status %d", c.body, statusOf(err))
		}
	}
}

func TestEveryFaultHasItsStatus(t *testing.T) {
	for code, want := range map[fault.Code]int{
		fault.Invalid: 422, fault.Unauthenticated: 401, fault.Forbidden: 403, fault.NotFound: 404,
		fault.Conflict: 409, fault.TooLarge: 413, fault.Unavailable: 503, fault.Internal: 500, "new": 500,
	} {
		if got := statusOf(fault.New(code, "", "x")); got != want {
			t.Errorf("%s: got %d, want %d", code, got, want)
		}
	}
	if got := statusOf(errors.New("disk on fire")); got != 500 {
		t.Errorf("an unknown error: %d", got)
	}
}

func TestAPageIsWithinItsLimits(t *testing.T) {
	for _, c := range []struct {
		query string
		limit int
		ok    bool
	}{
		{"", 50, true}, {"limit=1", 1, true}, {"limit=200", 200, true},
		{"limit=201", 0, false}, {"limit=0", 0, false}, {"limit=-1", 0, false}, {"limit=x", 0, false}, {"limit=1e2", 0, false},
	} {
		at, err := page(httptest.NewRequest("GET", "/?"+c.query, nil))
		if (err == nil) != c.ok || c.ok && at.Limit != c.limit {
			t.Errorf("%q: got %d, %v", c.query, at.Limit, err)
		}
	}
	if at, err := page(httptest.NewRequest("GET", "/?cursor=a%00%ffb", nil)); err != nil || at.Cursor != "a\uFFFD\uFFFDb" {
		t.Errorf("cursor %q, %v", at.Cursor, err)
	}
}

func TestTheHotAnswerIsJSON(t *testing.T) {
	var got map[string]string
	if err := json.Unmarshal(appendAccepted(nil, "0198", "queued"), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"id": "0198", "status": "queued"}, got); diff != "" {
		t.Error(diff)
	}
}

func FuzzUnmarshal(f *testing.F) {
	for _, c := range nasty {
		f.Add([]byte(`{"content":` + quoted(c.text) + `}`))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var in messageInput
		if err := unmarshal(body, &in); err != nil {
			if s := statusOf(err); s != 400 && s != 422 {
				t.Errorf("%q: status %d (%v)", body, s, err)
			}
			return
		}
		for _, text := range append(in.URLs, in.Content, in.From, in.To) {
			if clean(text) != text {
				t.Errorf("%q let through %q", body, text)
			}
		}
	})
}
