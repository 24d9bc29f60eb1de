package app_test

import (
	"fmt"
	"net"
	"net/url"
	"testing"

	"patchbay/internal/app"
)

func TestALongTextThatComesInPartsIsOneMessage(t *testing.T) {
	w := start(t)
	tm := w.account.newTeam("a", "vonage_sms", "+447700900000", map[string]string{"API key": "abcd1234", "API secret": "secret-of-the-api"})
	send := func(w *world, n int) {
		form := url.Values{"msisdn": {"447700900001"}, "to": {"447700900000"}, "messageId": {fmt.Sprint("part-", n)}, "type": {"text"},
			"text": {[]string{"", "yes ", "$to$ ", "😀"}[n]}, "concat": {"true"}, "concat-ref": {"7"}, "concat-total": {"3"}, "concat-part": {fmt.Sprint(n)}}
		if a := w.post(tm.webhook, "application/x-www-form-urlencoded", form.Encode()); a.status != 200 || len(a.body) != 0 {
			t.Errorf("part %d: answered %d %q", n, a.status, a.body)
		}
	}
	send(w, 3)
	send(w, 1)
	if rows := w.account.call(200, "GET", "/v1/messages?direction=inbound", nil).list("data"); len(rows) != 0 {
		t.Fatalf("delivered before the last part: %v", rows)
	}
	if err := w.app.Close(); err != nil {
		t.Fatal(err)
	}
	again := startWith(t, app.Options{DataDir: w.dir}) // parts are on the disk
	tm.webhook = again.app.URL() + tm.webhook[len(w.app.URL()):]
	send(again, 2)
	send(again, 2)
	rows := again.account.call(200, "GET", "/v1/messages?direction=inbound", nil).list("data")
	if len(rows) != 1 || rows[0]["content"] != "yes $to$ 😀" || fmt.Sprint(rows[0]["messageids"]) != "[part-1 part-2 part-3]" {
		t.Errorf("got %v", rows)
	}
}

// The address goes through the one door, by https: to a server that speaks no TLS we say hello, and no more.
func TestAnAddressToConfirmIsCalledThroughTheDoor(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	w := start(t, l.Addr().String())
	w.account.call(201, "PUT", "/v1/services/topics", `{"id": "topics", "properties": ["Topic"], "Webhook": [
		{"event_type": "handshake", "request_parameters": {"topic": "$Topic$", "confirm": "$url$"}, "confirm": {"request_url": "$url$", "hosts": ["127.0.0.1"]}}]}`)
	tm := w.account.newTeam("a", "topics", "+15550001001", map[string]string{"Topic": "ours"})
	w.post(tm.webhook, "application/json", `{"topic": "ours", "confirm": "https://`+l.Addr().String()+`/confirm"}`)
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	hello := make([]byte, 1)
	if _, err := c.Read(hello); err != nil || hello[0] != 0x16 { // RFC 8446 §5.1: a handshake record
		t.Errorf("it begins with %#x, %v", hello, err)
	}
	if rows := w.account.call(200, "GET", "/v1/callbacks", nil).list("data"); len(rows) != 1 || rows[0]["state"] != "done" {
		t.Errorf("kept %v", rows)
	}
}
