package e2e

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"maps"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
)

const (
	ourNumber = "+61123456789"
	theirs    = "+61855555555"
	asJSON    = `{"result": {}}` // what a provider hears to JSON that is kept
)

// flatFile reads messages whose members stand at the top, in any format; sending is not what it is for.
func flatFile(id string) string {
	return `{"id": "` + id + `", "name": "Flat", "class": "sms", "properties": [], "API": {},
		"Webhook": [{"event_type": "message", "request_parameters": {"from": "$from$", "to": "$to$", "text": "$content$"}}]}`
}

// onBaseFile is a gateway with a team on the base format, whose provider takes everything.
func onBaseFile(t *testing.T, args ...string) (*gateway, *provider, team) {
	p := newProvider(t, answerJSON(`{"data":{"id":"m1"}}`))
	g := newGateway(t, p.host(), args...)
	g.call(200, "PUT", "/v1/services/YourService", baseFile("YourService", p.URL))
	return g, p, g.newTeam("acme", "YourService", map[string]string{"API key": "k"}, ourNumber)
}

// says posts JSON and wants the answer to a callback that is kept.
func (g *gateway) says(url, body string) {
	g.t.Helper()
	status, header, got := g.callback("POST", url, map[string]string{"Content-Type": "application/json"}, body)
	if status != 200 || got != asJSON || header.Get("Content-Type") != "application/json" {
		g.t.Errorf("%.100s\nwas answered %d %q %q, want 200 %q as JSON", body, status, header.Get("Content-Type"), got, asJSON)
	}
}

// newest is the callback that came last, in full.
func (g *gateway) newest() map[string]any {
	g.t.Helper()
	data := list(g.call(200, "GET", "/v1/callbacks?limit=1", nil).json["data"])
	if len(data) == 0 {
		return nil
	}
	return g.call(200, "GET", "/v1/callbacks/"+data[0]["id"].(string), nil).json
}

func textFrom(from, to, text string) string {
	return fmt.Sprintf(`{"method":"message","params":{"from":%q,"to":%q,"content":%s}}`, from, to, text)
}

func TestWhoIsNotThereIsAnsweredAlike(t *testing.T) {
	t.Parallel()
	g, p, tm := onBaseFile(t)
	account := tm.webhook[strings.LastIndex(tm.webhook, "/a")+2:]
	g.call(200, "PUT", "/v1/services/Off", baseFile("Off", p.URL))
	off := g.newTeam("bravo", "Off", map[string]string{"API key": "k"}, "+61123456781")
	g.call(200, "PUT", "/v1/organizations/"+off.org+"/integrations/Off", map[string]any{"enabled": false})
	g.call(200, "PUT", "/v1/services/Keyed", baseFile("Keyed", p.URL))
	keyed := g.newTeam("charlie", "Keyed", map[string]string{"API key": "k"}, "+61123456782")
	const door = "abcdefghijklmnop0123"
	withKey := g.call(200, "PUT", "/v1/organizations/"+keyed.org+"/integrations/Keyed", map[string]any{"key": door}).str("webhook_url")
	if withKey != keyed.webhook+"/"+door {
		t.Errorf("the URL with a key is %s", withKey)
	}
	g.call(200, "PUT", "/v1/services/Nobody", baseFile("Nobody", p.URL))

	nowhere := map[string]string{
		"an unknown service":          g.url() + "/services/Unknown/a" + account,
		"a service that nobody has":   g.url() + "/services/Nobody/a" + account,
		"the catalogue's":             g.url() + "/services/twilio/a" + account,
		"an unknown account":          g.url() + "/services/YourService/a" + strings.Repeat("0", 32),
		"an account without its a":    g.url() + "/services/YourService/" + account,
		"an account in capitals":      g.url() + "/services/YourService/a" + strings.ToUpper(account) + "F",
		"half an account":             tm.webhook[:len(tm.webhook)-16],
		"no account":                  g.url() + "/services/YourService/a",
		"an account that is no text":  g.url() + "/services/YourService/a%ff%00%0d%0a",
		"a key where there is none":   tm.webhook + "/" + door,
		"an integration that is off":  off.webhook,
		"no key where there is one":   keyed.webhook,
		"a wrong key":                 withKey[:len(withKey)-1] + "x",
		"a longer key":                withKey + "x",
		"a wrong key as a parameter":  keyed.webhook + "?key=" + door[:len(door)-1],
		"an empty key as a parameter": keyed.webhook + "?key=",
	}
	for i := range account { // its neighbours
		c := byte('0')
		if account[i] == '0' {
			c = 'f'
		}
		nowhere[fmt.Sprintf("neighbour %d", i)] = g.url() + "/services/YourService/a" + account[:i] + string(c) + account[i+1:]
	}
	var first http.Header
	for what, url := range nowhere {
		for _, r := range []struct{ method, kind, body string }{
			{"POST", "application/json", textFrom(theirs, ourNumber, `"x"`)}, {"GET", "", ""}, {"PUT", "text/plain", "x"},
		} {
			status, header, body := g.callback(r.method, url, map[string]string{"Content-Type": r.kind}, r.body)
			header.Del("Date")
			if first == nil {
				first = header
			}
			if status != 404 || body != "not found\n" || fmt.Sprint(header) != fmt.Sprint(first) {
				t.Errorf("%s, %s: %d %q %v\nwant 404 %q %v", what, r.method, status, body, header, "not found\n", first)
			}
		}
	}
	if kept := g.all("/v1/callbacks?limit=50"); len(kept) != 0 {
		t.Errorf("they are kept: %v", kept)
	}

	g.says(withKey, textFrom(theirs, "+61123456782", `"by path"`))
	g.says(keyed.webhook+"?key="+door, textFrom(theirs, "+61123456782", `"by query"`))
	g.call(200, "PUT", "/v1/organizations/"+off.org+"/integrations/Off", map[string]any{"enabled": true})
	g.says(off.webhook, textFrom(theirs, "+61123456781", `"on again"`))
	g.only(3, "/v1/messages?direction=inbound&limit=50")
	g.call(200, "DELETE", "/v1/organizations/"+off.org+"/integrations/Off", nil)
	if status, _, body := g.callback("POST", off.webhook, nil, "x"); status != 404 || body != "not found\n" {
		t.Errorf("an integration that is gone answered %d %q", status, body)
	}
}

