package service

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"patchbay/internal/fault"
	"patchbay/internal/wire"
)

// sending is a service whose API is given.
func sending(t testing.TB, api string, props ...string) *Bound {
	t.Helper()
	values := map[string]string{}
	for i := 0; i < len(props); i += 2 {
		values[props[i]] = props[i+1]
	}
	return bind(t, `{"id": "x", "properties": ["Base", {"name": "Region", "optional": true, "secret": false, "choices": ["eu", "us"]}],
		"limits": {"max_length": 1600, "media": {"max_count": 2, "types": ["image/*", "video/mp4"]}}, "API": `+api+`}`, values)
}

func requests(t *testing.T, b *Bound, m *Sending) (out []string) {
	t.Helper()
	n, err := b.Parts(m)
	if err != nil {
		return []string{"error: " + err.Error()}
	}
	for part := range n {
		r, err := b.Request(m, part, Attempt{Now: now, UUID: "u-1"})
		if err != nil {
			return append(out, "error: "+err.Error())
		}
		out = append(out, strings.TrimSpace(r.Method+" "+strings.TrimPrefix(r.URL, "https://api.example.com")+" "+string(r.Body)))
	}
	return out
}

func filesAt(urls ...string) (out []File) {
	for _, u := range urls {
		out = append(out, File{URL: "https://f.example.com/" + u})
	}
	return out
}

func TestAMessageTakesTheRequestsItNeeds(t *testing.T) {
	const (
		sms     = `"SendMessage": {"request_url": "https://api.example.com/sms", "request_parameters": {"to": "$to$", "text": "$content$"}}`
		oneFile = `"SendFile": {"request_url": "https://api.example.com/mms", "request_parameters": {"to": "$to$", "url": "$content$"}}`
		caption = `"SendFile": {"request_url": "https://api.example.com/mms", "request_parameters": {"to": "$to$", "url": "$url$", "text": "$text?$"}}`
		all     = `"SendFile": {"request_url": "https://api.example.com/mms", "request_parameters": {"to": "$to$", "urls": "$urls$", "text": "$text?$"}}`
		both    = `"SendMessage": {"request_url": "https://api.example.com/m", "request_parameters": {"to": "$to$", "text": "$text?$", "urls": "$urls?$"}}`
		kinds   = `"SendFile": [
			{"when": {"mediaclass": "image"}, "request_url": "https://api.example.com/img", "request_parameters": {"to": "$to$", "url": "$url$", "type": "$mimetype$", "name": "$filename$"}},
			{"request_url": "https://api.example.com/file", "request_parameters": {"to": "$to$", "url": "$url$"}}]`
	)
	for _, c := range []struct {
		name, api, text string
		files           []File
		want            []string
	}{
		{"a text", sms, "hi", nil, []string{`POST /sms {"to":"+15550002222","text":"hi"}`}},
		{"nothing", sms, "", nil, []string{`error: content: a message needs a text or a file`}},
		{"a file to a service that sends none", sms, "", filesAt("a.jpg"), []string{`error: urls: x has no way to send a file: its file has no SendFile`}},
		{"a text to a service that sends files only", oneFile, "hi", nil, []string{`error: content: x has no way to send a text: its file has no SendMessage`}},
		{"one call per file", sms + "," + oneFile, "", filesAt("a.jpg", "b.jpg"),
			[]string{`POST /mms {"to":"+15550002222","url":"https://f.example.com/a.jpg"}`, `POST /mms {"to":"+15550002222","url":"https://f.example.com/b.jpg"}`}},
		{"no place for the caption: a message before", sms + "," + oneFile, "look", filesAt("a.jpg"),
			[]string{`POST /sms {"to":"+15550002222","text":"look"}`, `POST /mms {"to":"+15550002222","url":"https://f.example.com/a.jpg"}`}},
		{"no place for the caption at all", oneFile, "look", filesAt("a.jpg"), []string{`error: content: x sends files without a text: its file has no place for one`}},
		{"the caption goes with the first file", sms + "," + caption, "look", filesAt("a.jpg", "b.jpg"),
			[]string{`POST /mms {"to":"+15550002222","url":"https://f.example.com/a.jpg","text":"look"}`, `POST /mms {"to":"+15550002222","url":"https://f.example.com/b.jpg"}`}},
		{"all files in one call, as many as the provider takes", sms + "," + all, "look", filesAt("a.jpg", "b.jpg", "c.jpg"),
			[]string{`POST /mms {"to":"+15550002222","urls":["https://f.example.com/a.jpg","https://f.example.com/b.jpg"],"text":"look"}`,
				`POST /mms {"to":"+15550002222","urls":["https://f.example.com/c.jpg"]}`}},
		{"a SendMessage with a place for files sends them too", both, "look", filesAt("a.jpg", "b.jpg"),
			[]string{`POST /m {"to":"+15550002222","text":"look","urls":["https://f.example.com/a.jpg","https://f.example.com/b.jpg"]}`}},
		{"the same without files", both, "look", nil, []string{`POST /m {"to":"+15550002222","text":"look"}`}},
		{"a variant for each kind of file", kinds, "", filesAt("a.jpg", "b.mp4"),
			[]string{`POST /img {"to":"+15550002222","url":"https://f.example.com/a.jpg","type":"image/jpeg","name":"a.jpg"}`, `POST /file {"to":"+15550002222","url":"https://f.example.com/b.mp4"}`}},
		{"too long", sms, strings.Repeat("é", 1601), nil, []string{`error: content: x takes 1600 characters at most; this text has 1601`}},
		{"a type that is not taken", sms + "," + oneFile, "", filesAt("a.pdf"), []string{`error: urls: x does not take files of type application/pdf; it takes image/*, video/mp4`}},
	} {
		b := sending(t, "{"+c.api+"}", "Base", "https://api.example.com")
		got := requests(t, b, &Sending{ID: "m", From: "+15550001111", To: "+15550002222", Text: c.text, Files: c.files})
		if strings.Join(got, "\n") != strings.Join(c.want, "\n") {
			t.Errorf("%s:\n got %s\nwant %s", c.name, strings.Join(got, "\n     "), strings.Join(c.want, "\n     "))
		}
	}
}

