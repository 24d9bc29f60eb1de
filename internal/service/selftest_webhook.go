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

func (r *testRun) callback() (*Callback, error) {
	v := r.test.Get("webhook")
	cb := &Callback{Now: r.now, Number: v.Get("number").Text(), RemoteIP: v.Get("remote_ip").Text(), Signer: r.signer}
	cb.Request = wire.Request{Method: v.Get("method").Text(), URL: v.Get("url").Text(), Header: testHeaders(v.Get("headers"))}
	if cb.Request.Method == "" {
		cb.Request.Method = http.MethodPost
	}
	if cb.Request.URL == "" {
		cb.Request.URL = testURL + r.service.ID + "/a1"
	}
	switch q := v.Get("query"); q.Kind() {
	case tree.Absent:
	case tree.String:
		cb.Request.URL += "?" + q.Text()
	default:
		query, err := wire.EncodeQuery(q)
		if err != nil {
			return nil, err
		}
		cb.Request.URL += "?" + query
	}
	var err error
	if cb.Request.Body, err = testBody(v.Get("body"), cb.Request.Header); err != nil {
		return nil, err
	}
	cb.Numbers = r.numbers()
	return cb, nil
}

// numbers is our numbers as the test has them; nil: every number is ours.
func (r *testRun) numbers() NumberFinder {
	ours := r.test.Get("numbers")
	if ours.Kind() == tree.Absent {
		return nil
	}
	var list []Number
	for _, n := range texts(ours) {
		list = append(list, Number{Value: n, Country: phone.Country(n)})
	}
	return NewNumbers(list)
}

func (r *testRun) runWebhook() {
	cb, err := r.callback()
	if err == nil && r.test.Get("sign").Text() == "true" {
		err = r.bound.Sign(cb)
	}
	if err != nil {
		r.broken("/webhook", "the callback cannot be made: %v", err)
		return
	}
	if shaken := r.bound.Shake(cb); shaken != nil {
		r.reading(&shaken.Reading)
		r.reply(shaken.Reply)
		return
	}
	if want := r.test.Get("verified"); want.Kind() != tree.Absent || r.test.Get("sign").Text() == "true" {
		err := r.bound.Verify(cb)
		if (err == nil) == (want.Text() == "false") {
			got := "verified"
			if err != nil {
				got = err.Error()
			}
			r.fail("/verified", want, got)
		}
		if err != nil {
			return
		}
	}
	reading := r.bound.Read(cb)
	r.reading(&reading)
	r.reply(r.bound.Reply(cb, &reading))
}

func (r *testRun) reading(reading *Reading) {
	if want := r.test.Get("unmatched"); want.Kind() != tree.Absent {
		r.same("/unmatched", want, strconv.FormatBool(reading.Unmatched))
	} else if reading.Unmatched {
		r.broken("/webhook", "%s", strings.TrimSpace(strings.Join([]string{reading.Reason, reading.Nearest, reading.Difference}, " ")))
	}
	if want := r.test.Get("events"); want.Kind() != tree.Absent {
		r.events(want.List(), reading.Events)
	}
}

func (r *testRun) events(want []tree.Value, got []Event) {
	if len(want) != len(got) {
		r.fail("/events", fmt.Sprintf("%d events", len(want)), fmt.Sprintf("%d events", len(got)))
	}
	for i := range min(len(want), len(got)) {
		w, e, at := want[i], &got[i], pointer("/events", i)
		kind := w.Get("type")
		if kind.Text() == "mms" && e.Type == EventMessage && len(e.Files) > 0 {
			kind = tree.Text(string(EventMessage))
		}
		r.same(at+"/type", kind, string(e.Type))
		for _, row := range []struct{ name, got string }{
			{"from", e.From}, {"to", e.To}, {"content", e.Content}, {"messageid", e.MessageID}, {"id", e.ID}, {"event_key", e.Word},
			{"error_code", e.ErrorCode}, {"error_text", e.ErrorText}, {"part_ref", e.PartRef}, {"confirm", e.Confirm},
			{"part", strconv.Itoa(e.Part)}, {"parts", strconv.Itoa(e.Parts)}, {"timestamp", moment(e.Timestamp).Text()},
		} {
			r.same(pointer(at, row.name), w.Get(row.name), row.got)
		}
		r.sameList(at+"/also_to", w.Get("also_to"), e.AlsoTo)
		for _, row := range []struct {
			name string
			of   func(*File) string
		}{
			{"urls", func(f *File) string { return f.URL }}, {"types", func(f *File) string { return f.MediaType }},
			{"names", func(f *File) string { return f.Name }}, {"mediaids", func(f *File) string { return f.MediaID }},
		} {
			var list []string
			for j := range e.Files {
				if s := row.of(&e.Files[j]); s != "" {
					list = append(list, s)
				}
			}
			r.sameList(pointer(at, row.name), w.Get(row.name), list)
		}
	}
}

func (r *testRun) reply(got *wire.Response) {
	want := r.test.Get("reply")
	r.same("/reply/status", want.Get("status"), strconv.Itoa(got.Status))
	r.same("/reply/content_type", want.Get("content_type"), got.Header.Get("Content-Type"))
	r.headers("/reply/headers", want.Get("headers"), got.Header)
	r.body("/reply/body", want.Get("body"), got.Header.Get("Content-Type"), got.Body)
}