func TestEveryKindOfCallbackHasItsAnswer(t *testing.T) {
	t.Parallel()
	g, _, tm := onBaseFile(t)
	g.call(200, "PUT", "/v1/services/Flat", flatFile("Flat"))
	flat := g.newTeam("bravo", "Flat", nil, "+61123456781")
	message := textFrom(theirs, ourNumber, `"hello"`)
	parts, boundary := aForm(t, map[string]string{"from": theirs, "to": "+61123456781", "text": "in parts"})
	nested, _ := aForm(t, map[string]string{"method": "message"})

	const (
		nothing   = "" // not kept
		done      = "done"
		unmatched = "unmatched"
	)
	for _, c := range []struct {
		name, method, url, kind, body string
		want, answer, reason          string
	}{
		{"a message", "POST", tm.webhook, "application/json", message, done, asJSON, ""},
		{"a message with its charset", "POST", tm.webhook, "application/json; charset=utf-8", message, done, asJSON, ""},
		{"JSON by another name", "POST", tm.webhook, "application/vnd.provider+json", message, done, asJSON, ""},
		{"JSON as text", "POST", tm.webhook, "text/plain", message, done, "", ""},
		{"JSON as a form", "POST", tm.webhook, "application/x-www-form-urlencoded", message, done, "", ""},
		{"JSON without a type", "POST", tm.webhook, "", message, done, "", ""},
		{"JSON under nonsense", "POST", tm.webhook, ";;;", message, done, "", ""},
		{"a form", "POST", flat.webhook, "application/x-www-form-urlencoded", "from=%2B61855555555&to=%2B61123456781&text=a+form", done, "", ""},
		{"a query", "GET", flat.webhook + "?from=61855555555&to=61123456781&text=a%20query", "", "", done, "", ""},
		{"multipart", "POST", flat.webhook, boundary, parts, done, "", ""},
		{"XML", "POST", flat.webhook, "text/xml", "<sms><from>+61855555555</from><to>+61123456781</to><text>xml</text></sms>", unmatched, "", "no model reads it"},

		{"an unknown number", "POST", tm.webhook, "application/json", textFrom(theirs, "+61000000000", `"x"`), unmatched, asJSON, `"+61000000000"`},
		{"a number of another service", "POST", tm.webhook, "application/json", textFrom(theirs, "+61123456781", `"x"`), unmatched, asJSON, `"+61123456781"`},
		{"no number", "POST", tm.webhook, "application/json", `{"method":"message","params":{"from":"+61855555555","content":"x"}}`, unmatched, asJSON, "no model reads it"},
		{"an unknown kind", "POST", tm.webhook, "application/json", `{"method":"teleport","params":{}}`, unmatched, asJSON, `: /request_parameters/method: wants $event_key$ to be `},
		{"half of JSON", "POST", tm.webhook, "application/json", message[:40], unmatched, asJSON, "JSON"},
		{"two JSON texts", "POST", tm.webhook, "application/json", message + message, unmatched, asJSON, "JSON"},
		{"a form as JSON", "POST", tm.webhook, "application/json", "method=message&from=1", unmatched, asJSON, "no model reads it"},
		{"a form", "POST", tm.webhook, "application/x-www-form-urlencoded", "method=message&from=1", unmatched, "", "no model reads it"},
		{"multipart", "POST", tm.webhook, boundary, nested, unmatched, "", ""},
		{"multipart without a boundary", "POST", tm.webhook, "multipart/form-data", parts, unmatched, "", ""},
		{"multipart that ends early", "POST", tm.webhook, boundary, parts[:60], unmatched, "", ""},
		{"broken XML", "POST", tm.webhook, "text/xml", "<a><b>", unmatched, "", ""},
		{"XML that declares things", "POST", tm.webhook, "text/xml", `<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>`, unmatched, "", ""},
		{"bytes", "POST", tm.webhook, "application/octet-stream", "\x00\x01\xfe\xff", unmatched, "", ""},
		{"a number", "POST", tm.webhook, "application/json", "12345678901234567890", unmatched, asJSON, "no model reads it"},
		{"null", "POST", tm.webhook, "application/json", "null", unmatched, asJSON, ""},
		{"a list of nothing", "POST", tm.webhook, "application/json", "[]", unmatched, asJSON, ""},
		{"GET where POST is expected", "GET", tm.webhook + "?method=message&from=1", "", "", unmatched, "", "no model reads it"},
		{"PUT where POST is expected", "PUT", tm.webhook, "application/json", message, unmatched, asJSON, "no model reads it"},
		{"DELETE", "DELETE", tm.webhook, "application/json", message, unmatched, asJSON, "no model reads it"},

		{"HEAD", "HEAD", tm.webhook, "", "", nothing, "", ""},
		{"HEAD with a query", "HEAD", tm.webhook + "?a=b", "", "", nothing, "", ""},
		{"nothing", "POST", tm.webhook, "application/json", "", nothing, "", ""},
		{"white space", "POST", tm.webhook, "text/plain", " \r\n\t", nothing, "", ""},
		{"a bare GET", "GET", tm.webhook, "", "", nothing, "", ""},
		{"a GET with our own parameter", "GET", tm.webhook + "?number=%2B61123456789", "", "", nothing, "", ""},
	} {
		before := len(g.all("/v1/callbacks?limit=200"))
		status, header, body := g.callback(c.method, c.url, map[string]string{"Content-Type": c.kind}, c.body)
		if status != 200 || body != c.answer || header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: answered %d %q, want 200 %q", c.name, status, body, c.answer)
		}
		kept := len(g.all("/v1/callbacks?limit=200")) - before
		if c.want == nothing {
			if kept != 0 {
				t.Errorf("%s: it is kept", c.name)
			}
			continue
		}
		one := g.newest()
		if reason, _ := one["reason"].(string); kept != 1 || one["state"] != c.want || !strings.Contains(reason, c.reason) || (reason == "") != (c.want == done) {
			t.Errorf("%s: kept %d, %v because %q; want %s because …%s…", c.name, kept, one["state"], one["reason"], c.want, c.reason)
		}
		if rawBody(t, one) != c.body || one["method"] != c.method || one["url"] != c.url {
			t.Errorf("%s: kept as %v %v %q", c.name, one["method"], one["url"], rawBody(t, one))
		}
	}
	for _, one := range g.all("/v1/callbacks?unmatched=true&limit=200") {
		if one["state"] != unmatched || one["reason"] == "" || one["service"] == "" || one["at"] == "" {
			t.Errorf("listed as unmatched: %v", one)
		}
	}
}

