package simulator

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"time"

	"patchbay/internal/service"
)

// lastReceipts is what the last receipt of a script says.
var lastReceipts = map[string]service.EventType{delivered: service.EventDelivered, undelivered: service.EventFailed}

// follow is what comes after a message was taken: receipts, and a reply.
func (p *Provider) follow(o *service.Order, id string, sc script) {
	if p.ctx.Err() != nil {
		return // it is closing, and waits for nobody new
	}
	p.busy.Go(func() {
		if !sc.Early && p.pause(p.ctx, sc.Wait) {
			p.receipts(o, id, sc)
		}
		if sc.Reply == "" {
			return
		}
		e := service.Emission{Type: service.EventMessage, From: o.To, To: o.From, Text: sc.Reply, MessageID: number18(), Proof: sc.Proof}
		if sc.Picture {
			e.Files = p.pictures()
		}
		for range times(sc.Twice) {
			_, _ = p.emit(p.ctx, e, o.WebhookURL, p.retries) // what came of it is on the console
		}
	})
}

func times(twice bool) int {
	if twice {
		return 2
	}
	return 1
}

// receipts brings the receipts of a message, as far as the file reads any.
func (p *Provider) receipts(o *service.Order, id string, sc script) {
	last, ok := lastReceipts[sc.Receipt]
	if !ok {
		return
	}
	kinds := []service.EventType{service.EventSent, last}
	if sc.Swapped {
		kinds[0], kinds[1] = kinds[1], kinds[0]
	}
	if sc.Early {
		kinds = kinds[1:]
	}
	for _, kind := range kinds {
		e := service.Emission{Type: kind, From: o.From, To: o.To, MessageID: id, ID: o.ID, Proof: sc.Proof}
		if kind == service.EventFailed {
			e.ErrorCode, e.ErrorText = sc.Code, sc.Reason
			if e.ErrorCode == "" {
				e.ErrorCode = "30008"
			}
		}
		if _, err := p.fake.Callback(e, p.webhookFor(o.WebhookURL), time.Now()); err != nil {
			continue // a provider that does not say this; the gaps have said so
		}
		for range times(sc.Repeat) {
			_, _ = p.emit(p.ctx, e, o.WebhookURL, p.retries) // what came of it is on the console
		}
	}
}

func (p *Provider) webhookFor(named string) string {
	if set := p.webhook(); set != "" {
		return set
	}
	return named
}

// emit brings one callback and gives the status of the answer.
func (p *Provider) emit(ctx context.Context, e service.Emission, named string, retries int) (status int, err error) {
	to := p.webhookFor(named)
	if to == "" {
		p.say("%s is not sent: no webhook URL is set", e.Type)
		return 0, errNoWebhook
	}
	if _, err := p.fake.Callback(e, to, time.Now()); err != nil {
		p.say("%s is not sent: %v", e.Type, err)
		return 0, err
	}
	if e.Proof != service.Signed {
		retries = 0 // it is to be refused
	}
	status, err = p.bring(ctx, string(e.Type), retries, func() (*http.Request, error) {
		made, err := p.fake.Callback(e, to, time.Now()) // a signature has its time
		if err != nil {
			return nil, err
		}
		r, err := http.NewRequest(made.Method, made.URL, bytes.NewReader(made.Body))
		if err == nil {
			r.Header = made.Header
		}
		return r, err
	})
	if err != nil {
		p.say("%s%s: %v", e.Type, optional(" of ", e.MessageID), err)
		return status, err
	}
	p.say("%s%s: answered with %d", e.Type, optional(" of ", e.MessageID), status)
	return status, nil
}

// pictures is a file to send, in every form that a provider may send it in.
func (p *Provider) pictures() []service.File {
	return []service.File{{URL: p.URL() + picturePath, MediaID: "sample.png", Name: "sample.png", MediaType: "image/png", Data: picture()}}
}

// Text makes a contact text one of our numbers, and gives the provider's id and the status that the callback was answered with.
func (p *Provider) Text(ctx context.Context, e service.Emission) (id string, status int, err error) {
	e.Type = service.EventMessage
	if e.MessageID == "" {
		e.MessageID = number18()
	}
	status, err = p.emit(ctx, e, p.lastWebhook(), 0)
	return e.MessageID, status, err
}

// Receipt brings a receipt of a message that was taken.
func (p *Provider) Receipt(ctx context.Context, e service.Emission) (status int, err error) {
	for _, r := range p.Received() {
		if r.MessageID == e.MessageID && e.MessageID != "" || r.Order.ID == e.ID && e.ID != "" {
			e.MessageID, e.ID, e.From, e.To = r.MessageID, r.Order.ID, r.From, r.To
			return p.emit(ctx, e, r.WebhookURL, 0)
		}
	}
	return 0, fmt.Errorf("no message of that id was taken")
}
