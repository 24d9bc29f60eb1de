package notify

import (
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"patchbay/internal/message"
)

// MessageView is a message as programs see it: what GET /v1/messages/{id} gives and what notifications carry.
type MessageView struct {
	ID           string            `json:"id" doc:"The message's id, ours."`
	Direction    message.Direction `json:"direction" doc:"outbound goes to the handset, inbound comes from it."`
	Status       message.Status    `json:"status" doc:"Where it stands. Only a higher rank replaces a lower: queued or received, sending, unclear, sent, then failed, expired or cancelled, delivered, read."`
	OrgID        string            `json:"orgid" doc:"The organization that it belongs to."`
	User         string            `json:"user,omitempty" doc:"The id of the user who wrote it."`
	Conversation string            `json:"conversation" doc:"The id of its conversation."`
	Service      string            `json:"service" doc:"The id of the service that carries it; empty when its contact lives in a program."`
	From         string            `json:"from" doc:"Who wrote: a number of ours when outbound, the contact when inbound."`
	To           string            `json:"to" doc:"To whom: the contact when outbound, a number of ours when inbound."`
	Content      string            `json:"content" doc:"The text as it stands now."`
	MessageIDs   []string          `json:"messageids" doc:"The ids that the provider gave it, one for each part."`
	Error        *ErrorView        `json:"error,omitempty" doc:"Why it failed."`
	Encoding     string            `json:"encoding,omitempty" doc:"How its text travels." enum:"gsm7,ucs2"`
	Segments     int               `json:"segments,omitzero" doc:"How many segments a carrier bills."`
	Dismissed    bool              `json:"dismissed,omitzero" doc:"It did not get through, and somebody said that it stays so: it is no dead letter any more."`
	ResendOf     string            `json:"resend_of,omitempty" doc:"The id of the message that it sends again."`
	Created      time.Time         `json:"created" doc:"When it was accepted, or came."`
	Expires      time.Time         `json:"expires,omitzero" doc:"After this it is not sent any more."`
	Attempts     []AttemptView     `json:"attempts,omitzero" doc:"Every exchange that tried to move it. Left out in lists and notifications."`
	History      []message.Change  `json:"history" doc:"Every status that was told, in the order in which it came."`
	Media        []MediaView       `json:"media" doc:"Its files."`
	Call         jsontext.Value    `json:"call,omitzero" doc:"Of a call, in place of content: what the program that brought it told." as:"object"`
	Edited       time.Time         `json:"edited,omitzero" doc:"When its text was last changed."`
	Deleted      bool              `json:"deleted,omitzero" doc:"It was deleted: nothing of it is shown any more."`
	Edits        []EditView        `json:"edits,omitzero" doc:"What stood there, the oldest first. Left out where nothing was changed, in lists and notifications, and for users."`
}

// EditView is a text of a message before or after a change.
type EditView struct {
	At      time.Time `json:"at" doc:"When it was written."`
	Content string    `json:"content" doc:"The text."`
	Deleted bool      `json:"deleted,omitzero" doc:"This change deleted it."`
}

// ErrorView is why a message failed, in the provider's words or ours.
type ErrorView struct {
	Code string `json:"code" doc:"The provider's code, or one of ours."`
	Text string `json:"text,omitempty" doc:"Why, in words."`
}

// AttemptView is one attempt; without an outcome it has not ended.
type AttemptView struct {
	N          int             `json:"n" doc:"Its number, from 1."`
	Part       int             `json:"part,omitzero" doc:"Which part of the message it carried, from 0."`
	At         time.Time       `json:"at" doc:"When it began."`
	DurationMS int64           `json:"duration_ms" doc:"How long it took, in milliseconds."`
	Service    string          `json:"service" doc:"The id of the service by which it went."`
	Outcome    message.Outcome `json:"outcome,omitempty" doc:"What it taught us. Left out: it has not ended."`
	Again      bool            `json:"again,omitzero" doc:"It repeats an unclear one: the provider may have seen the message twice."`
	Request    string          `json:"request" doc:"What was sent, credentials masked."`
	Response   string          `json:"response" doc:"What was answered, at most 256 KiB, credentials masked."`
	Error      *ErrorView      `json:"error,omitempty" doc:"Why it failed."`
}

// MediaView is one file. Its URL works once the file is stored, and expires.
type MediaView struct {
	URL    string             `json:"url" doc:"Where it is shown; expires after some days. Empty: it is not kept."`
	Type   string             `json:"type" doc:"Its media type, as found in its bytes. Empty: not known."`
	Size   int64              `json:"size" doc:"Its size in bytes. 0: not known."`
	Name   string             `json:"name,omitempty" doc:"The name that its sender gave it."`
	State  message.MediaState `json:"state,omitempty" doc:"How far it has come. Left out: it is only passed on."`
	Reason string             `json:"reason,omitempty" doc:"Why it failed or is blocked."`

	Preview string `json:"preview,omitempty" doc:"Where a small picture of it is shown, as long as url. Left out: it is no picture that can be read."`
}

// Link makes the address behind which a file is shown.
type Link func(mediaID string) string

// ViewOf shows a message. With attempts, as GET does; without, as notifications do.
func ViewOf(v *message.View, link Link, attempts bool) MessageView {
	out := MessageView{
		ID: v.ID, Direction: v.Direction, Status: v.Status, OrgID: v.OrgID, User: v.UserID,
		Conversation: v.ConversationID, Service: v.ServiceID, From: v.From, To: v.To, Content: v.Content,
		MessageIDs: v.MessageIDs, Error: errorOf(v.ErrorCode, v.ErrorText), Encoding: v.Encoding, Segments: v.Segments,
		Dismissed: v.Dismissed, ResendOf: v.ResendOf, Created: v.Created.UTC(), History: make([]message.Change, len(v.History)), Media: []MediaView{},
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
			if m.State == message.MediaStored && message.HasPreview(m.MediaType) {
				mv.Preview = mv.URL + message.PreviewPath
			}
		}
		out.Media = append(out.Media, mv)
	}
	if attempts {
		out.Attempts = make([]AttemptView, len(v.Attempts))
		for i, a := range v.Attempts {
			out.Attempts[i] = AttemptView{
				N: a.N, Part: a.Part, At: a.At.UTC(), DurationMS: a.Duration.Milliseconds(), Service: a.ServiceID, Outcome: a.Outcome, Again: a.Again,
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
