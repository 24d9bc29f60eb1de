package message

import "time"

// Shown is a message as programs and browsers see it: in /v1, in webhooks and in the stream alike.
type Shown struct {
	ID             string         `json:"id"`
	OrgID          string         `json:"orgid"`
	Direction      Direction      `json:"direction"`
	Status         Status         `json:"status"`
	From           string         `json:"from"`
	To             string         `json:"to"`
	Content        string         `json:"content"`
	ConversationID string         `json:"conversation"`
	UserID         string         `json:"user,omitempty"`
	ServiceID      string         `json:"service"`
	MessageIDs     []string       `json:"messageids"`
	Error          *ShownError    `json:"error,omitempty"`
	Segments       int            `json:"segments,omitempty"`
	Encoding       string         `json:"encoding,omitempty"`
	ResendOf       string         `json:"resend_of,omitempty"`
	Created        time.Time      `json:"created"`
	Attempts       []ShownAttempt `json:"attempts,omitzero"` // nil: not shown at all
	History        []Change       `json:"history"`
	Media          []ShownMedia   `json:"media"`
}

// ShownError is why a message failed.
type ShownError struct {
	Code string `json:"code"`
	Text string `json:"text,omitempty"`
}

// ShownAttempt is one exchange with the provider, secrets redacted.
type ShownAttempt struct {
	N        int         `json:"n"`
	At       time.Time   `json:"at"`
	Part     int         `json:"part,omitempty"`
	Outcome  Outcome     `json:"outcome"` // empty: not ended yet
	Again    bool        `json:"again,omitempty"`
	Took     int64       `json:"ms"`
	Error    *ShownError `json:"error,omitempty"`
	Request  string      `json:"request"`
	Response string      `json:"response"`
}

// ShownMedia is one file of a message.
type ShownMedia struct {
	URL   string     `json:"url"` // empty while an inbound file is not stored
	Type  string     `json:"type"`
	Size  int64      `json:"size"`
	Name  string     `json:"name,omitempty"`
	State MediaState `json:"state,omitempty"` // of an inbound file
}

// Show is v for a program or a browser, without its attempts; link gives the expiring address of a stored file.
func (v *View) Show(link func(m *Media) string) Shown {
	s := Shown{
		ID: v.ID, OrgID: v.OrgID, Direction: v.Direction, Status: v.Status, From: v.From, To: v.To, Content: v.Content,
		ConversationID: v.ConversationID, UserID: v.UserID, ServiceID: v.ServiceID, MessageIDs: v.MessageIDs,
		Error: shownError(v.ErrorCode, v.ErrorText), Segments: v.Segments, Encoding: v.Encoding, ResendOf: v.ResendOf,
		Created: v.Created.UTC(), History: make([]Change, len(v.History)), Media: []ShownMedia{},
	}
	if s.MessageIDs == nil {
		s.MessageIDs = []string{}
	}
	for i, c := range v.History {
		c.At = c.At.UTC()
		s.History[i] = c
	}
	for _, u := range v.URLs {
		s.Media = append(s.Media, ShownMedia{URL: u})
	}
	for i := range v.Media {
		m := &v.Media[i]
		one := ShownMedia{Type: m.MediaType, Size: m.Size, Name: m.Name, State: m.State}
		if m.State == MediaStored {
			one.URL = link(m)
		}
		s.Media = append(s.Media, one)
	}
	return s
}

// ShowWithAttempts is Show and every attempt.
func (v *View) ShowWithAttempts(link func(m *Media) string) Shown {
	s := v.Show(link)
	s.Attempts = make([]ShownAttempt, len(v.Attempts))
	for i, a := range v.Attempts {
		s.Attempts[i] = ShownAttempt{
			N: a.N, At: a.At.UTC(), Part: a.Part, Outcome: a.Outcome, Again: a.Again, Took: a.Duration.Milliseconds(),
			Error: shownError(a.ErrorCode, a.ErrorText), Request: a.Request, Response: a.Response,
		}
	}
	return s
}

func shownError(code, text string) *ShownError {
	if code == "" && text == "" {
		return nil
	}
	return &ShownError{Code: code, Text: text}
}
