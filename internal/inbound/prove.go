package inbound

import (
	"context"
	"errors"
	"fmt"

	"patchbay/internal/service"
)

// maxSecrets is how many distinct sets of property values a callback that names nobody is tried against.
const maxSecrets = 8

// proof is whom a callback proved itself to. Integrations with equal property values are one check.
type proof struct {
	flow     *Flow
	src      *source
	audience audience
	cb       *service.Callback
	verdicts map[string]error // by secrets
	passed   []*member
	trusted  bool // it was verified when it came, and is read again
}

var (
	errTooMany = errors.New("tried against as many secrets as one callback may be")
	errBroke   = errors.New("our reader broke on it")
)

// passes checks the callback against a member's secrets, once for each distinct set.
func (p *proof) passes(m *member) error {
	if !p.audience.ids[m.ID] {
		return errNobody
	}
	if p.trusted || !p.src.service.Verifies() {
		return nil
	}
	err, asked := p.verdicts[m.secrets]
	if asked {
		return err
	}
	if len(p.verdicts) >= maxSecrets {
		return errTooMany
	}
	b, err := m.bound()
	if err == nil && p.flow.contain("verify", func() { err = b.Verify(p.cb) }) {
		err = errBroke
	}
	p.verdicts[m.secrets] = err
	return err
}

// Find is the number that is spelled so, if the callback may name it: one of an integration that it proves itself to.
func (p *proof) Find(spelling string) (service.Number, bool) {
	n, ok := p.src.numbers.Find(spelling)
	if !ok || p.passes(p.src.byID[n.Integration]) != nil {
		return service.Number{}, false
	}
	return n, true
}

// unproven finds numbers before anything is proven: only to know whose secret must verify.
type unproven struct{ *proof }

func (u unproven) Find(spelling string) (service.Number, bool) {
	n, ok := u.src.numbers.Find(spelling)
	return n, ok && u.audience.ids[n.Integration]
}

// prove verifies a callback before anything in it is believed. Who is called, or else whose message it speaks of, picks the
// integrations whose secrets must verify; a callback that names nobody of ours is tried against a few.
func (f *Flow) prove(ctx context.Context, src *source, to audience, cb *service.Callback) (*proof, error) {
	p := &proof{flow: f, src: src, audience: to, cb: cb, verdicts: map[string]error{}}
	groups := to.groups
	named, err := f.named(ctx, p)
	if err != nil && f.sources.away(err) && len(groups) <= maxSecrets {
		named, err = nil, nil // whose message it speaks of cannot be asked: it is tried against all
	}
	if err != nil {
		return nil, err
	}
	if len(named) > 0 {
		groups = audienceOf(named).groups
	}
	var why error
	for _, group := range groups {
		if err := p.passes(group[0]); err == nil {
			p.passed = append(p.passed, group...)
		} else if why == nil {
			why = err
		}
	}
	if len(p.passed) == 0 {
		return nil, &refusal{fmt.Errorf("verify: %w", why)}
	}
	cb.Numbers = p
	return p, nil
}

// named is the members that an unverified callback names.
func (f *Flow) named(ctx context.Context, p *proof) ([]*member, error) {
	if len(p.audience.ids) == 1 {
		return nil, nil
	}
	p.cb.Numbers = unproven{p}
	var peek service.Peek
	f.contain("peek", func() { peek = p.src.service.Peek(p.cb) })
	var ids []string
	if n, ok := p.cb.Numbers.Find(p.cb.Number); ok && p.cb.Number != "" {
		ids = append(ids, n.Integration)
	}
	for _, n := range peek.Numbers {
		ids = append(ids, n.Integration)
	}
	if len(ids) == 0 && len(peek.MessageIDs)+len(peek.IDs) > 0 {
		if f.sources.away(nil) {
			return nil, errAway
		}
		var err error
		ids, err = f.store.IntegrationsOfRefs(ctx, p.src.account, p.src.service.ID, peek.MessageIDs, peek.IDs)
		if err != nil {
			return nil, fmt.Errorf("whose messages: %w", err)
		}
	}
	var out []*member
	seen := map[string]bool{}
	for _, id := range ids {
		if m := p.src.byID[id]; m != nil && p.audience.ids[id] && !seen[id] {
			seen[id] = true
			out = append(out, m)
		}
	}
	return out, nil
}
