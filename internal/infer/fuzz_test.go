package infer

import (
	"net/http"
	"strings"
	"testing"

	"patchbay/internal/service"
	"patchbay/internal/wire"
)

// Whatever comes, nothing panics, what is given out loads, and its tests pass.
func FuzzInfer(f *testing.F) {
	for _, provider := range []string{"bandwidth", "infobip", "messagebird", "telnyx", "vonage_sms", "questblue"} {
		captures, _ := readFixture(f, provider)
		for i := 1; i < len(captures); i += 3 {
			a, b := &captures[i-1].Request, &captures[i].Request
			f.Add(a.Header.Get("Content-Type"), a.Body, b.Body, "+15550001111")
		}
	}
	f.Add("application/x-www-form-urlencoded", []byte("From=%2B15550002222&To=%2B15550001111&Body=Hi&MediaUrl0=https%3A%2F%2Ff.example.com%2Fa"), []byte("MessageSid=1&MessageStatus=sent"), "+15550001111")
	f.Add("text/xml", []byte("<a><from>15550002222</from><to x='1'>15550001111</to><text>a</text></a>"), []byte("<a/>"), "15551")
	f.Add("multipart/form-data; boundary=x", []byte("--x\r\nContent-Disposition: form-data; name=\"from\"\r\n\r\n+15550002222\r\n--x--"), []byte(""), "")
	f.Add("", []byte(`[{"from":{"$any":"+15550002222"},"to":["+15550001111",{"text":"$to$"}],"text":"{\"text\":\"{}\"}"}]`), []byte(`{"messages":[{"id":1,"status":"sent"},{"id":2,"status":{"status":"failed"}}]}`), "x")
	f.Fuzz(func(t *testing.T, contentType string, a, b []byte, number string) {
		capture := func(name string, body []byte) Capture {
			return Capture{Name: name, Request: wire.Request{Method: "POST", URL: "https://gw.example.com/x", Header: http.Header{"Content-Type": {contentType}}, Body: body}}
		}
		query := Capture{Name: "query", Request: wire.Request{Method: "GET", URL: "https://gw.example.com/x?" + strings.ToValidUTF8(string(a), ""), Header: http.Header{}}}
		r := Infer([]Capture{capture("a", a), capture("b", b), query}, Options{Numbers: []string{number}})
		if s, problems := service.Check(r.File); s == nil {
			t.Errorf("%v\n%s", problems, r.File)
		}
	})
}