// rawBody is what a kept callback carried, to the byte.
func rawBody(t *testing.T, callback map[string]any) string {
	t.Helper()
	if enc, ok := callback["body_base64"].(string); ok {
		b, err := base64.StdEncoding.DecodeString(enc)
		if err != nil {
			t.Error(err)
		}
		return string(b)
	}
	body, _ := callback["body"].(string)
	return body
}

func aForm(t *testing.T, fields map[string]string) (body, contentType string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	if err := w.SetBoundary("a-boundary-of-the-tests"); err != nil {
		t.Fatal(err)
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		_ = w.WriteField(name, fields[name])
	}
	_ = w.Close()
	return b.String(), w.FormDataContentType()
}

func TestTextsArriveWholeOrMarkedWhereTheyAreNone(t *testing.T) {
	t.Parallel()
	g, _, tm := onBaseFile(t)
	g.call(200, "PUT", "/v1/services/Flat", flatFile("Flat"))
	flat := g.newTeam("bravo", "Flat", nil, "+61123456781")
	marks := "e" + strings.Repeat("\u0301", 5000)
	for _, c := range []struct{ name, url, kind, body, want string }{
		{"a stray byte", tm.webhook, "application/json", textFrom(theirs, ourNumber, "\"a\xffb\""), "a\uFFFDb"},
		{"half a character", tm.webhook, "application/json", textFrom(theirs, ourNumber, "\"a\xf0\x9f\x98\""), "a\uFFFD\uFFFD\uFFFD"},
		{"Latin-1 that says so", tm.webhook, "application/json; charset=iso-8859-1", textFrom(theirs, ourNumber, "\"caf\xe9\""), "café"},
		{"Latin-1 that does not", tm.webhook, "application/json", textFrom(theirs, ourNumber, "\"caf\xe9\""), "caf\uFFFD"},
		{"UTF-16", tm.webhook, "application/json", inUTF16(textFrom(theirs, ourNumber, `"é😀"`)), "é😀"},
		{"a byte order mark", tm.webhook, "application/json", "\ufeff" + textFrom(theirs, ourNumber, `"mark"`), "mark"},
		{"a lone surrogate", tm.webhook, "application/json", textFrom(theirs, ourNumber, `"a\ud800b"`), "a\uFFFDb"},
		{"surrogates in the wrong order", tm.webhook, "application/json", textFrom(theirs, ourNumber, `"a\ude00\ud83db"`), "a\uFFFD\uFFFDb"},
		{"a pair of surrogates", tm.webhook, "application/json", textFrom(theirs, ourNumber, `"\ud83d\ude00"`), "😀"},
		{"NUL", tm.webhook, "application/json", textFrom(theirs, ourNumber, `"a\u0000b"`), "a\uFFFDb"},
		{"NUL in a form", flat.webhook, "application/x-www-form-urlencoded", "from=61855555555&to=61123456781&text=form%00nul", "form\uFFFDnul"},
		{"a stray byte in a form", flat.webhook, "application/x-www-form-urlencoded", "from=61855555555&to=61123456781&text=form%ff", "form\uFFFD"},
		{"Latin-1 in a form", flat.webhook, "application/x-www-form-urlencoded; charset=ISO-8859-1", "from=61855555555&to=61123456781&text=caf%E9+form", "café form"},
		{"direction controls", tm.webhook, "application/json", textFrom(theirs, ourNumber, `"\u202egnp.exe\u202c \u2066x\u2069"`), "\u202egnp.exe\u202c \u2066x\u2069"},
		{"a family", tm.webhook, "application/json", textFrom(theirs, ourNumber, `"👨‍👩‍👧‍👦🏳️‍🌈"`), "👨‍👩‍👧‍👦🏳️‍🌈"},
		{"combining marks", tm.webhook, "application/json", textFrom(theirs, ourNumber, `"`+marks+`"`), marks},
		{"GSM-7's extension", tm.webhook, "application/json", textFrom(theirs, ourNumber, `"^{}\\[~]|€\f"`), "^{}\\[~]|€\f"},
		{"markup", tm.webhook, "application/json", textFrom(theirs, ourNumber, `"<script>alert(1)<\/script>&amp;"`), "<script>alert(1)</script>&amp;"},
		{"our own words", tm.webhook, "application/json", textFrom(theirs, ourNumber, `"$from$ {{to}} $API key$ $$"`), "$from$ {{to}} $API key$ $$"},
		{"only spaces", tm.webhook, "application/json", textFrom(theirs, ourNumber, `"  "`), "  "},

		// Of a name that comes twice the last value counts, for matching as for reading; names keep their case.
		{"a name twice", tm.webhook, "application/json", textFrom(theirs, ourNumber, `"first","content":"last"`), "last"},
		{"a name twice in a form", flat.webhook, "application/x-www-form-urlencoded", "to=1&from=61855555555&to=61123456781&text=first&text=last+form", "last form"},
		{"a kind twice", tm.webhook, "application/json", `{"method":"delivered",` + textFrom(theirs, ourNumber, `"kind last"`)[1:], "kind last"},
		{"names in other cases", tm.webhook, "application/json", textFrom(theirs, ourNumber, `"as named","Content":"no","CONTENT":"no"`), "as named"},
	} {
		status, _, _ := g.callback("POST", c.url, map[string]string{"Content-Type": c.kind}, c.body)
		one := g.newest()
		if status != 200 || one["state"] != "done" {
			t.Errorf("%s: answered %d, %v because %v", c.name, status, one["state"], one["reason"])
			continue
		}
		if got := g.call(200, "GET", "/v1/messages?limit=1&direction=inbound", nil).json["data"].([]any)[0].(map[string]any)["content"]; got != c.want {
			t.Errorf("%s: arrived as %q, want %q", c.name, got, c.want)
		}
		if rawBody(t, one) != c.body {
			t.Errorf("%s: the raw request is not kept: %q", c.name, rawBody(t, one))
		}
	}
}