func TestVariantsAreChosenByWhatIsSent(t *testing.T) {
	api := `{"request_url": "https://api.example.com/v1", "response_map": {"id": "$messageid$"}, "SendMessage": [
		{"when": {"Region": "eu"}, "request_url": "/eu", "request_parameters": {"to": "$to$", "t": "$content$"}},
		{"when": {"segments": {"$gt": 1}}, "request_url": "/long", "request_parameters": {"to": "$to$", "t": "$content$"}},
		{"when": {"encoding": "ucs2"}, "request_url": "/unicode", "idempotent": true, "request_parameters": {"to": "$to$", "t": "$content$"}},
		{"request_parameters": {"to": "$to$", "t": "$content$"}}]}`
	for _, c := range []struct {
		region   string
		m        Sending
		path     string
		repeats  bool
		encoding string
	}{
		{"", Sending{Text: "x", Segments: 1, Encoding: "gsm7"}, "/v1", false, ""},
		{"us", Sending{Text: "x", Segments: 2, Encoding: "gsm7"}, "/v1/long", false, ""},
		{"", Sending{Text: "x", Segments: 1, Encoding: "ucs2"}, "/v1/unicode", true, ""},
		{"eu", Sending{Text: "x", Segments: 2, Encoding: "ucs2"}, "/v1/eu", false, ""},
	} {
		b := sending(t, api, "Base", "b", "Region", c.region)
		c.m.To = "+15550002222"
		r, err := b.Request(&c.m, 0, Attempt{})
		if err != nil || r.URL != "https://api.example.com"+c.path {
			t.Errorf("region %q, %d segments, %s: got %v, %v; want %s", c.region, c.m.Segments, c.m.Encoding, r, err, c.path)
		}
		if got := b.Idempotent(&c.m, 0); got != c.repeats {
			t.Errorf("%s: idempotent %v, want %v", c.path, got, c.repeats)
		}
	}
}

