package api

import (
	"context"
	"fmt"
	"hash/maphash"
	"net/http"
	"slices"
	"sync"

	"patchbay/internal/access"
	"patchbay/internal/audit"
	"patchbay/internal/fault"
	"patchbay/internal/message"
	"patchbay/internal/store"
)

// A dead letter is a message that did not get through: failed or expired, or unclear, and nobody has sent it again or dismissed it.

const (
	maxDeadLetters = 1000 // that are retried or dismissed in one call
	lettersAtOnce  = 16
)

var deadStatuses = []message.Status{message.Failed, message.Expired, message.Unclear}

// deadFilter picks dead letters as a list of messages is picked.
func (s *Server) deadFilter(r *http.Request, p *access.Principal, among []message.Status) (message.Filter, error) {
	f, err := s.messageFilter(r, p)
	if err != nil {
		return f, err
	}
	for _, status := range f.Statuses {
		if !slices.Contains(among, status) {
			return f, fault.New(fault.Invalid, "status", "can only be %s here", words(among))
		}
	}
	if len(f.Statuses) == 0 {
		f.Statuses = among
	}
	f.Direction, f.Unresolved = message.Outbound, true
	return f, nil
}

func (s *Server) listDeadLetters(w http.ResponseWriter, r *http.Request, p *access.Principal) error {
	at, err := page(r)
	if err != nil {
		return err
	}
	f, err := s.deadFilter(r, p, deadStatuses)
	if err != nil {
		return err
	}
	return s.sendMessages(w, r, f, at)
}

// lettersInput says which of them: some by their ids, or all that the query picks.
type lettersInput struct {
	IDs []string `json:"ids" doc:"The ids of messages, at most 1,000."`
	All bool     `json:"all" doc:"In place of ids: all that the query picks, the newest 1,000." default:"false"`
}

// lettersView is what became of them.
type lettersView struct {
	Done   int          `json:"done" doc:"How many were carried out."`
	More   bool         `json:"more" doc:"There are more that the query picks: call again."`
	Failed []letterView `json:"failed" doc:"Those that were not, and why."`
	Sent   []resentView `json:"sent" doc:"Of a retry: the messages that were made."`
}

type letterView struct {
	ID     string     `json:"id" doc:"The message."`
	Code   fault.Code `json:"code" doc:"What kind of refusal it is."`
	Detail string     `json:"detail" doc:"Why, and how to mend it."`
}

type resentView struct {
	ID       string `json:"id" doc:"The new message."`
	ResendOf string `json:"resend_of" doc:"The message that it sends again."`
}

// retryDeadLetters sends messages again, each as a new one that names the old. Of one contact, in the order in which they were written.
func (s *Server) retryDeadLetters(w http.ResponseWriter, r *http.Request, p *access.Principal) error {
	return s.settleLetters(w, r, p, deadStatuses, "retry", func(ctx context.Context, v *message.View) (string, error) {
		ack, err := s.o.Outbound.Resend(ctx, p.AccountID, v.ID, "dead-letter "+v.ID, nil) // whoever asks twice at once sends once
		return ack.ID, err
	})
}

// dismissDeadLetters gives messages up.
func (s *Server) dismissDeadLetters(w http.ResponseWriter, r *http.Request, p *access.Principal) error {
	return s.settleLetters(w, r, p, deadStatuses, "dismiss", func(ctx context.Context, v *message.View) (string, error) {
		return "", s.o.Outbound.Dismiss(ctx, p.AccountID, v.ID)
	})
}

func (s *Server) settleLetters(w http.ResponseWriter, r *http.Request, p *access.Principal, among []message.Status, doing string,
	do func(ctx context.Context, v *message.View) (made string, err error)) error {
	var in lettersInput
	if _, err := decode(w, r, &in); err != nil {
		return err
	}
	orgID, _, err := s.scope(r, p)
	if err != nil {
		return err
	}
	out := lettersView{Failed: []letterView{}, Sent: []resentView{}}
	list, err := s.letters(r, p, &in, among, &out)
	if err != nil {
		return err
	}
	made, errs := make([]string, len(list)), make([]error, len(list))
	ctx, seed := audit.Without(r.Context()), maphash.MakeSeed() // it goes on record once
	var workers sync.WaitGroup
	for n := range lettersAtOnce {
		workers.Go(func() {
			for i := len(list) - 1; i >= 0; i-- { // the oldest first, and of one contact one after the other
				if maphash.String(seed, list[i].To)%lettersAtOnce == uint64(n) {
					made[i], errs[i] = do(ctx, &list[i])
				}
			}
		})
	}
	workers.Wait()
	for i, err := range errs {
		if err != nil {
			out.refuse(s, r, list[i].ID, err)
			continue
		}
		if out.Done++; made[i] != "" {
			out.Sent = append(out.Sent, resentView{made[i], list[i].ID})
		}
	}
	if out.Done > 0 {
		e := s.entry(r, p, "dead-letter."+doing, orgID, fmt.Sprintf("%d messages", out.Done))
		e.OrgID = orgID
		if err := s.o.Store.Record(r.Context(), e); err != nil {
			return err
		}
	}
	return send(w, http.StatusOK, out)
}

// letters are the messages that are meant, the newest first.
func (s *Server) letters(r *http.Request, p *access.Principal, in *lettersInput, among []message.Status, out *lettersView) (list []message.View, err error) {
	switch {
	case in.All && len(in.IDs) > 0:
		return nil, fault.New(fault.Invalid, "all", "leave it out where ids say which")
	case in.All:
		f, err := s.deadFilter(r, p, among)
		if err != nil {
			return nil, err
		}
		for cursor := ""; len(list) < maxDeadLetters; {
			rows, next, err := s.o.Store.Messages(r.Context(), f, store.Page{Limit: min(pageSizeMax, maxDeadLetters-len(list)), Cursor: cursor})
			if err != nil {
				return nil, err
			}
			list = append(list, rows...)
			if cursor = next; next == "" {
				break
			}
			out.More = len(list) >= maxDeadLetters
		}
		return list, nil
	}
	if err := count("ids", len(in.IDs), maxDeadLetters); err != nil {
		return nil, err
	}
	for i, id := range in.IDs {
		if slices.Contains(in.IDs[:i], id) {
			continue
		}
		v, err := s.messageOf(r.Context(), p, id)
		if err == nil && (v.Direction != message.Outbound || !slices.Contains(among, v.Status)) {
			err = fault.New(fault.Conflict, "status", "the message is %s: only %s can be", v.Status, words(among))
		}
		if err != nil {
			out.refuse(s, r, id, err)
			continue
		}
		list = append(list, *v)
	}
	slices.SortFunc(list, func(a, b message.View) int { return b.Created.Compare(a.Created) })
	return list, nil
}

// refuse says why a message was not settled. What is our own mistake goes into the log.
func (v *lettersView) refuse(s *Server, r *http.Request, id string, err error) {
	problem, _ := explain(s.o.Log, r, err)
	v.Failed = append(v.Failed, letterView{id, problem.Code, problem.Detail})
}