func inUTF16(s string) string {
	b := []byte{0xfe, 0xff}
	for _, u := range utf16.Encode([]rune(s)) {
		b = append(b, byte(u>>8), byte(u))
	}
	return string(b)
}

func TestAnUnmatchedCallbackBecomesAMessageOnceTheFileIsMended(t *testing.T) {
	t.Parallel()
	g, p, tm := onBaseFile(t)
	g.says(tm.webhook, `{"method":"sms","params":{"from":"`+theirs+`","to":"`+ourNumber+`","content":"too early"}}`)
	g.says(tm.webhook, textFrom(theirs, "+61123456780", `"for a number of tomorrow"`))
	waiting := g.all("/v1/callbacks?unmatched=true&limit=50")
	if len(waiting) != 2 || len(g.all("/v1/messages?limit=50")) != 0 {
		t.Fatalf("unmatched: %v", waiting)
	}
	number, kind := waiting[0], waiting[1] // the newest first
	replay := func(want int, one map[string]any) map[string]any {
		return g.call(want, "POST", "/v1/callbacks/"+one["id"].(string)+"/replay", nil).json
	}
	if again := replay(202, kind); again["state"] != "unmatched" || again["reason"] != kind["reason"] {
		t.Errorf("replayed with the same file it is %v", again)
	}

	g.call(200, "PUT", "/v1/services/YourService", strings.Replace(baseFile("YourService", p.URL), `"event_key": "message"`, `"event_key": "sms"`, 1))
	if again := replay(202, kind); again["state"] != "done" {
		t.Errorf("replayed with the mended file it is %v", again)
	}
	if got := g.only(1, "/v1/messages?direction=inbound&limit=50"); got[0]["content"] != "too early" || got[0]["from"] != theirs {
		t.Errorf("it became %v", got)
	}
	replay(409, kind)

	g.call(200, "PUT", "/v1/services/YourService", baseFile("YourService", p.URL))
	g.call(200, "POST", "/v1/organizations/"+tm.org+"/numbers", map[string]any{"service": "YourService", "number": "+61123456780", "name": "New", "users": tm.users, "country": "AU"})
	g.kill() // what waits is on the disk
	g.start()
	if again := replay(202, number); again["state"] != "done" {
		t.Errorf("replayed with the number it is %v", again)
	}
	g.only(2, "/v1/messages?direction=inbound&limit=50")
	if left := g.all("/v1/callbacks?unmatched=true&limit=50"); len(left) != 0 {
		t.Errorf("still unmatched: %v", left)
	}
	g.call(404, "POST", "/v1/callbacks/0198f5a0-0000-7000-8000-000000000001/replay", nil)
}