func TestWhatASenderWritesCannotLeaveItsPlace(t *testing.T) {
	b := sending(t, `{"SendMessage": {"request_method": "GET", "request_url": "$Base$/a/$to$/$content$?x=$content$",
		"request_headers": {"X-To": "$to$", "X-Text": "$extension$"}, "request_parameters": {"q": "$content$", "to": "$to$"}}}`, "Base", "https://api.example.com/v1/")
	for _, text := range append(nasty, "../../admin", "@evil.example.com/", "//evil.example.com", "?x=1#y", "\\evil", "%2e%2e", "a/b") {
		r, err := b.Request(&Sending{To: "+15550002222", Text: text}, 0, Attempt{})
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		u, err := url.Parse(r.URL)
		if err != nil || u.Scheme != "https" || u.Host != "api.example.com" || u.User != nil || u.Fragment != "" {
			t.Errorf("%q changes the address: %s (%v)", text, r.URL, err)
			continue
		}
		segments := strings.Split(u.EscapedPath(), "/")
		if last, _ := url.PathUnescape(segments[len(segments)-1]); len(segments) != 5 || last != text {
			t.Errorf("%q: path %s", text, u.EscapedPath())
		}
		if q := u.Query(); q.Get("x") != text || q.Get("q") != text || len(q) != 3 {
			t.Errorf("%q: query %s", text, u.RawQuery)
		}
	}
	for _, text := range []string{".", ".."} {
		if r, err := b.Request(&Sending{To: "+15550002222", Text: text}, 0, Attempt{}); err == nil {
			t.Errorf("%q climbs in the path: %s", text, r.URL)
		}
	}
	for _, value := range []string{"a\r\nX-Evil: 1", "a\nb", "a\x00b"} {
		r, err := b.Request(&Sending{To: "+15550002222", Text: "x", Extension: value}, 0, Attempt{})
		if err == nil && strings.ContainsAny(r.Header.Get("X-Text"), "\r\n\x00") {
			t.Errorf("%q leaves as a header", value)
		}
	}
}

func TestBodiesAreWrittenInEveryFormat(t *testing.T) {
	for _, c := range []struct{ members, body, contentType string }{
		{`"request_content_type": "application/json; charset=utf-8", "request_parameters": [{"to": ["$to|digits$"], "n": "$segments$"}]`,
			`[{"to":["15550002222"],"n":1}]`, "application/json; charset=utf-8"},
		{`"request_content_type": "application/x-www-form-urlencoded", "request_parameters": {"To": "$to$", "Body": "$content$", "Media": "$urls?$"}`,
			`To=%2B15550002222&Body=a+%26+b`, "application/x-www-form-urlencoded"},
		{`"request_content_type": "text/xml", "request_parameters": {"sms": {"@to": "$to$", "text": "$content$"}}`,
			`<?xml version="1.0" encoding="UTF-8"?><sms to="+15550002222"><text>a &amp; b</text></sms>`, "text/xml"},
		{`"request_content_type": "text/plain", "request_parameters": "$to$: $content$"`, `+15550002222: a & b`, "text/plain"},
		{`"request_parameters": {"at": "$now|unix$", "once": "$uuid$", "id": "$id$", "len": "$length$", "enc": "$encoding$", "from": "$from|national$", "hook": "$webhook_url$"}`,
			`{"at":1767323045,"once":"u-1","id":"m","len":5,"enc":"gsm7","from":"5550001111","hook":"https://gw.example.com/x"}`, "application/json"},
	} {
		b := sending(t, `{"SendMessage": {"request_url": "https://api.example.com/m", `+c.members+`}}`, "Base", "b")
		m := &Sending{ID: "m", From: "+15550001111", To: "+15550002222", Text: "a & b", Segments: 1, Encoding: "gsm7", Country: "US", WebhookURL: "https://gw.example.com/x"}
		r, err := b.Request(m, 0, Attempt{Now: now, UUID: "u-1"})
		if err != nil {
			t.Errorf("%s: %v", c.contentType, err)
			continue
		}
		if got := strings.ReplaceAll(string(r.Body), "?>\n", "?>"); got != c.body {
			t.Errorf("%s: got %s, want %s", c.contentType, got, c.body)
		}
		if got := r.Header.Get("Content-Type"); wire.FormatOf(got) != wire.FormatOf(c.contentType) {
			t.Errorf("content type: got %s, want %s", got, c.contentType)
		}
	}
}

func TestNumbersTakeTheFormatOfOurNumber(t *testing.T) {
	b := sending(t, `{"SendMessage": {"request_url": "https://api.example.com/m", "request_parameters": {"from": "$from$", "to": "$to$", "e": "$to|digits$", "t": "$content?$"}}}`, "Base", "b")
	for _, c := range []struct{ format, from, to, want string }{
		{"", "+61412345678", "+61855555555", `{"from":"+61412345678","to":"+61855555555","e":"61855555555","t":"x"}`},
		{"national0", "+61412345678", "+61855555555", `{"from":"0412345678","to":"0855555555","e":"61855555555","t":"x"}`},
		{"international", "+61412345678", "+15550002222", `{"from":"61412345678","to":"+15550002222","e":"15550002222","t":"x"}`},
		{"national", "12345", "ACME", `{"from":"12345","to":"ACME","e":"ACME","t":"x"}`},
	} {
		r, err := b.Request(&Sending{From: c.from, To: c.to, Text: "x", Country: "AU", OutboundFormat: c.format}, 0, Attempt{})
		if err != nil {
			t.Fatal(err)
		}
		if got := string(r.Body); got != c.want && c.format != "international" {
			t.Errorf("%s: got %s, want %s", c.format, got, c.want)
		}
	}
}

