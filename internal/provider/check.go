package provider

import (
	"context"
	"time"

	"patchbay/internal/directory"
	"patchbay/internal/fault"
	"patchbay/internal/message"
	"patchbay/internal/service"
)

// while is how long a person waits for a check.
const while = 15 * time.Second

// Report is what a provider said to a check or a registration.
type Report struct {
	Outcome  message.Outcome
	Code     string
	Text     string
	Request  string // of what decided, as HTTP text, redacted
	Response string
}

func (s *said) report() *Report {
	r := &Report{Outcome: s.Outcome, Code: s.ErrorCode, Text: s.ErrorText, Request: s.request, Response: s.answer}
	if r.Outcome == message.Accepted {
		r.Code, r.Text = "", ""
	}
	return r
}

// Has reports whether the integration's service has this call; what cannot be used has none.
func (a *Asker) Has(ctx context.Context, in *directory.Integration, call string) bool {
	svc, err := a.o.Shelf.Get(ctx, in.AccountID, in.ServiceID, "")
	return err == nil && svc.Has(call)
}

// Check asks whether the integration's credentials hold. What the provider says of them is kept as what needs attention, or needs none.
func (a *Asker) Check(ctx context.Context, in *directory.Integration) (*Report, error) {
	w, err := a.able(ctx, in, service.CheckCredentials)
	if err != nil {
		return nil, err
	}
	s := a.call(ctx, w, service.CheckCredentials, service.Calling{Sending: service.Sending{WebhookURL: a.webhookURL(in)}}, while)
	switch s.Outcome {
	case message.Accepted:
		a.attend(ctx, in, directory.AboutCredentials, "")
	case message.Refused:
		a.attend(ctx, in, directory.AboutCredentials, "the provider refused the credentials: "+s.ErrorText)
	}
	return s.report(), nil
}

// SetWebhook tells the provider our URL: once or, where the service wants it so, for each of these numbers; nil stands for all that
// the integration has. The report is of the first that was not accepted, or the last.
func (a *Asker) SetWebhook(ctx context.Context, in *directory.Integration, numbers []directory.Number) (*Report, error) {
	w, err := a.able(ctx, in, service.SetWebhook)
	if err != nil {
		return nil, err
	}
	c := service.Calling{Sending: service.Sending{WebhookURL: a.webhookURL(in)}}
	targets := []directory.Number{{}}
	if w.bound.RegistersNumbers() {
		if targets = numbers; targets == nil {
			if targets, err = a.o.Store.NumbersOfIntegration(ctx, in.AccountID, in.ID); err != nil {
				return nil, err
			}
		}
	} else if numbers != nil {
		return &Report{Outcome: message.Accepted}, nil // a new number changes nothing
	}
	ctx, cancel := context.WithTimeout(ctx, while)
	defer cancel()
	report := &Report{Outcome: message.Accepted, Text: "there is no number yet: it is made when there is one"}
	for _, n := range targets {
		c.From, c.Country, c.OutboundFormat = n.Value, n.Country, n.OutboundFormat
		s := a.call(ctx, w, service.SetWebhook, c, while)
		if report = s.report(); s.Outcome != message.Accepted {
			if n.Value != "" {
				report.Text = n.Value + ": " + report.Text
			}
			a.attend(context.WithoutCancel(ctx), in, directory.AboutWebhook, "our URL could not be registered at the provider: "+report.Text)
			return report, nil
		}
	}
	if numbers == nil {
		a.attend(ctx, in, directory.AboutWebhook, "")
	}
	return report, nil
}

// able is the way of a call that the integration's service must have.
func (a *Asker) able(ctx context.Context, in *directory.Integration, call string) (*way, error) {
	w, err := a.way(ctx, in)
	if err != nil {
		return nil, err
	}
	if !w.bound.Has(call) {
		return nil, fault.New(fault.Conflict, "service", "the file of %s has no %s", w.bound.Name, call)
	}
	return w, nil
}
