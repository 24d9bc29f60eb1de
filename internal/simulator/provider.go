package simulator

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"patchbay/internal/service"
	"patchbay/internal/wire"
)

// Imitation says which provider is imitated, and how it behaves.
type Imitation struct {
	Listen     string            // host:port; default 127.0.0.1:0
	Service    *service.Service  // the file
	Properties map[string]string // values of the file's properties; those that are left out are made up
	Callback   string            // the webhook URL; default: the one that a message names, where the file passes it
	Country    string            // in which national numbers are read and written; default US
	Faults     []string          // what goes wrong with every message
	Tries      int               // how many of a message's tries they are for; 0: all
	Console    io.Writer         // what people see; default discarded
	Log        *slog.Logger      // default discarded
	Retries    int               // how often a callback without a 2xx is tried again; default 8
}

// Provider is a running imitation: it takes what the file sends, answers what the file reads, and calls back as the file expects.
type Provider struct {
	station
	o    Imitation
	fake *service.Fake
	file []byte

	mu     sync.Mutex
	next   []string // faults of the next messages
	left   int      // how many
	tries  map[string]int
	ledger []*Received
	told   chan struct{} // closed and made anew with every change of the ledger
}

// Imitate opens a port and is that provider until Close.
func Imitate(ctx context.Context, o Imitation) (*Provider, error) {
	if o.Service == nil {
		return nil, errors.New("simulator: no service file")
	}
	if err := CheckFaults(o.Faults); err != nil {
		return nil, err
	}
	if o.Console == nil {
		o.Console = io.Discard
	}
	p := &Provider{o: o, tries: map[string]int{}, told: make(chan struct{})}
	if err := p.open(ctx, o.Listen, o.Log, o.Retries); err != nil {
		return nil, err
	}
	if err := p.become(); err != nil {
		_ = p.listen.Close()
		return nil, err
	}
	p.callback = o.Callback
	p.serve(p.routes())
	return p, nil
}

// become makes the provider of the file, with this address in the place of the real one.
func (p *Provider) become() (err error) {
	if p.file, err = service.Redirect(p.o.Service, p.URL()); err != nil {
		return err
	}
	redirected, problems := service.Parse(p.file)
	if redirected == nil {
		return fmt.Errorf("the file with this address in it: %w", problems.Err())
	}
	if p.fake, err = service.NewFake(redirected, p.o.Properties, p.URL()); err != nil {
		return err
	}
	if p.o.Country != "" {
		p.fake.Country = p.o.Country
	}
	return nil
}

// File is the service file whose requests come here: the same, but for the provider's address.
func (p *Provider) File() []byte { return p.file }

// Fake is the provider's side of that file.
func (p *Provider) Fake() *service.Fake { return p.fake }

// Values is the property values that an integration must have.
func (p *Provider) Values() map[string]string { return p.fake.Values() }

// Gaps is what cannot be imitated.
func (p *Provider) Gaps() service.Problems { return p.fake.Gaps(time.Now()) }

const (
	controlPath = "/_simulate"
	picturePath = controlPath + "/media/sample.png"
	maxRequest  = 16 << 20
)

func (p *Provider) routes() http.Handler {
	own := http.NewServeMux()
	p.control(own)
	controlled := onlyLoopbackNames(http.NewCrossOriginProtection().Handler(own))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == picturePath:
			servePicture(w, r)
		case r.URL.Path == controlPath || strings.HasPrefix(r.URL.Path, controlPath+"/"):
			controlled.ServeHTTP(w, r)
		default:
			p.take(w, r)
		}
	})
}

// take is every request to the provider's API.
func (p *Provider) take(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil {
		refuse(w, http.StatusRequestEntityTooLarge, "too_large", err.Error())
		return
	}
	req := &wire.Request{Method: r.Method, URL: p.URL() + r.URL.RequestURI(), Header: r.Header, Body: body}
	if id, answer := p.fake.TakeFile(req, p.URL()+picturePath); answer != nil {
		p.say("file %s is fetched", id)
		if answer.Body == nil {
			servePicture(w, r)
			return
		}
		answerWith(w, answer)
		return
	}
	if answer := p.fake.TakeToken(req); answer != nil {
		p.say("OAuth 2: %s is answered with %d", r.URL.Path, answer.Status)
		answerWith(w, answer)
		return
	}
	order, complaint := p.fake.Take(req)
	if complaint != nil {
		p.complain(w, req, complaint)
		return
	}
	if !order.IsSend() {
		p.answerCall(w, order)
		return
	}
	p.message(w, r, order)
}

// complain says what is wrong with a request, in the answer and on the console.
func (p *Provider) complain(w http.ResponseWriter, r *wire.Request, c *service.Complaint) {
	p.say("%s %s is refused with %d:", r.Method, strings.TrimPrefix(r.URL, p.URL()), c.Status)
	for _, problem := range c.Problems {
		p.say("    %s", problem)
	}
	p.note(&Received{Answer: "refused", Status: c.Status, Problems: c.Problems})
	writeJSON(w, c.Status, map[string]any{"error": map[string]any{"code": "not_what_the_file_writes", "message": strings.Join(c.Problems, "; "), "problems": c.Problems}})
}

