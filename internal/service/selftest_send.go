package service

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"patchbay/internal/message"
	"patchbay/internal/phone"
	"patchbay/internal/tree"
	"patchbay/internal/wire"
)

func (r *testRun) sending(v tree.Value) *Sending {
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
		m.Files = append(m.Files, testFile(f))
	}
	return m
}

// testFile is a file of a message. One without data has a little of its own, as if it had been fetched.
func testFile(v tree.Value) File {
	f := File{URL: v.Get("url").Text(), Name: v.Get("name").Text(), MediaType: v.Get("type").Text(), MediaID: v.Get("mediaid").Text()}
	if data, err := base64.StdEncoding.DecodeString(v.Get("data").Text()); err == nil {
		f.Data = data
	}
	return f
}

// prepare gets files what a request of theirs wants: by the uploads of the test, or else something made up.
func (r *testRun) prepare(m *Sending, w Wants, at Attempt) bool {
	uploads := r.test.Get("uploads").List()
	for i := w.Lo; i < w.Hi; i++ {
		f := &m.Files[i]
		if w.Bytes && len(f.Data) == 0 {
			f.Data = []byte("file")
		}
		if w.Upload && i < len(uploads) && !r.upload(uploads[i], pointer("/uploads", i), m.Upload(i), at, f) {
			return false
		}
		if w.Upload && f.MediaID == "" {
			f.MediaID = "media" + strconv.Itoa(i+1)
		}
	}
	return true
}

// upload makes one upload of a test. It reports whether the send that it was for goes on.
func (r *testRun) upload(test tree.Value, ptr string, c Calling, at Attempt, f *File) bool {
	req, err := r.bound.Call(UploadFile, c, at)
	if err != nil {
		r.broken(ptr, "the upload cannot be written: %v", err)
		return false
	}
	if want := test.Get("request"); want.Kind() != tree.Absent {
		r.request(ptr+"/request", want, req)
	}
	answer := test.Get("response")
	if answer.Kind() == tree.Absent {
		return true
	}
	got := r.bound.Called(UploadFile, c, testResponse(answer), r.now)
	r.outcome(ptr+"/result", test.Get("result"), &got)
	f.MediaID = got.Values["mediaid"]
	return got.Outcome == message.Accepted
}

// attempt is the attempt of a test, whose UUID is always the same.
func (r *testRun) attempt(v tree.Value) Attempt {
	at := Attempt{Now: r.now, UUID: v.Get("uuid").Text(), Token: r.test.Get("token").Text()}
	if at.Token == "" {
		at.Token = "test" // as with properties that a test does not care about
	}
	if at.UUID == "" {
		at.UUID = "00000000-0000-4000-8000-000000000001"
	}
	return at
}

func (r *testRun) runSend() {
	m := r.sending(r.test.Get("send"))
	at := r.attempt(r.test.Get("send"))
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
		if !r.prepare(m, r.bound.Wants(m, part), at) {
			return
		}
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
			r.outcome("/result", r.test.Get("result"), &Called{Result: got})
		}
	}
}

// outcome compares what an answer says.
func (r *testRun) outcome(at string, want tree.Value, got *Called) {
	r.same(at+"/outcome", want.Get("outcome"), string(got.Outcome))
	r.same(at+"/messageid", want.Get("messageid"), strings.Join(got.MessageIDs, ","))
	r.sameList(at+"/messageids", want.Get("messageids"), got.MessageIDs)
	r.same(at+"/error_code", want.Get("error_code"), got.ErrorCode)
	r.same(at+"/error_text", want.Get("error_text"), got.ErrorText)
	r.same(at+"/retry_after", want.Get("retry_after"), strconv.FormatFloat(got.RetryAfter.Seconds(), 'f', -1, 64))
	r.same(at+"/opted_out", want.Get("opted_out"), strconv.FormatBool(got.OptedOut))
	r.same(at+"/auth_expired", want.Get("auth_expired"), strconv.FormatBool(got.AuthFailed))
	for _, m := range want.Get("values").Members() {
		r.same(pointer(at+"/values", m.Name), m.Value, got.Values[m.Name])
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
