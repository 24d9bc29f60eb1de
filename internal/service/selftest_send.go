package service

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"patchbay/internal/phone"
	"patchbay/internal/tree"
	"patchbay/internal/wire"
)

func (r *testRun) sending() *Sending {
	v := r.test.Get("send")
	m := &Sending{
		From: v.Get("from").Text(), To: v.Get("to").Text(), Text: v.Get("content").Text(), Extension: v.Get("extension").Text(),
		Domain: v.Get("domain").Text(), Username: v.Get("username").Text(), OrgID: v.Get("orgid").Text(), ID: v.Get("id").Text(),
		WebhookURL: v.Get("webhook_url").Text(), Country: v.Get("country").Text(), OutboundFormat: v.Get("format").Text(), Created: r.now,
	}
	if m.Text == "" {
		m.Text = v.Get("text").Text()
	}
	if m.ID == "" {
		m.ID = "00000000-0000-7000-8000-000000000001"
	}
	if m.WebhookURL == "" {
		m.WebhookURL = testURL + r.service.ID + "/a1"
	}
	if created := v.Get("created"); created.Kind() != tree.Absent {
		m.Created = timeOf(created.Text())
	}
	if m.Country == "" {
		m.Country = phone.Country(m.From)
	}
	m.Encoding, m.Segments, _ = phone.Segments(m.Text)
	for _, u := range append(texts(v.Get("url")), texts(v.Get("urls"))...) {
		m.Files = append(m.Files, File{URL: u})
	}
	for _, f := range v.Get("files").List() {
		m.Files = append(m.Files, File{URL: f.Get("url").Text(), Name: f.Get("name").Text(), MediaType: f.Get("type").Text()})
	}
	return m
}

func (r *testRun) runSend() {
	m := r.sending()
	at := Attempt{Now: r.now, UUID: r.test.Get("send").Get("uuid").Text()}
	if at.UUID == "" {
		at.UUID = "00000000-0000-4000-8000-000000000001"
	}
	parts, err := r.bound.Parts(m)
	if err != nil {
		r.broken("/send", "the message cannot be sent: %v", err)
		return
	}
	wanted, place := r.test.Get("requests").List(), "/requests/"
	if one := r.test.Get("request"); one.Kind() != tree.Absent {
		wanted, place = []tree.Value{one}, ""
	}
	if len(wanted) > 0 && len(wanted) != parts {
		r.fail("/request", fmt.Sprintf("%d requests", len(wanted)), fmt.Sprintf("%d requests", parts))
	}
	for part := range parts {
		req, err := r.bound.Request(m, part, at)
		if err != nil {
			r.broken("/send", "the request cannot be written: %v", err)
			return
		}
		if part < len(wanted) {
			where := "/request"
			if place != "" {
				where = place + strconv.Itoa(part)
			}
			r.request(where, wanted[part], req)
		}
	}
	answers := r.test.Get("responses").List()
	if one := r.test.Get("response"); one.Kind() != tree.Absent {
		answers = []tree.Value{one}
	}
	for part, answer := range answers {
		if part >= parts {
			r.broken("/responses", "there are more responses than requests")
			return
		}
		got := r.bound.Response(m, part, testResponse(answer), r.now)
		if part == len(answers)-1 {
			want := r.test.Get("result")
			r.same("/result/outcome", want.Get("outcome"), string(got.Outcome))
			r.same("/result/messageid", want.Get("messageid"), strings.Join(got.MessageIDs, ","))
			r.sameList("/result/messageids", want.Get("messageids"), got.MessageIDs)
			r.same("/result/error_code", want.Get("error_code"), got.ErrorCode)
			r.same("/result/error_text", want.Get("error_text"), got.ErrorText)
			r.same("/result/retry_after", want.Get("retry_after"), strconv.FormatFloat(got.RetryAfter.Seconds(), 'f', -1, 64))
			r.same("/result/opted_out", want.Get("opted_out"), strconv.FormatBool(got.OptedOut))
			r.same("/result/auth_expired", want.Get("auth_expired"), strconv.FormatBool(got.AuthFailed))
		}
	}
}

func testHeaders(v tree.Value) http.Header {
	h := http.Header{}
	for _, m := range v.Members() {
		h[http.CanonicalHeaderKey(m.Name)] = texts(m.Value)
	}
	return h
}

// testBody is a body as bytes: text as it stands, anything else as its content type says, JSON where none does.
func testBody(v tree.Value, h http.Header) ([]byte, error) {
	if v.Kind() == tree.Absent {
		return nil, nil
	}
	if v.Kind() == tree.String {
		return []byte(v.Text()), nil
	}
	if h.Get("Content-Type") == "" {
		h.Set("Content-Type", "application/json")
	}
	body, contentType, err := wire.Encode(h.Get("Content-Type"), v)
	h.Set("Content-Type", contentType)
	return body, err
}

func testResponse(v tree.Value) *wire.Response {
	r := &wire.Response{Status: http.StatusOK, Header: testHeaders(v.Get("headers"))}
	if status, err := strconv.Atoi(v.Get("status").Text()); err == nil {
		r.Status = status
	}
	r.Body, _ = testBody(v.Get("body"), r.Header)
	return r
}

func (r *testRun) request(at string, want tree.Value, got *wire.Request) {
	r.same(at+"/method", want.Get("method"), got.Method)
	r.same(at+"/url", want.Get("url"), got.URL)
	r.headers(at+"/headers", want.Get("headers"), got.Header)
	r.body(at+"/body", want.Get("body"), got.Header.Get("Content-Type"), got.Body)
}