// answerCall answers a request that is no message: a token, a check.
func (p *Provider) answerCall(w http.ResponseWriter, o *service.Order) {
	answer, err := p.fake.Answer(o, service.Said{Outcome: "accepted", MessageID: o.MessageID}, time.Now())
	if err != nil {
		p.say("%s cannot be answered: %v", o.Method, err)
		refuse(w, http.StatusNotImplemented, "no_answer", err.Error())
		return
	}
	p.say("%s is answered with %d", o.Method, answer.Status)
	p.note(&Received{Order: *o, Answer: "accepted", Status: answer.Status})
	answerWith(w, answer)
}

// plan is what happens to a message: what its number says, then the flags, then what was asked for the next messages, then its own text.
func (p *Provider) plan(o *service.Order) (script, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	key := o.ID
	if key == "" {
		key = strings.Join([]string{o.From, o.To, o.Text}, "\x00")
	}
	if len(p.tries) > maxLedger {
		clear(p.tries)
	}
	p.tries[key]++
	sc := scriptFor(o.To, p.tries[key], 0)
	if p.o.Tries == 0 || sc.Try <= p.o.Tries {
		if err := applyFaults(&sc, p.o.Faults); err != nil {
			return sc, err
		}
	}
	if p.left > 0 {
		p.left--
		if err := applyFaults(&sc, p.next); err != nil {
			return sc, err
		}
	}
	return sc, applyFaults(&sc, faultsIn(o.Text))
}

// message takes a message, or does not.
func (p *Provider) message(w http.ResponseWriter, r *http.Request, o *service.Order) {
	sc, err := p.plan(o)
	if err != nil {
		refuse(w, http.StatusInternalServerError, "fault", err.Error())
		return
	}
	got := &Received{Order: *o, Try: sc.Try}
	if !p.pause(r.Context(), sc.Slow) {
		return
	}
	if sc.Reset {
		got.Answer = "reset"
		p.note(got)
		p.say("%s to %s: the connection is ended before it is taken", o.Method, o.To)
		hangUp(w)
		return
	}
	said := service.Said{Outcome: sc.Outcome, Entry: sc.Entry, Code: sc.Code, Text: sc.Reason, RetryAfter: sc.After}
	got.MessageID = number18()
	switch {
	case sc.Entry > 0:
		said.MessageID = got.MessageID
	case sc.Outcome == "":
		said.Outcome, said.Code, said.Text, said.MessageID = "accepted", "", "", got.MessageID
	}
	answer, err := p.fake.Answer(o, said, time.Now())
	if err != nil && said.Code != "" { // its numbers have codes of their own, which this file may not know
		said.Code = ""
		answer, err = p.fake.Answer(o, said, time.Now())
	}
	if err != nil {
		p.say("%s to %s cannot be answered as wanted: %v", o.Method, o.To, err)
		p.note(&Received{Order: *o, Try: sc.Try, Answer: "none", Status: http.StatusNotImplemented, Problems: []string{err.Error()}})
		refuse(w, http.StatusNotImplemented, "no_answer", err.Error())
		return
	}
	outcome, ids := p.fake.Meaning(o, answer, time.Now())
	taken := outcome == "accepted"
	if got.Answer, got.Status = outcome, answer.Status; len(ids) == 0 && !taken {
		got.MessageID = ""
	}
	p.note(got)
	p.say("%s from %s to %s: %s, %d%s", o.Method, o.From, o.To, got.Answer, answer.Status, optional(", id ", got.MessageID))
	if taken && sc.Early {
		p.receipts(o, got.MessageID, sc)
	}
	switch {
	case sc.Hang:
		select {
		case <-r.Context().Done():
		case <-p.ctx.Done():
		}
	case sc.Cut:
		hangUp(w)
	case sc.Half:
		sendHalf(w, answer)
	default:
		answerWith(w, answer)
		_ = http.NewResponseController(w).Flush() // the answer is on its way before its receipts are
	}
	if taken {
		p.follow(o, got.MessageID, sc)
	}
}

// pause waits, and reports whether anybody still does.
func (p *Provider) pause(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
	case <-p.ctx.Done():
	}
	return false
}

func answerWith(w http.ResponseWriter, r *wire.Response) {
	for name, values := range r.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(r.Status)
	_, _ = w.Write(r.Body) // a client that went away is no news to a simulator
}

// sendHalf promises the whole answer and ends in its middle.
func sendHalf(w http.ResponseWriter, r *wire.Response) {
	half := *r
	half.Body = r.Body[:len(r.Body)/2]
	w.Header().Set("Content-Length", fmt.Sprint(len(r.Body)+1))
	answerWith(w, &half)
	_ = http.NewResponseController(w).Flush()
	hangUp(w)
}

// say is a line for people.
func (p *Provider) say(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprintf(p.o.Console, format+"\n", args...)
}

func optional(before, text string) string {
	if text == "" {
		return ""
	}
	return before + text
}

// number18 is an id of eighteen digits, which fits wherever a provider has numbers, or words.
func number18() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // crypto/rand never fails (Go 1.24)
	return fmt.Sprint(100_000_000_000_000_000 + binary.BigEndian.Uint64(b[:])%900_000_000_000_000_000)
}
