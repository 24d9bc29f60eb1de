package api

import (
	"context"
	"net/http"
	"sync"
	"time"

	"patchbay/internal/access"
	"patchbay/internal/directory"
	"patchbay/internal/fault"
	"patchbay/internal/message"
	"patchbay/internal/store"
)

// indication is the parameters of the methods that say what became of a message or a session. With a userid it is that user's doing;
// without, the contact's.
type indication struct {
	place
	MessageID loose   `json:"messageid"`
	SessionID loose   `json:"sessionid"`
	UserID    loose   `json:"userid"`
	Content   *string `json:"content"`
}

// messageIn is the organization's message of this id.
func (s *Server) messageIn(ctx context.Context, o *directory.Organization, id string) (*message.View, error) {
	if id == "" {
		return nil, fault.New(fault.Invalid, "messageid", "is missing")
	}
	v, err := s.o.Store.Message(ctx, o.AccountID, id)
	if fault.CodeOf(err) == fault.NotFound || err == nil && v.OrgID != o.ID {
		err = fault.New(fault.NotFound, "messageid", "no message %q", id)
	}
	return v, err
}

// rpcDelivered is the program's word that the contact's side received a user's message.
func (s *Server) rpcDelivered(ctx context.Context, p *access.Principal, r *http.Request, o *directory.Organization, in *indication) (any, error) {
	v, err := s.messageIn(ctx, o, string(in.MessageID))
	switch {
	case err != nil:
		return nil, err
	case v.Direction != message.Outbound:
		return nil, fault.New(fault.Conflict, "messageid", "this message came from the contact; only what users wrote is delivered to it")
	case v.Status.Rank() < message.Unclear.Rank():
		return nil, fault.New(fault.Conflict, "messageid", "this message is %s: it has not been sent yet", v.Status)
	}
	return nil, s.o.Store.Report(ctx, p.AccountID, v.ID, message.Delivered, time.Now())
}

// doer is the user whose doing it is; "" is the contact.
func (s *Server) doer(r *http.Request, o *directory.Organization, in *indication) (string, error) {
	if in.UserID == "" {
		return "", nil
	}
	u, err := s.userOf(r, o, string(in.UserID))
	if err != nil {
		return "", renamed(err, "userid")
	}
	return u.ID, nil
}

func (s *Server) rpcRead(ctx context.Context, p *access.Principal, r *http.Request, o *directory.Organization, in *indication) (any, error) {
	c, err := s.sessionOf(ctx, o, string(in.SessionID))
	if err != nil {
		return nil, err
	}
	by, err := s.doer(r, o, in)
	if err != nil {
		return nil, err
	}
	what := message.Outbound
	if by != "" {
		what = message.Inbound
	}
	return nil, s.o.Store.ReadConversation(ctx, o.AccountID, c.ID, what, time.Now())
}

func (s *Server) rpcTyping(ctx context.Context, p *access.Principal, r *http.Request, o *directory.Organization, in *indication) (any, error) {
	c, err := s.sessionOf(ctx, o, string(in.SessionID))
	if err != nil {
		return nil, err
	}
	by, err := s.doer(r, o, in)
	if err != nil {
		return nil, err
	}
	if !s.typing.told(c.ID+"/"+by, time.Now()) {
		return nil, nil
	}
	return nil, s.o.Store.Typing(ctx, c, by, time.Now())
}

// typingEvery is how often it is told that somebody goes on typing.
const typingEvery = 2 * time.Second

// typists remembers who was told to be typing a moment ago: clients say so with every key.
type typists struct {
	mu sync.Mutex
	at map[string]time.Time
}

// told reports whether it is to be told now.
func (t *typists) told(who string, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if now.Sub(t.at[who]) < typingEvery {
		return false
	}
	if t.at == nil || len(t.at) >= 10_000 {
		t.at = map[string]time.Time{}
	}
	t.at[who] = now
	return true
}

func (s *Server) rpcUpdated(ctx context.Context, p *access.Principal, r *http.Request, o *directory.Organization, in *indication) (any, error) {
	v, err := s.messageIn(ctx, o, string(in.MessageID))
	switch {
	case err != nil:
		return nil, err
	case in.Content == nil || *in.Content == "":
		return nil, fault.New(fault.Invalid, "content", "is missing; to take a text away, say deleted")
	case len(*in.Content) > maxField:
		return nil, fault.New(fault.Invalid, "content", "is longer than %d bytes", maxField)
	}
	return nil, s.o.Store.EditMessage(ctx, o.AccountID, v.ID, message.Edit{At: time.Now(), Content: clean(*in.Content)})
}

func (s *Server) rpcDeleted(ctx context.Context, p *access.Principal, r *http.Request, o *directory.Organization, in *indication) (any, error) {
	v, err := s.messageIn(ctx, o, string(in.MessageID))
	if err != nil {
		return nil, err
	}
	return nil, s.o.Store.EditMessage(ctx, o.AccountID, v.ID, message.Edit{At: time.Now(), Deleted: true})
}

// chatView is a conversation as getChats gives it.
type chatView struct {
	SessionID string   `json:"sessionid"`
	Number    string   `json:"number"`
	Contact   string   `json:"contact"`
	Users     []string `json:"users"` // the one whose private conversation it is, or those of the number
	Begin     int64    `json:"begin"`
	End       int64    `json:"end"`
	Messages  int      `json:"messages"` // in the period
}

func (s *Server) rpcGetChats(ctx context.Context, p *access.Principal, r *http.Request, o *directory.Organization, in *struct {
	place
	Number loose  `json:"number"`
	Begin  *int64 `json:"begin"`
	End    *int64 `json:"end"`
}) (any, error) {
	if in.Number == "" {
		return nil, fault.New(fault.Invalid, "number", "is missing; name a number of the organization")
	}
	n, err := s.numberNamed(r, o, string(in.Number), "number")
	if err != nil {
		return nil, err
	}
	begin, end := time.UnixMilli(0), time.Now()
	if in.Begin != nil {
		begin = time.UnixMilli(*in.Begin)
	}
	if in.End != nil {
		end = time.UnixMilli(*in.End)
	}
	if end.Before(begin) {
		return nil, fault.New(fault.Invalid, "end", "is before begin; both are milliseconds since 1970")
	}
	list, err := everything(func(cursor string) ([]message.Chat, string, error) {
		return s.o.Store.Chats(ctx, o.AccountID, o.ID, n.ID, begin, end, store.Page{Limit: pageSizeMax, Cursor: cursor})
	})
	out := make([]chatView, len(list))
	for i, c := range list {
		out[i] = chatView{SessionID: c.ID, Number: n.Value, Contact: c.Contact, Users: n.Users, Begin: c.Begin.UnixMilli(), End: c.End.UnixMilli(), Messages: c.Messages}
		if c.UserID != "" {
			out[i].Users = []string{c.UserID}
		}
		if out[i].Users == nil {
			out[i].Users = []string{}
		}
	}
	return out, err
}
