package notify

import (
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"patchbay/internal/message"
)

// MessageView is a message as programs see it: what GET /v1/messages/{id} gives and what notifications carry.
type MessageView struct {
	ID           string            `json:"id"`
	Direction    message.Direction `json:"direction"`
	Status       message.Status    `json:"status"`
	OrgID        string            `json:"orgid"`
	User         string            `json:"user,omitempty"` // who wrote it
	Conversation string            `json:"conversation"`
	Service      string            `json:"service"`
	From         string            `json:"from"`
	To           string            `json:"to"`
	Content      string            `json:"content"`
	MessageIDs   []string          `json:"messageids"` // the provider's
	Error        *ErrorView        `json:"error,omitempty"`
	Encoding     string            `json:"encoding,omitempty"`
	Segments     int               `json:"segments,omitzero"`
	ResendOf     string            `json:"resend_of,omitempty"`
	Created      time.Time         `json:"created"`
	Expires      time.Time         `json:"expires,omitzero"`
	Attempts     []AttemptView     `json:"attempts,omitzero"` // nil, as in notifications: not shown
	History      []message.Change  `json:"history"`
	Media        []MediaView       `json:"media"`
	Call         jsontext.Value    `json:"call,omitzero"`    // of a call, in place of content
	Edited       time.Time         `json:"edited,omitzero"`  // when its text was last changed
	Deleted      bool              `json:"deleted,omitzero"` // nothing of it is shown any more
	Edits        []EditView        `json:"edits,omitzero"`   // what stood there, the oldest first; nil, as in notifications: not shown
}

// EditView is a text of a message before or after a change.
type EditView struct {
	At      time.Time `json:"at"`
	Content string    `json:"content"`
	Deleted bool      `json:"deleted,omitzero"`
}

// ErrorView is why a message failed, in the provider's words or ours.
type ErrorView struct {
	Code string `json:"code"`
	Text string `json:"text,omitempty"`
}

// AttemptView is one attempt; without an outcome it has not ended.
type AttemptView struct {
	N          int             `json:"n"`
	Part       int             `json:"part,omitzero"`
	At         time.Time       `json:"at"`
	DurationMS int64           `json:"duration_ms"`
	Outcome    message.Outcome `json:"outcome,omitempty"`
	Again      bool            `json:"again,omitzero"`
	Request    string          `json:"request"`
	Response   string          `json:"response"`
	Error      *ErrorView      `json:"error,omitempty"`
}

// MediaView is one file. Its URL works once the file is stored, and expires.
type MediaView struct {
	URL    string             `json:"url"`  // empty: it is not kept
	Type   string             `json:"type"` // empty and 0: not known, as of a file that we only pass on
	Size   int64              `json:"size"`
	Name   string             `json:"name,omitempty"`
	State  message.MediaState `json:"state,omitempty"`
	Reason string             `json:"reason,omitempty"`
}

// Link makes the address behind which a file is shown.
type Link func(mediaID string) string

// ViewOf shows a message. With attempts, as GET does; without, as notifications do.
func ViewOf(v *message.View, link Link, attempts bool) MessageView {
	out := MessageView{
		ID: v.ID, Direction: v.Direction, Status: v.Status, OrgID: v.OrgID, User: v.UserID,
		Conversation: v.ConversationID, Service: v.ServiceID, From: v.From, To: v.To, Content: v.Content,
		MessageIDs: v.MessageIDs, Error: errorOf(v.ErrorCode, v.ErrorText), Encoding: v.Encoding, Segments: v.Segments,
		ResendOf: v.ResendOf, Created: v.Created.UTC(), History: make([]message.Change, len(v.History)), Media: []MediaView{},
	}
	if out.MessageIDs == nil {
		out.MessageIDs = []string{}
	}
	if !v.Expires.IsZero() {
		out.Expires = v.Expires.UTC()
	}
	for i, c := range v.History {
		c.At = c.At.UTC()
		out.History[i] = c
	}
	text, changed, deleted := v.Shown()
	if out.Content, out.Deleted = text, deleted; !changed.IsZero() {
		out.Edited = changed.UTC()
	}
	if attempts && len(v.Edits) > 0 {
		out.Edits = []EditView{{At: v.Created.UTC(), Content: v.Content}}
		for _, e := range v.Edits {
			out.Edits = append(out.Edits, EditView{At: e.At.UTC(), Content: e.Content, Deleted: e.Deleted})
		}
	}
	if v.Kind == message.KindCall {
		if out.Content = ""; !deleted {
			out.Call = jsontext.Value(v.Content)
		}
	}
	urls, files := v.URLs, v.Media
	if v.Direction == message.Outbound && len(files) > 0 {
		urls = urls[:max(len(urls)-len(files), 0)] // the last lead to the files, which say more
	}
	if deleted {
		urls, files = nil, nil
	}
	for _, u := range urls {
		out.Media = append(out.Media, MediaView{URL: u})
	}
	for _, m := range files {
		mv := MediaView{Type: m.MediaType, Size: m.Size, Name: m.Name, State: m.State, Reason: m.Reason}
		if link != nil && (m.State == message.MediaStored || m.State == message.MediaPending) {
			mv.URL = link(m.ID)
		}
		out.Media = append(out.Media, mv)
	}
	if attempts {
		out.Attempts = make([]AttemptView, len(v.Attempts))
		for i, a := range v.Attempts {
			out.Attempts[i] = AttemptView{
				N: a.N, Part: a.Part, At: a.At.UTC(), DurationMS: a.Duration.Milliseconds(), Outcome: a.Outcome, Again: a.Again,
				Request: a.Request, Response: a.Response, Error: errorOf(a.ErrorCode, a.ErrorText),
			}
		}
	}
	return out
}

func errorOf(code, text string) *ErrorView {
	if code == "" && text == "" {
		return nil
	}
	return &ErrorView{code, text}
}
