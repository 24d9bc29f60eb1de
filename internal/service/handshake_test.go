package service

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A handshake that anybody could send is no way around verification.
func TestOnlyAGuardedHandshakeComesBeforeVerification(t *testing.T) {
	for _, c := range []struct {
		name, pattern string
		before        bool
	}{
		{"nothing", `{"type": "ping", "c": "$challenge$"}`, false},
		{"a property", `{"type": "ping", "token": "$Token$", "c": "$challenge$"}`, true},
		{"a property inside a text", `{"type": "ping", "token": "t-$Token|upper$", "c": "$challenge$"}`, true},
		{"deep inside", `{"type": "ping", "a": {"$$b": {"$json": {"token": "$Token$"}}}, "c": "$challenge$"}`, true},
		{"one that may be missing", `{"type": "ping", "token": "$Token?$", "c": "$challenge$"}`, false},
		{"one among others", `{"type": "ping", "token": {"$any": ["$Token$", "x"]}, "c": "$challenge$"}`, false},
		{"what must not be there", `{"type": "ping", "token": {"$not": "$Token$"}, "c": "$challenge$"}`, false},
		{"in a list, which may be empty", `{"type": "ping", "token": ["$Token$"], "c": "$challenge$"}`, false},
		{"one with a default, which stands in the file", `{"type": "ping", "token": "$Region$", "c": "$challenge$"}`, false},
		{"a dollar sign", `{"type": "ping", "token": "$$Token$$", "c": "$challenge$"}`, false},
	} {
		source := `{"id": "x", "properties": ["Secret", "Token", {"name": "Region", "default": "eu"}],
			"Webhook": {"verify": {"header": {"X-Secret": "$Secret$"}}, "events": [{"event_type": "handshake", "request_parameters": ` + c.pattern + `}]}}`
		s, problems := Parse([]byte(source))
		if s == nil {
			t.Fatal(problems)
		}
		warned := false
		for _, p := range problems {
			warned = warned || p.Pointer == "/Webhook/events/0" && strings.Contains(p.Message, "only once verified")
		}
		b, err := s.Bind(map[string]string{"Secret": "s", "Token": "TT"})
		if err != nil {
			t.Fatal(err)
		}
		body := strings.NewReplacer(`{"$json": {"token": "$Token$"}}`, `"{\"token\":\"TT\"}"`,
			`$Token|upper$`, "TT", `$Token?$`, "TT", "$Token$", "TT", "$Region$", "eu", "$challenge$", "yes $to$",
			`{"$any": ["$Token$", "x"]}`, `"x"`, `{"$not": "$Token$"}`, `"x"`,
			`$$`, `$`).Replace(c.pattern)
		cb := post("application/json", body)
		if got := b.Shake(cb) != nil; got != c.before || warned == c.before {
			t.Errorf("%s: answered before verification %v, warned %v, want %v (%s)", c.name, got, warned, c.before, body)
		}
		r := b.Read(cb)
		if len(r.Events) != 1 || r.Events[0].Type != EventHandshake {
			t.Fatalf("%s: read %+v", c.name, r)
		}
		if got := b.Reply(cb, &r); string(got.Body) != "yes $to$" || got.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: once verified it hears %q", c.name, got.Body)
		}
	}
}

func TestAHandshakeNamesOnlyWhatItMayHaveCalled(t *testing.T) {
	const file = `[{"event_type": "handshake", "request_parameters": {"Type": "confirm", "TopicArn": "$Topic$", "SubscribeURL": "$url?$", "Token": "$challenge?$"},
		"confirm": {"request_url": "URL", "hosts": ["sns.example.com", "*.eu.example.com"]}}]`
	for _, c := range []struct{ pattern, url, token, want, reason string }{
		{"$url$", "https://sns.example.com/?Action=Confirm&Token=a%20b#x", "", "https://sns.example.com/?Action=Confirm&Token=a%20b", ""},
		{"$url$", "https://SNS.example.com.:443/x", "", "https://SNS.example.com.:443/x", ""},
		{"$url$", "https://a.b.eu.example.com/x", "", "https://a.b.eu.example.com/x", ""},
		{"$url$", "https://eu.example.com/x", "", "", "hosts"},
		{"$url$", "https://sns.example.com.evil.test/x", "", "", "hosts"},
		{"$url$", "https://evil.test/sns.example.com", "", "", "hosts"},
		{"$url$", "https://sns.example.com@evil.test/", "", "", "cannot be called"},
		{"$url$", "https://evil.test\\@sns.example.com/", "", "", "cannot be called"},
		{"$url$", "http://sns.example.com/x", "", "", "cannot be called"},
		{"$url$", "https://sns.example.com/" + strings.Repeat("x", maxConfirm), "", "", "cannot be called"},
		{"$url$", "data:,x", "", "", "cannot be called"},
		{"$url$", "file:///etc/passwd", "", "", "no address"},
		{"$url$", "", "", "", "no address"},
		{"$challenge$", "", "https://sns.example.com/c", "https://sns.example.com/c", ""},
		{"$challenge$", "", "//sns.example.com/c", "", "cannot be called"},
		{"https://sns.example.com/$challenge$?t=$challenge$", "", "a/../b?c&d $to$", "https://sns.example.com/a%2F..%2Fb%3Fc%26d%20%24to%24?t=a%2F..%2Fb%3Fc%26d+%24to%24", ""},
		{"https://sns.example.com/$challenge$", "", "..", "", "no address"},
	} {
		b := reading(t, strings.Replace(file, "URL\",", c.pattern+"\",", 1), "Topic", "arn:1")
		cb := post("application/json", string(formatJSON(jsonOf("Type", "confirm", "TopicArn", "arn:1", "SubscribeURL", c.url, "Token", c.token))))
		h := b.Shake(cb)
		if h == nil {
			t.Fatalf("%s: no handshake", c.url)
		}
		r := h.Reading
		if len(r.Events) != 1 || r.Unmatched != (c.want == "") || !strings.Contains(r.Reason, c.reason) {
			t.Errorf("%s %s: got %+v", c.pattern, c.url, r)
			continue
		}
		if d := cmp.Diff(c.want, r.Events[0].Confirm); d != "" {
			t.Errorf("%s %s: (-want +got)\n%s", c.pattern, c.url, d)
		}
	}
}