func TestBindNamesEveryPropertyThatIsWrong(t *testing.T) {
	s := load(t, `{"id": "x", "properties": ["Base", "Key", {"name": "Region", "optional": true, "choices": ["eu", "us"]}, {"name": "Depth", "default": "2"}],
		"API": {"SendMessage": {"request_url": "$Base$/m", "request_headers": {"X-Key": "$Key$", "X-Region": "$Region?$", "X-Depth": "$Depth$"}, "request_parameters": {"to": "$to$", "t": "$content$"}}}}`)
	for _, c := range []struct {
		props map[string]string
		want  []string
	}{
		{map[string]string{}, []string{"/properties/Base", "/properties/Key"}},
		{map[string]string{"Base": "https://a.example.com", "Key": "k", "Region": "cn"}, []string{"/properties/Region"}},
		{map[string]string{"Base": "ftp://a.example.com", "Key": "k"}, []string{"/properties/Base"}},
		{map[string]string{"Base": "https://u:p@a.example.com", "Key": "k"}, []string{"/properties/Base"}},
		{map[string]string{"Base": "https://a.example.com?x=1", "Key": "k"}, []string{"/properties/Base"}},
		{map[string]string{"Base": "//a.example.com", "Key": "a\nb"}, []string{"/properties/Key"}},
		{map[string]string{"Base": "https://a.example.com/v1/", "Key": "k", "Of yesterday": "x"}, nil},
	} {
		b, err := s.Bind(c.props)
		var got []string
		if f, ok := err.(*fault.Error); ok {
			for _, p := range f.Problems {
				got = append(got, p.Pointer)
			}
		}
		if strings.Join(got, " ") != strings.Join(c.want, " ") {
			t.Errorf("%v: got %q (%v), want %q", c.props, got, err, c.want)
		}
		if err != nil {
			continue
		}
		r, err := b.Request(&Sending{To: "+15550002222", Text: "x"}, 0, Attempt{})
		if err != nil || r.URL != "https://a.example.com/v1/m" || r.Header.Get("X-Key") != "k" || r.Header.Get("X-Depth") != "2" || len(r.Header["X-Region"]) != 0 {
			t.Errorf("got %+v, %v", r, err)
		}
	}
}

func TestSecretsIncludeWhatAuthMakesOfThem(t *testing.T) {
	b := bind(t, `{"id": "x", "properties": ["User", "Password", {"name": "Region", "secret": false}], "auth": {"type": "basic", "username": "$User$", "password": "$Password$"},
		"API": {"SendMessage": {"request_url": "https://api.example.com/$Region$", "request_parameters": {"to": "$to$", "t": "$content$"}}}}`,
		map[string]string{"User": "me", "Password": "s3cret", "Region": "eu"})
	if got := strings.Join(b.Secrets(), " "); got != "bWU6czNjcmV0 s3cret me" {
		t.Errorf("got %q", got)
	}
	r, err := b.Request(&Sending{To: "+15550002222", Text: "x"}, 0, Attempt{})
	if err != nil || r.Header.Get("Authorization") != "Basic bWU6czNjcmV0" || r.URL != "https://api.example.com/eu" {
		t.Errorf("got %+v, %v", r, err)
	}
}

