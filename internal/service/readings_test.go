package service

import (
	"encoding/base64"
	"strings"
	"testing"
)

// The filter is asked before the called number is known, and a provider that leaves the 1 away means a number at home.
func TestDigitsWithoutTheirCountryAreReadWhereTheCalledNumberIs(t *testing.T) {
	b := reading(t, `{"event_type": "message", "request_parameters": {"from": "$from|digits$", "to": "$to|digits$", "text": "$content$"}}`)
	for _, c := range []struct{ from, to, wantFrom, wantTo string }{
		{"4155552345", "5550001111", "+14155552345", "+15550001111"},
		{"14155552345", "15550001111", "+14155552345", "+15550001111"},
		{"0412345679", "61412345678", "+61412345679", "+61412345678"},
		{"6591234567", "15550001111", "+6591234567", "+15550001111"}, // Singapore's, also from North America
		{"72345", "12345", "72345", "12345"},
		{"ACME", "+15550001111", "ACME", "+15550001111"},
	} {
		r := b.Read(post("application/json", `{"from": "`+c.from+`", "to": "`+c.to+`", "text": "x"}`))
		if len(r.Events) != 1 || r.Events[0].From != c.wantFrom || r.Events[0].To != c.wantTo {
			t.Errorf("%s to %s: got %+v %s, want %s to %s", c.from, c.to, r.Events, r.Reason, c.wantFrom, c.wantTo)
		}
	}
}

const pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

func TestAFileIsWhatIsKnownToBeOne(t *testing.T) {
	b := reading(t, `{"event_type": "message", "request_parameters": {"from": "$from$", "to": "$to$", "text": "$content?$",
		"parts": [{"data": "$file?|base64$", "type": "$mimetype?$", "name": "$filename?$"}]}}`)
	for _, c := range []struct{ data, want string }{
		{pixel, "image/png"},
		{strings.TrimRight(pixel, "="), "image/png"},
		{base64.StdEncoding.EncodeToString([]byte("BEGIN:VCARD\r\nVERSION:3.0\r\nN:Ana\r\nEND:VCARD\r\n")), "text/vcard"},
		{base64.StdEncoding.EncodeToString([]byte("a text")), "text/plain"},
		{"Helloworld", ""}, {"yes", ""}, {"0123", ""}, {"null", ""}, {"", ""}, {"not base64!", ""}, {"//79", ""},
	} {
		r := b.Read(post("application/json", `{"from": "+15551234567", "to": "+15550001111", "text": "x", "parts": [{"data": "`+c.data+`"}]}`))
		if len(r.Events) != 1 {
			t.Fatalf("%s: %s", c.data, r.Reason)
		}
		got := ""
		for _, f := range r.Events[0].Files {
			got += f.MediaType
		}
		if got != c.want {
			t.Errorf("%s: got files of type %q, want %q", c.data, got, c.want)
		}
	}
	form := reading(t, `{"event_type": "message", "request_parameters": {"from": "$from$", "to": "$to$", "text": "$content?$", "m$n$": "$file?$"}}`)
	const part = "--b\r\nContent-Disposition: form-data; name=\"%name\"%more\r\n\r\n%body\r\n"
	body := ""
	for _, p := range [][3]string{
		{"from", "", "+15551234567"}, {"to", "", "+15550001111"},
		{"m1", "; filename=\"a.amr\"\r\nContent-Type: audio/amr", "whatever"},
		{"m2", "; filename=\"a\"\r\nContent-Type: application/octet-stream", "\x89PNG\r\n\x1a\n"},
		{"m3", "; filename=\"b\"\r\nContent-Type: application/octet-stream", "\x00\x01\x02\x03"},
	} {
		body += strings.NewReplacer("%name", p[0], "%more", p[1], "%body", p[2]).Replace(part)
	}
	r := form.Read(post("multipart/form-data; boundary=b", body+"--b--\r\n"))
	if len(r.Events) != 1 || len(r.Events[0].Files) != 2 || r.Events[0].Files[0].MediaType != "audio/amr" || r.Events[0].Files[1].MediaType != "image/png" {
		t.Errorf("got %+v %s", r.Events, r.Reason)
	}
}

// Lists side by side are one file after the other, and what has no type takes none from the next.
func TestParallelListsAreOneFileEach(t *testing.T) {
	b := reading(t, `{"event_type": "message", "request_parameters": {"from": "$from$", "to": "$to$", "urls": "$urls?$", "types": "$mimetype?$"}}`)
	r := b.Read(post("application/json", `{"from": "+15551234567", "to": "+15550001111", "urls": ["https://a/1", "ftp://a/2", "https://a/3"], "types": [null, "text/plain", "image/png"]}`))
	if len(r.Events) != 1 || len(r.Events[0].Files) != 2 {
		t.Fatalf("got %+v %s", r.Events, r.Reason)
	}
	if f := r.Events[0].Files; f[0].URL != "https://a/1" || f[0].MediaType != "" || f[1].URL != "https://a/3" || f[1].MediaType != "image/png" {
		t.Errorf("got %+v", f)
	}
}