// What is answered 2xx is on the disk before the answer: the process is killed with the last answer still warm.
func TestNothingThatWasAnsweredIsLost(t *testing.T) {
	t.Parallel()
	g, _, tm := onBaseFile(t)
	id := g.call(202, "POST", "/v1/messages", map[string]any{"orgid": tm.org, "from": ourNumber, "to": theirs, "content": "x"}).str("id")
	g.await(id, status("sent"))
	for round := range 3 {
		for i := range 5 {
			g.says(tm.webhook, textFrom(theirs, ourNumber, fmt.Sprintf(`"round %d text %d"`, round, i)))
		}
		switch round {
		case 0:
			g.says(tm.webhook, `{"method":"nobody knows it"}`)
		case 1:
			g.says(tm.webhook, `{"method":"delivered","params":{"messageid":"m1"}}`)
		case 2:
			g.says(tm.webhook, `{"method":"file","params":{"from":"`+theirs+`","to":"`+ourNumber+`","text":"round 2 file","url":"https://files.invalid/x.png"}}`)
		}
		g.kill()
		g.start()
	}
	var have []string
	for _, m := range g.only(16, "/v1/messages?direction=inbound&limit=50") {
		have = append(have, m["content"].(string))
	}
	slices.Sort(have)
	if len(slices.Compact(have)) != 16 {
		t.Errorf("after three kills there is %q", have)
	}
	if left := g.all("/v1/callbacks?unmatched=true&limit=50"); len(left) != 1 {
		t.Errorf("unmatched: %v", left)
	}
	g.await(id, status("delivered"))
}
