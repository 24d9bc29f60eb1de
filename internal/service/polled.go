package service

import (
	"net/http"
	"strings"
	"time"

	"patchbay/internal/tree"
	"patchbay/internal/wire"
)

// The answers to GetStatus and Receive say what a callback says, so they are read as callbacks are: by models of their own or, where the
// method has none, by those of Webhook.

// defaultInterval is how long Receive waits where nothing is new, unless the file says otherwise.
const defaultInterval = 30 * time.Second

// answerMethod is what stands in a callback that is an answer, where the method of a request would: no request can have it.
func answerMethod(name string) string { return name + " answer" }

// asking is what a callback that is an answer answers to.
type asking struct {
	models        []*model
	messageID, id string // what was asked about; an answer need not repeat it
}

// Answer is what came back to a call, as a callback: it is kept, read and replayed as one.
func (b *Bound) Answer(name string, c Calling, url string, r *wire.Response, now time.Time) *Callback {
	cb := &Callback{Now: now, Request: wire.Request{Method: answerMethod(name), URL: url, Header: r.Header, Body: r.Body}}
	if cb.Request.Header == nil {
		cb.Request.Header = http.Header{}
	}
	cb.answers = &asking{models: b.models, messageID: c.MessageID, id: c.ID}
	if m, err := b.callMethod(name, &c); err == nil && m.models != nil {
		cb.answers.models = m.models
	}
	return cb
}

// modelsFor is the models that a callback is offered to.
func (b *Bound) modelsFor(cb *Callback) []*model {
	if cb.answers != nil {
		return cb.answers.models
	}
	name, isAnswer := strings.CutSuffix(cb.Request.Method, answerMethod(""))
	if !isAnswer {
		return b.models
	}
	cb.answers = &asking{models: b.models} // one that was kept, and is read again
	if m, err := b.callMethod(name, &Calling{}); err == nil && m.models != nil {
		cb.answers.models = m.models
	}
	return cb.answers.models
}

// isAnswer reports whether a callback is an answer of the provider to a request of ours.
func (cb *Callback) isAnswer() bool {
	return cb.answers != nil || strings.HasSuffix(cb.Request.Method, answerMethod(""))
}

// Interval is how long Receive waits before it asks again.
func (b *Bound) Interval() time.Duration {
	if m, err := b.callMethod(Receive, &Calling{}); err == nil && m.interval > 0 {
		return m.interval
	}
	return defaultInterval
}

// AsksByMessageID reports whether GetStatus names messages by the provider's ids; otherwise it does by ours.
func (b *Bound) AsksByMessageID() bool {
	for _, m := range b.calls[GetStatus] {
		if m.uses.has(slotMessageID) {
			return true
		}
	}
	return false
}

// RegistersNumbers reports whether SetWebhook is made once for each number.
func (b *Bound) RegistersNumbers() bool {
	for _, m := range b.calls[SetWebhook] {
		if m.uses.has(slotFrom) {
			return true
		}
	}
	return false
}

// events compiles what the answers to a method are read by.
func (l *loader) events(m *method, v tree.Value, ptr string) {
	if !m.kind.tells {
		return
	}
	m.interval = l.duration(v.Get("interval"), ptr+"/interval", 5*time.Second, 24*time.Hour)
	own := v.Get("events")
	if own.Kind() == tree.Absent {
		return
	}
	models, looks, telling := l.svc.models, l.svc.looks, l.telling
	l.svc.models, l.telling = nil, m.kind
	l.models(own, ptr+"/events")
	l.order()
	m.models = l.svc.models
	if m.models == nil {
		m.models = []*model{} // the mistakes in them are told; those of Webhook are not meant
	}
	l.svc.models, l.svc.looks, l.telling = models, looks, telling
}

// tellings checks the methods that are read by the models of Webhook, once those are there.
func (l *loader) tellings() {
	for _, name := range []string{GetStatus, Receive} {
		for _, m := range l.svc.calls[name] {
			if m.models != nil {
				continue
			}
			if len(l.svc.models) == 0 {
				l.fail(m.pointer+"/events", "say what its answers tell: models, as in Webhook")
			}
			for _, model := range l.svc.models {
				if name == Receive && model.readsMessages() && !model.read.uses(slotMessageID) {
					l.fail(m.pointer+"/events", "%s has messages without a $messageid$, which every poll would bring again; give models that have it", model.pointer)
				}
			}
		}
	}
}

// tellNeeds is modelNeeds for what the answers to a method tell.
func (l *loader) tellNeeds(m *model, ptr string) {
	switch {
	case l.telling.name == Receive && m.readsMessages() && !m.read.uses(slotMessageID):
		l.fail(ptr, "a message needs a $messageid$ here: every poll may bring it again")
	case l.telling.name == GetStatus && m.readsMessages():
		l.fail(ptr, "%s asks what became of messages of ours; those of contacts are read by %s", GetStatus, Receive)
	}
}
