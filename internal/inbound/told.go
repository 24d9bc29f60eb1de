package inbound

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"patchbay/internal/directory"
	"patchbay/internal/lane"
	"patchbay/internal/message"
	"patchbay/internal/service"
)

// Told is what a provider said when it was asked: its answer, read as a callback is. Nobody need prove who sent it: we asked.
type Told struct {
	flow    *Flow
	heard   *heard
	row     *message.Callback
	applied message.Applied
	files   bool // they came inside it, and are judged afterwards
	broke   bool
}

// Told reads an answer (service.Bound.Answer) of an integration's provider.
func (f *Flow) Told(ctx context.Context, in *directory.Integration, cb *service.Callback) (*Told, error) {
	src, err := f.sources.get(ctx, in.AccountID, in.ServiceID)
	if err != nil {
		return nil, err
	}
	m := src.byID[in.ID]
	if m == nil {
		return nil, errNobody
	}
	p := &proof{flow: f, src: src, passed: []*member{m}, audience: audienceOf([]*member{m}), trusted: true, cb: cb}
	cb.Numbers, cb.Number = p, src.onlyNumber(in.ID)
	t := &Told{flow: f, heard: f.read(p)}
	t.row = &message.Callback{
		ID: message.NewID(), AccountID: in.AccountID, ServiceID: src.service.ID, ServiceVersion: src.service.Version, At: cb.Now,
		Method: cb.Request.Method, URL: cb.Request.URL, Header: cb.Request.Header, Body: cb.Request.Body, Number: cb.Number,
		IntegrationIDs: []string{in.ID}, Events: encode(t.heard.reading.Events),
	}
	var files []inline
	t.broke = f.contain("plan", func() { t.applied, files = t.heard.plan(t.row) })
	t.files = len(files) > 0
	t.row.State, t.row.Reason = t.applied.State, t.applied.Reason
	return t, nil
}

// onlyNumber is an integration's number, where it has one alone: then a message that names none is to it.
func (src *source) onlyNumber(integrationID string) (only string) {
	for value, n := range src.rows {
		if n.IntegrationID != integrationID {
			continue
		}
		if only != "" {
			return ""
		}
		only = value
	}
	return only
}

// Says reports whether anything is in the answer that concerns anybody.
func (t *Told) Says() bool {
	return t.broke || t.row.State == message.CallbackUnmatched || len(t.applied.Arrivals)+len(t.applied.Receipts)+len(t.applied.Confirms) > 0
}

// Unmatched is why nothing reads the answer, or a part of it; "" where all is read.
func (t *Told) Unmatched() string {
	if t.row.State != message.CallbackUnmatched {
		return ""
	}
	return t.row.Reason
}

// Receipts is what the answer says of messages that we sent.
func (t *Told) Receipts() []message.Receipt { return t.applied.Receipts }

// Digest is the same for answers that say the same, whatever else differs in them; "" for one that says nothing.
func (t *Told) Digest() string {
	if !t.Says() {
		return ""
	}
	h := sha256.New()
	h.Write(t.row.Events)
	if t.row.State == message.CallbackUnmatched {
		h.Write(t.row.Body) // what nobody reads may be anything
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// Keep keeps the answer and how far it brought its poll, in one commit. One that says what the last one said, or nothing, moves the poll alone.
func (t *Told) Keep(ctx context.Context, p message.Poll, more bool, nextAt time.Time) error {
	f, now := t.flow, t.Digest()
	same := now == "" || now == p.Digest
	p.Digest = now
	if same {
		return f.store.TakeAnswer(ctx, p, nil, message.Applied{}, more, nextAt)
	}
	veil(t.row, t.heard.passed)
	if !t.files && !t.broke {
		err := f.store.TakeAnswer(ctx, p, t.row, t.applied, more, nextAt)
		if err == nil {
			f.count(t.row.State)
		}
		if err == nil || errors.Is(err, lane.ErrFenced) {
			return err
		}
		f.log.Error("answer not applied at once", "callback", t.row.ID, "service", t.row.ServiceID, "why", err)
	}
	t.row.State, t.row.Reason = message.CallbackPending, ""
	if err := f.store.TakeAnswer(ctx, p, t.row, message.Applied{}, more, nextAt); err != nil {
		return fmt.Errorf("keep answer: %w", err)
	}
	f.Wake()
	return nil
}
