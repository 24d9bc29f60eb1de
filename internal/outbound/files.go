package outbound

import (
	"context"
	"errors"
	"strings"
	"time"

	"patchbay/internal/directory"
	"patchbay/internal/exchange"
	"patchbay/internal/media"
	"patchbay/internal/message"
	"patchbay/internal/service"
)

// Files gets what is in the files of a message: *media.Outgoing.
type Files interface {
	// Expect is the type of a file that lies here once it fits, or a fault that says why it never will.
	Expect(ctx context.Context, m message.Media, need media.Need) (kind string, err error)
	// Fit makes those behind the addresses that are the message's own files fit, and gives them as they are then.
	Fit(ctx context.Context, messageID string, urls []string, need media.Need) ([]message.Media, error)
	Get(ctx context.Context, urls []string, most int64) (files []media.Content, done func(), err error)
}

// need is what files of a message must be like.
func (f *Flow) need(ctx context.Context, r *route, n *directory.Number, accountID, orgID string) (media.Need, error) {
	l := r.bound.Limits
	o, err := found(f.o.Store.Organization(ctx, accountID, orgID))
	return media.Need{Most: l.MediaMaxBytes, Types: l.MediaTypes, Strip: directory.Strips(o, n)}, err
}

// expect makes sure, as far as that can be known before a message is accepted, that its files can be sent, and says of what types they will be.
func (f *Flow) expect(ctx context.Context, d *Draft, s *service.Sending, n media.Need) error {
	first := len(s.Files) - len(d.Files)
	for i := range d.Files {
		kind := d.Files[i].MediaType
		if f.o.Files != nil {
			var err error
			if kind, err = f.o.Files.Expect(ctx, d.Files[i], n); err != nil {
				return err
			}
		}
		s.Files[first+i].MediaType, s.Files[first+i].Name = kind, d.Files[i].Name
	}
	return nil
}

// fit makes the message's own files fit what their provider takes, before the first request tells of them.
func (f *Flow) fit(ctx context.Context, m *message.Message, s *service.Sending, n media.Need) error {
	if f.o.Files == nil || len(m.URLs) == 0 {
		return nil
	}
	list, err := f.o.Files.Fit(ctx, m.ID, m.URLs, n)
	for i := range list {
		if list[i].ID != "" {
			s.Files[i].MediaType, s.Files[i].Name = list[i].MediaType, list[i].Name
		}
	}
	return err
}

// prepare gets the files of a part what its request wants of them: their bytes, and what the provider calls them once it has them. It
// reports whether the send may leave; if not, t says why. done gives back what the bytes take, once the request has left.
func (f *Flow) prepare(ctx context.Context, r *route, s *service.Sending, part int, at service.Attempt, t *taught) (done func(), ready bool) {
	done = func() {}
	w := r.bound.Wants(s, part)
	if w == (service.Wants{}) {
		return done, true
	}
	if w.Bytes {
		got, release, err := f.bytes(ctx, s.Files[w.Lo:w.Hi], r.bound.Limits.MediaMaxBytes)
		done = release
		if err != nil {
			t.result, t.own = f.noFile(err), true
			return done, false
		}
		for i, c := range got {
			file := &s.Files[w.Lo+i]
			file.Data, file.MediaType, file.Name = c.Data, c.Type, c.Name
			if err := r.bound.TakesFile(file); err != nil {
				t.result = message.Result{Outcome: message.Refused, ErrorCode: codeOf(err), ErrorText: textOf(err)}
				return done, false
			}
		}
	}
	for i := w.Lo; w.Upload && i < w.Hi; i++ {
		if !f.upload(ctx, r, s, i, at, t) {
			return done, false
		}
	}
	return done, true
}

func (f *Flow) bytes(ctx context.Context, files []service.File, most int64) ([]media.Content, func(), error) {
	urls := make([]string, len(files))
	for i := range files {
		urls[i] = files[i].URL
	}
	if f.o.Files == nil {
		return nil, func() {}, errors.New("nobody gets the bytes of files here")
	}
	return f.o.Files.Get(ctx, urls, most)
}

// noFile is what becomes of a message whose file cannot be had: nothing of it has left.
func (f *Flow) noFile(err error) message.Result {
	var why *media.FetchError
	if !errors.As(err, &why) {
		f.o.Log.Error("get the bytes of a file", "err", err)
		return message.Result{Outcome: message.Unreached, ErrorCode: codeFile, ErrorText: "the file could not be read here"}
	}
	r := message.Result{Outcome: message.Refused, ErrorCode: codeFile, ErrorText: why.Reason}
	if why.State == message.MediaPending {
		r.Outcome, r.RetryAfter = message.Unreached, why.After
	}
	return r
}

// maxUploadRecord is how much of an upload is kept with the attempt that it is part of.
const maxUploadRecord = 8 << 10

// upload gives one file to the provider. It may be made again, so that only a refusal ends the message: of anything else nobody has
// taken it yet.
func (f *Flow) upload(ctx context.Context, r *route, s *service.Sending, i int, at service.Attempt, t *taught) bool {
	c := s.Upload(i)
	req, err := r.bound.Call(service.UploadFile, c, at)
	if err != nil {
		t.result = message.Result{Outcome: message.Refused, ErrorCode: codeOf(err), ErrorText: textOf(err)}
		return false
	}
	t.asked = true
	x := f.o.Door.Do(ctx, req, exchange.Options{Timeout: r.bound.Limits.Timeout, Pool: r.integration.ID, Secrets: r.secrets})
	t.record(clipRecord(x.Request), clipRecord(x.Answer), x.Duration)
	if x.Phase != exchange.Answered || x.Response == nil {
		t.result = message.Result{Outcome: message.Unreached, ErrorText: "the file was not uploaded: " + errorText(x.Err)}
		return false
	}
	got := r.bound.Called(service.UploadFile, c, x.Response, time.Now())
	got.ErrorText = "the file was not uploaded: " + got.ErrorText
	r.hide(req, &got.Result)
	switch got.Outcome {
	case message.Accepted:
		s.Files[i].MediaID = got.Values["mediaid"]
		return true
	case message.Maybe: // whether the provider has the file does not matter: it has no message with it
		got.Outcome = message.Unreached
	}
	got.MessageIDs = nil
	t.result, t.status = got.Result, x.Response.Status
	return false
}

// record adds an exchange to what is kept of the attempt.
func (t *taught) record(request, answer string, took time.Duration) {
	t.request, t.answer = after(t.request, request), after(t.answer, answer)
	t.duration += max(took, 1)
}

// after is the record of several exchanges of one attempt, in their order.
func after(earlier, later string) string {
	if earlier == "" || later == "" {
		return earlier + later
	}
	return earlier + "\n\n" + later
}

func clipRecord(s string) string {
	if len(s) <= maxUploadRecord {
		return s
	}
	return strings.ToValidUTF8(s[:maxUploadRecord], "") + "\n[more]"
}