func TestAConfirmationThatCouldGoAnywhereIsNoFile(t *testing.T) {
	for _, c := range []struct{ model, pointer, want string }{
		{`{"event_type": "message", "request_parameters": {"from": "$from$", "to": "$to$", "text": "$content$"}, "confirm": {}}`, "/confirm", "only a handshake"},
		{`{"event_type": "handshake", "request_parameters": {"u": "$url$", "k": "$Key$"}, "confirm": {"request_url": "$url$"}}`, "/confirm/hosts", "hosts"},
		{`{"event_type": "handshake", "request_parameters": {"u": "$url$", "k": "$Key$"}, "confirm": {"request_url": "$url$", "hosts": ["*"]}}`, "/confirm/hosts/0", "no host"},
		{`{"event_type": "handshake", "request_parameters": {"u": "$url$", "k": "$Key$"}, "confirm": {"request_url": "https://$challenge$/", "hosts": ["a.test"]}}`, "/confirm/request_url", "written out"},
		{`{"event_type": "handshake", "request_parameters": {"u": "$url$", "k": "$Key$"}, "confirm": {"request_url": "http://a.test/", "hosts": ["a.test"]}}`, "/confirm/request_url", "https"},
		{`{"event_type": "handshake", "request_parameters": {"u": "$url$", "k": "$Key$"}, "confirm": {"request_url": "https://b.test/", "hosts": ["a.test"]}}`, "/confirm/request_url", "not among"},
		{`{"event_type": "handshake", "request_parameters": {"u": "$url$", "k": "$Key$"}, "confirm": {"request_url": "https://a.test/$Key$", "hosts": ["a.test"]}}`, "/confirm/request_url", "Key"},
		{`{"event_type": "handshake", "request_parameters": {"u": "$url$", "k": "$Key$"}, "confirm": {"request_url": "$Key$", "hosts": ["a.test"]}}`, "/confirm/request_url", "Key"},
		{`{"event_type": "handshake", "request_parameters": {"u": "x", "k": "$Key$"}, "confirm": {"request_url": "$url$", "hosts": ["a.test"]}}`, "/confirm/request_url", "$url$ stands nowhere"},
		{`{"event_type": "handshake", "request_parameters": {"u": "x", "k": "$Key$"}, "confirm": {"hosts": ["a.test"]}}`, "/confirm/request_url", "$url$"},
	} {
		s, problems := Parse([]byte(`{"id": "x", "properties": ["Key"], "Webhook": [` + c.model + `]}`))
		found := false
		for _, p := range problems.Errors() {
			found = found || p.Pointer == "/Webhook/0"+c.pointer && strings.Contains(p.Message, c.want)
		}
		if s != nil || !found {
			t.Errorf("%s: got %v, want %s: …%s…", c.model, problems.Errors(), c.pointer, c.want)
		}
	}
}

func TestATestInsideAFileSeesAHandshake(t *testing.T) {
	const file = `{"id": "x", "properties": ["Topic"], "Webhook": {"verify": {"basic": {"username": "u", "password": "$Topic$"}}, "events": [
		{"event_type": "handshake", "request_parameters": {"TopicArn": "$Topic$", "SubscribeURL": "$url$"},
		 "confirm": {"request_url": "$url$", "hosts": ["sns.example.com"]}, "reply": {"status": 202, "body": "fine"}}]},
		"tests": [{"name": "subscribed", "properties": {"Topic": "arn:1"}, "webhook": {"body": {"TopicArn": "arn:1", "SubscribeURL": "https://HOST/x"}},
			"events": [{"type": "handshake", "confirm": "https://sns.example.com/x"}], "reply": {"status": 202, "body": "fine"}}]}`
	for host, passes := range map[string]bool{"sns.example.com": true, "sns.example.net": false} {
		s, problems := Parse([]byte(strings.Replace(file, "HOST", host, 1)))
		if s == nil {
			t.Fatal(problems)
		}
		if got := RunTests(s); got[0].Passed() != passes {
			t.Errorf("%s: %+v", host, got)
		}
	}
}