func TestFilesGetCredentialsOnlyAtTheHostsTheServiceNames(t *testing.T) {
	const auth = `"properties": ["Key"], "auth": {"type": "Bearer", "token": "$Key$"}, `
	named := bind(t, `{"id": "x", `+auth+`"API": {"GetFile": {"hosts": ["api.example.com", "*.CDN.example.com"], "request_url": "https://media.example.com/$mediaid$"}}}`, map[string]string{"Key": "k"})
	unnamed := bind(t, `{"id": "x", `+auth+`"API": {}}`, map[string]string{"Key": "k"})
	for _, c := range []struct {
		b          *Bound
		file       File
		url, hosts string
	}{
		{named, File{URL: "https://api.example.com/a"}, "https://api.example.com/a", "api.example.com *.cdn.example.com"},
		{named, File{MediaID: "1/../2"}, "https://media.example.com/1%2F..%2F2", "media.example.com api.example.com *.cdn.example.com"},
		{named, File{MediaID: ".."}, "", ""},
		{named, File{URL: "file:///etc/passwd"}, "", ""},
		{named, File{}, "", ""},
		{unnamed, File{URL: "https://api.example.com/a"}, "https://api.example.com/a", ""},
		{unnamed, File{URL: "data:image/png;base64,aGk="}, "data:image/png;base64,aGk=", ""},
		{unnamed, File{MediaID: "1"}, "", ""},
	} {
		got, err := c.b.FileSource(c.file, Attempt{Now: now})
		if c.url == "" {
			if err == nil {
				t.Errorf("%+v: got %+v, want an error", c.file, got)
			}
			continue
		}
		if err != nil || got.URL != c.url || strings.Join(got.Hosts, " ") != c.hosts || (got.Header.Get("Authorization") == "Bearer k") != (c.hosts != "") {
			t.Errorf("%+v: got %+v, %v; want %s with credentials for %q", c.file, got, err, c.url, c.hosts)
		}
	}
}

func TestAFileThatMustBeAskedForIsWhereTheAnswerSays(t *testing.T) {
	b := bind(t, `{"id": "x", "properties": ["Key"], "API": {"request_url": "https://api.example.com/v1", "request_headers": {"Authorization": "AccessKey $Key$", "X-Id": "$id$"},
		"SendMessage": {"request_parameters": {"t": "$content$"}},
		"GetFile": {"request_url": "/media/$mediaid$", "hosts": ["files.example.com"], "response_map": {"id": "$mediaid$", "links": [{"kind": "original", "href": "$url$"}]}}}}`, map[string]string{"Key": "k"})
	got, err := b.FileSource(File{MediaID: "m 1"}, Attempt{Now: now})
	if err != nil || got.URL != "https://api.example.com/v1/media/m%201" || got.Plain || got.Answer == nil || len(got.Header) != 1 || got.Header.Get("Authorization") != "AccessKey k" {
		t.Fatalf("got %+v, %v", got, err)
	}
	for body, want := range map[string]string{
		`{"id": "m 1", "links": [{"kind": "thumbnail", "href": "https://x/t"}, {"kind": "original", "href": "https://x/o"}]}`: "https://x/o",
		`{"id": "m 2", "links": [{"kind": "original", "href": "https://x/o"}]}`:                                               "", // of another file
		`{"id": "m 1", "links": [{"kind": "original", "href": "file:///etc/passwd"}]}`:                                        "",
		`{"id": "m 1", "links": []}`: "",
		`{`:                          "", ``: "",
	} {
		if at, err := got.Answer("application/json", []byte(body)); at != want || (err == nil) != (want != "") {
			t.Errorf("%s: got %q, %v; want %q", body, at, err, want)
		}
	}
	if got, err := b.FileSource(File{URL: "https://files.example.com/a"}, Attempt{Now: now}); err != nil || got.Answer != nil || got.Header.Get("Authorization") != "AccessKey k" {
		t.Errorf("got %+v, %v: an address is no id", got, err)
	}
	text := bind(t, `{"id": "x", "API": {"GetFile": {"request_url": "http://localhost:8080/$mediaid$", "response_map": "url=$url$"}}}`, nil)
	if got, err := text.FileSource(File{MediaID: "1"}, Attempt{Now: now}); err != nil || !got.Plain {
		t.Errorf("got %+v, %v", got, err)
	} else if at, err := got.Answer("text/plain", []byte("url=https://x/o\n")); at != "https://x/o" {
		t.Errorf("a text: %q, %v", at, err)
	}
}

func TestTheSameMessageIsWrittenTheSameInEveryAttempt(t *testing.T) {
	b := base(t)
	m := &Sending{ID: "m", From: "+61123456789", To: "+61855555555", Text: "x"}
	first, err := b.Request(m, 0, Attempt{Now: now, UUID: "a"})
	if err != nil {
		t.Fatal(err)
	}
	first.Header.Set("Authorization", "spoilt") // what a caller does to one request is not seen in the next
	first.Header["Content-Type"][0] = "spoilt"
	again, err := b.Request(m, 0, Attempt{Now: now.Add(time.Hour), UUID: "b"})
	if err != nil || string(again.Body) != string(first.Body) || again.Header.Get("Authorization") != "Bearer k-1" || again.Header.Get("Content-Type") != "application/json" {
		t.Errorf("got %+v, %v", again, err)
	}
}
