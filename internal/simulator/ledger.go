package simulator

import (
	"context"
	"time"

	"patchbay/internal/service"
)

// maxLedger is how many requests are remembered; the oldest go.
const maxLedger = 10_000

// Received is one request that came.
type Received struct {
	At time.Time `json:"at"`
	service.Order
	Try       int      `json:"try,omitempty"`
	Answer    string   `json:"answer"` // accepted, refused, busy, …, reset
	Status    int      `json:"status,omitempty"`
	MessageID string   `json:"messageid,omitempty"` // that it was given
	Problems  []string `json:"problems,omitempty"`  // why it is none that the file writes
}

func (p *Provider) note(r *Received) {
	r.At = time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.ledger) >= maxLedger {
		p.ledger = append(p.ledger[:0], p.ledger[1:]...)
	}
	p.ledger = append(p.ledger, r)
	close(p.told)
	p.told = make(chan struct{})
}

// Received is every request that came, the oldest first.
func (p *Provider) Received() []Received {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := make([]Received, len(p.ledger))
	for i, r := range p.ledger {
		out[i] = *r
	}
	return out
}

// Counts is how often each of our ids was taken: more than once is a text that somebody got twice.
func (p *Provider) Counts() map[string]int {
	out := map[string]int{}
	for _, r := range p.Received() {
		if r.Answer == "accepted" && r.Order.ID != "" {
			out[r.Order.ID]++
		}
	}
	return out
}

// Await gives the requests as soon as there are n of them.
func (p *Provider) Await(ctx context.Context, n int) ([]Received, error) {
	for {
		p.mu.Lock()
		told, enough := p.told, len(p.ledger) >= n
		p.mu.Unlock()
		if enough {
			return p.Received(), nil
		}
		select {
		case <-told:
		case <-ctx.Done():
			return p.Received(), ctx.Err()
		}
	}
}

// lastWebhook is the webhook URL that the last message named.
func (p *Provider) lastWebhook() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := len(p.ledger) - 1; i >= 0; i-- {
		if u := p.ledger[i].WebhookURL; u != "" {
			return u
		}
	}
	return ""
}
