package service_test

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"

	"patchbay/internal/message"
	"patchbay/internal/service"
	"patchbay/internal/wire"
)

// picture is bytes that no text survives.
var picture = []byte("\x89PNG\r\n\x1a\n\x00\xff\xfe$to$ \"\\")

func withFile(parameters, more string) string {
	return `{"id": "acme", "API": {"SendFile": {"request_url": "https://api.example.com/send", ` + more + `"request_parameters": ` + parameters + `, "response_map": {"id": "$messageid$"}}}}`
}

func sendingFiles(n int) *service.Sending {
	m := &service.Sending{ID: "m1", From: "+15550001111", To: "+15550002222", Text: "look"}
	for range n {
		m.Files = append(m.Files, service.File{URL: "https://files.example.com/a", Name: `a "b".png`, MediaType: "image/png", Data: picture})
	}
	return m
}

func TestAFileLeavesAsItIs(t *testing.T) {
	encoded := base64.StdEncoding.EncodeToString(picture)
	for _, c := range []struct{ name, parameters, more, wantType, want string }{
		{"as the body", `"$file$"`, ``, "image/png", string(picture)},
		{"as the body, of a stated type", `"$file$"`, `"request_content_type": "application/octet-stream", `, "application/octet-stream", string(picture)},
		{"in JSON", `{"to": "$to$", "text": "$text$", "data": "$file|base64$"}`, ``, "application/json", `{"to":"+15550002222","text":"look","data":"` + encoded + `"}`},
		{"in JSON without a filter", `{"data": "$file$", "to": "$to$"}`, ``, "application/json", `{"data":"` + encoded + `","to":"+15550002222"}`},
		{"as a data URI in JSON", `{"data": "data:$mimetype$;base64,$file|base64$"}`, ``, "application/json", `{"data":"data:image/png;base64,` + encoded + `"}`},
		{"in XML", `{"mms": {"data": "$file|base64$"}}`, `"request_content_type": "text/xml", `, "text/xml", `<?xml version="1.0" encoding="UTF-8"?><mms><data>` + encoded + `</data></mms>`},
		{"in a form", `{"data": "$file|hex$"}`, `"request_content_type": "application/x-www-form-urlencoded", `, "application/x-www-form-urlencoded", "data=89504e470d0a1a0a00fffe24746f2420225c"},
	} {
		b := bound(t, withFile(c.parameters, c.more), nil)
		m := sendingFiles(1)
		if !strings.Contains(c.parameters, "$text$") {
			m.Text = "" // it would go before, as a message of its own
		}
		r, err := b.Request(m, 0, service.Attempt{})
		must(t, err)
		if got := r.Header.Get("Content-Type"); got != c.wantType {
			t.Errorf("%s: type %q, want %q", c.name, got, c.wantType)
		}
		if got := strings.TrimSpace(string(r.Body)); got != strings.TrimSpace(c.want) {
			t.Errorf("%s:\n got %q\nwant %q", c.name, got, c.want)
		}
	}
}

func TestAFileIsAPartOfAMultipartBody(t *testing.T) {
	b := bound(t, withFile(`{"to": "$to$", "text": "$text$", "media$n$": "$file$"}`, `"request_content_type": "multipart/form-data", `), nil)
	m := sendingFiles(2)
	m.Files[1].MediaType, m.Files[1].Name = "application/pdf", "../../x\r\ny.pdf"
	r, err := b.Request(m, 0, service.Attempt{})
	must(t, err)
	v, err := wire.Decode(r.Header.Get("Content-Type"), r.Body, wire.Limits{})
	must(t, err)
	one, two := v.Get("media1").File(), v.Get("media2").File()
	if one == nil || two == nil {
		t.Fatalf("no file parts: %s", r.Body)
	}
	if !bytes.Equal(one.Data, picture) || one.Name != `a "b".png` || one.MediaType != "image/png" {
		t.Errorf("the first: %+v", one)
	}
	if two.MediaType != "application/pdf" || strings.ContainsAny(two.Name, "\r\n") {
		t.Errorf("the second: %+v", two)
	}
}

func TestBytesStandNowhereButInABody(t *testing.T) {
	for _, file := range []string{
		withFile(`{"to": "$to$", "f": "$file|base64$"}`, `"request_method": "GET", `),
		withFile(`{"to": "$to$"}`, `"request_headers": {"X-File": "$file|base64$"}, `),
		strings.Replace(withFile(`{"to": "$to$"}`, ``), "/send", "/$file|base64$", 1),
	} {
		if _, problems := service.Parse([]byte(file)); problems.Err() == nil || !strings.Contains(problems.Err().Error(), "$file$") {
			t.Errorf("%s: %v", file, problems)
		}
	}
}

