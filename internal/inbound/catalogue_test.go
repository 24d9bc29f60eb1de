package inbound

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"patchbay/internal/message"
)

// The bodies that the base format publishes become a message, a message with its file, and the delivery of exactly the message sent.
func TestTheBaseFormatAsPublished(t *testing.T) {
	g := newGate(t)
	account := g.account("one")
	tn := g.enable(account, "acme", "generic", map[string]string{"API key": "k"})
	n := tn.number("+61123456789", "AU", 1)
	const ref = "9612c4e2-27f8-4463-a517-c6306ffdabff"
	sent, other := tn.sent(n, "+61855555555", ref), tn.sent(n, "+61855555555", "another")
	for _, body := range []string{
		`{ "method": "message", "params":{ "from": "+61855555555", "to": "+61123456789", "content": "Hello there!" } }`,
		`{ "method": "file", "params":{ "from": "+61855555555", "to": "+61123456789", "text": "Sending a file", "url":"https://your.server.com/files/8a8d89798as9ud.jpeg" } }`,
		`{"method": "delivered", "params": {"messageid": "` + ref + `"}}`,
	} {
		if a := tn.takes(tn.request(body)); strings.ReplaceAll(string(a.Body), " ", "") != `{"result":{}}` {
			t.Errorf("answered %q", a.Body)
		}
	}
	got := tn.messages(account)
	slices.SortFunc(got, func(a, b message.View) int { return a.Created.Compare(b.Created) })
	if len(got) != 2 || got[0].Content != "Hello there!" || got[1].Content != "Sending a file" ||
		len(got[1].Media) != 1 || got[1].Media[0].SourceURL != "provider:https://your.server.com/files/8a8d89798as9ud.jpeg" {
		t.Errorf("got %+v", got)
	}
	for _, m := range got {
		if m.From != "+61855555555" || m.To != "+61123456789" || m.OrgID != tn.org {
			t.Errorf("got %+v", m.Message)
		}
	}
	if a, b := tn.message(sent).Status, tn.message(other).Status; a != message.Delivered || b != message.Sent {
		t.Errorf("the one is %s, the other %s", a, b)
	}
	if list := tn.callbacks(account, true); len(list) != 0 {
		t.Errorf("unmatched: %+v", list)
	}
}

// formRequest is a form as a provider signs it that glues the sorted pairs to the URL and takes the SHA-1.
func (tn *tenant) formRequest(token string, pairs ...string) Request {
	form := url.Values{}
	var names []string
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
		names = append(names, pairs[i])
	}
	r := tn.request(form.Encode())
	r.HTTP.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8")
	slices.Sort(names)
	over := r.HTTP.URL
	for _, name := range names {
		over += name + form.Get(name)
	}
	mac := hmac.New(sha1.New, []byte(token))
	mac.Write([]byte(over))
	r.HTTP.Header.Set("X-Twilio-Signature", base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	return r
}

func TestMessagesFilesAndReceiptsOnOneURL(t *testing.T) {
	const token = "0123456789abcdef0123456789abcdef"
	g := newGate(t)
	account := g.account("one")
	tn := g.enable(account, "acme", "twilio", map[string]string{"Account SID": "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "Auth Token": token})
	n := tn.number("+12028831111", "US", 1)
	text := func(sid string, more ...string) Request {
		return tn.formRequest(token, append([]string{
			"ToCountry", "US", "SmsStatus", "received", "MessageSid", sid, "From", "+14133881111", "To", "+12028831111", "ToZip", "", "Body", "Msg é & =+",
		}, more...)...)
	}
	a := tn.takes(text("SM1", "NumMedia", "0"))
	if want := `<?xml version="1.0" encoding="UTF-8"?><Response></Response>`; string(a.Body) != want || !strings.HasPrefix(a.Header.Get("Content-Type"), "text/xml") {
		t.Errorf("answered %q %v: anything else would be texted to the sender", a.Body, a.Header)
	}
	tn.takes(text("SM2", "NumMedia", "2", "MediaUrl0", "https://api.twilio.com/a", "MediaContentType0", "image/jpeg",
		"MediaUrl1", "https://api.twilio.com/b", "MediaContentType1", "image/png"))
	got := map[string]message.View{}
	for _, m := range tn.messages(account) {
		got[m.MessageIDs[0]] = m
	}
	if len(got) != 2 || got["SM1"].Content != "Msg é & =+" || got["SM1"].From != "+14133881111" {
		t.Errorf("got %+v", got)
	}
	if files := got["SM2"].Media; len(files) != 2 || files[0].SourceURL != "provider:https://api.twilio.com/a" || files[1].SourceURL != "provider:https://api.twilio.com/b" {
		t.Errorf("files %+v", files)
	}
	for _, c := range []struct {
		word, code string
		want       message.Status
		wantCode   string
	}{{"sent", "", message.Sent, ""}, {"delivered", "", message.Delivered, ""}, {"undelivered", "30003", message.Failed, "30003"}, {"failed", "30008", message.Failed, "30008"}} {
		ref := "SMref" + c.word
		id := tn.sent(n, "+14133881111", ref)
		more := []string{}
		if c.code != "" {
			more = []string{"ErrorCode", c.code}
		}
		tn.takes(tn.formRequest(token, append([]string{"MessageSid", ref, "MessageStatus", c.word, "From", "+12028831111", "To", "+14133881111"}, more...)...))
		if got := tn.message(id); got.Status != c.want || got.ErrorCode != c.wantCode {
			t.Errorf("%s: got %s %q, want %s %q", c.word, got.Status, got.ErrorCode, c.want, c.wantCode)
		}
	}
	forged := text("SM3")
	forged.HTTP.Body = []byte(strings.Replace(string(forged.HTTP.Body), "Msg", "Msh", 1))
	if a := g.flow.Receive(t.Context(), forged); a.Status != http.StatusNotFound {
		t.Errorf("forged: answered %d", a.Status)
	}
	// Signed over the public URL: what a proxy claims about itself changes nothing.
	moved := text("SM4")
	moved.HTTP.Header.Set("X-Forwarded-Host", "evil.example.com")
	moved.HTTP.Header.Set("X-Forwarded-Proto", "http")
	tn.takes(moved)
}
