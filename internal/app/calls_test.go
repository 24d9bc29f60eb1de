package app_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// withAPI is the provider's file with more in its API.
func (p *provider) withAPI(id, more string) string {
	return strings.Replace(p.file(id), `"API": {`, `"API": {`+strings.ReplaceAll(more, "URL", p.URL)+", ", 1)
}

// A picture that came in goes out again to another contact: our own link is read from the disk, for the door leads to none of our own.
func TestAPictureThatCameInGoesOutByItsBytes(t *testing.T) {
	p := newProvider(t)
	w := start(t, p.host())
	file := p.withAPI("acme", `"UploadFile": {"request_url": "URL/upload", "request_parameters": {"name": "$filename$", "type": "$mimetype$", "data": "$file|base64$"}, "response_map": {"upload": "$mediaid$"}}`)
	w.account.call(201, "PUT", "/v1/services/acme", strings.Replace(file, `"media_url": "$content$"`, `"media": "$mediaid$"`, 1))
	tm := w.account.newTeam("a", "acme", "+15550001111", map[string]string{"API key": "canary-key-5"})
	picture := []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89")
	p.answers(func(rw http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/cat.png":
			_, _ = rw.Write(picture)
		case "/upload":
			fmt.Fprint(rw, `{"upload": 12345678901234567890}`)
		default:
			fmt.Fprint(rw, `{"data": {"id": "sent-1"}}`)
		}
	})
	w.post(tm.webhook, "application/json", `{"method": "file", "params": {"from": "+15550002222", "to": "+15550001111", "text": "look", "url": "`+p.URL+`/cat.png"}}`)
	var link string
	w.account.until("/v1/messages?direction=inbound", func(a answer) bool {
		for _, m := range a.list("data") {
			for _, f := range (answer{json: m}).list("media") {
				link, _ = f["url"].(string)
			}
		}
		return link != ""
	})
	sent := w.account.call(202, "POST", "/v1/messages", map[string]any{"from": tm.number, "to": "+15550003333", "urls": []string{link}})
	m := w.account.until("/v1/messages/"+sent.str("id"), hasStatus("sent"))
	var uploaded, message string
	for _, r := range p.requests() {
		switch r.path {
		case "/upload":
			uploaded = r.body
			if r.header.Get("Authorization") != "Bearer canary-key-5" {
				t.Errorf("the upload has no credentials: %v", r.header)
			}
		case "/webhook":
			message = r.body
		}
	}
	if want := `{"name":"cat.png","type":"image/png","data":"` + base64.StdEncoding.EncodeToString(picture) + `"}`; uploaded != want {
		t.Errorf("uploaded %s, want %s", uploaded, want)
	}
	if !strings.Contains(message, `"media":"12345678901234567890"`) {
		t.Errorf("sent %s", message)
	}
	attempts := m.list("attempts")
	if len(attempts) != 1 || !strings.Contains(fmt.Sprint(attempts[0]["request"]), "POST /upload") {
		t.Errorf("the attempt does not show the upload: %v", attempts)
	}
	if strings.Contains(string(m.body), "canary-key-5") {
		t.Error("the key stands in the message")
	}
}