// uploads is a provider that wants files before the message.
const uploads = `{
  "id": "acme", "properties": ["Key"], "auth": {"type": "Bearer", "token": "$Key$"},
  "API": {
    "request_url": "https://api.example.com",
    "SendMessage": {"request_url": "/messages", "request_parameters": {"to": "$to$", "text": "$text?$", "media": [{"id": "$mediaid$", "was": "$urls$"}]}, "response_map": {"id": "$messageid$"}},
    "UploadFile": [
      {"when": {"mediaclass": "image"}, "request_url": "/images", "request_method": "PUT", "request_parameters": "$file$", "response_map": {"media": {"id": "$mediaid$"}},
       "responses": [{"status": 415, "outcome": "refused"}]},
      {"request_url": "/files", "request_parameters": {"name": "$filename$", "for": "$to$", "data": "$file|base64$"}, "response_map": "ID $mediaid$"}
    ]
  }
}`

func TestEachFileIsUploadedByTheVariantThatTakesIt(t *testing.T) {
	b := bound(t, uploads, map[string]string{"Key": "k"})
	m := sendingFiles(2)
	m.Files[1] = service.File{URL: "https://files.example.com/b.pdf", Data: []byte("pdf")}
	if w := b.Wants(m, 0); w != (service.Wants{Lo: 0, Hi: 2, Bytes: true, Upload: true}) {
		t.Fatalf("wants %+v", w)
	}
	for i, want := range []struct{ url, body string }{
		{"https://api.example.com/images", string(picture)},
		{"https://api.example.com/files", `{"name":"b.pdf","for":"+15550002222","data":"cGRm"}`},
	} {
		r, err := b.Call(service.UploadFile, m.Upload(i), service.Attempt{})
		must(t, err)
		if r.URL != want.url || string(r.Body) != want.body || r.Header.Get("Authorization") != "Bearer k" {
			t.Errorf("upload %d: %s %q %v", i, r.URL, r.Body, r.Header)
		}
	}
	for i, c := range []struct {
		file   int
		status int
		body   string
		want   message.Outcome
		id     string
	}{
		{0, 200, `{"media": {"id": 12345678901234567890}}`, message.Accepted, "12345678901234567890"},
		{0, 200, `{"media": {}}`, message.Maybe, ""},
		{0, 415, ``, message.Refused, ""},
		{0, 503, ``, message.Busy, ""},
		{1, 201, `ID a/b c`, message.Accepted, "a/b c"},
		{1, 200, `thanks`, message.Maybe, ""},
	} {
		got := b.Called(service.UploadFile, m.Upload(c.file), &wire.Response{Status: c.status, Body: []byte(c.body)}, m.Created)
		if got.Outcome != c.want || got.Values["mediaid"] != c.id {
			t.Errorf("answer %d: got %+v", i, got)
		}
	}
	m.Files[0].MediaID, m.Files[1].MediaID = "x", `y"$to$`
	r, err := b.Request(m, 0, service.Attempt{})
	must(t, err)
	if want := `{"to":"+15550002222","text":"look","media":[{"id":"x","was":"https://files.example.com/a"},{"id":"y\"$to$","was":"https://files.example.com/b.pdf"}]}`; string(r.Body) != want {
		t.Errorf("got %s", r.Body)
	}
}

func TestARequestWaitsForWhatItIsAbout(t *testing.T) {
	b := bound(t, uploads, map[string]string{"Key": "k"})
	if _, err := b.Request(sendingFiles(1), 0, service.Attempt{}); err == nil {
		t.Error("a request without the ids of its files was written")
	}
	b = bound(t, withFile(`{"data": "$file$"}`, ``), nil)
	m := sendingFiles(1)
	m.Text, m.Files[0].Data = "", nil
	if _, err := b.Request(m, 0, service.Attempt{}); err == nil {
		t.Error("a request without the bytes of its file was written")
	}
	if w := b.Wants(m, 0); !w.Bytes || w.Upload {
		t.Errorf("wants %+v", w)
	}
	m.Files = nil
	if w := b.Wants(m, 0); w != (service.Wants{}) {
		t.Errorf("a text wants %+v", w)
	}
}

func TestAFileIsHeldToTheLimitsOfTheService(t *testing.T) {
	b := bound(t, strings.Replace(withFile(`{"data": "$file$"}`, ``), `{"id": "acme",`, `{"id": "acme", "limits": {"media": {"max_bytes": 8, "types": ["image/*"]}},`, 1), nil)
	for _, c := range []struct {
		file service.File
		want string
	}{
		{service.File{Data: picture[:8], MediaType: "image/png"}, ""},
		{service.File{Data: picture[:9], MediaType: "image/png"}, "8 bytes"},
		{service.File{Data: picture[:8], MediaType: "application/pdf"}, "application/pdf"},
	} {
		err := b.TakesFile(&c.file)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s of %d bytes: %v", c.file.MediaType, len(c.file.Data), err)
		}
	}
}
