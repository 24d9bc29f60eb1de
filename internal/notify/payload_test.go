package notify

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/message"
)

var noon = time.Date(2026, 5, 4, 12, 0, 0, 123_000_000, time.UTC)

func link(id string) string { return "https://sms.example.com/media/" + id }

func arrived() *message.View {
	return &message.View{
		Message: message.Message{
			ID: "0197", OrgID: "17", Direction: message.Inbound, ConversationID: "c1", NumberID: "n1", IntegrationID: "i1", ServiceID: "acme",
			From: "+61855555555", To: "+61123456789", Content: "Hi: there", Status: message.Received, Created: noon,
		},
		MessageIDs: []string{"m1"},
		Attempts:   []message.Attempt{{N: 1, Request: "POST / with a key"}},
		History:    []message.Change{{Status: message.Received, At: noon}},
		Media: []message.Media{
			{ID: "f1", State: message.MediaStored, MediaType: "image/png", Size: 3},
			{ID: "f2", State: message.MediaBlocked, Reason: "not a picture"},
		},
	}
}

func TestANotificationIsTypeTimestampAndTheMessageWithoutItsAttempts(t *testing.T) {
	got, err := body(&message.Notification{Type: message.MessageReceived, At: noon, Message: arrived()}, link)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"type":"message.received","timestamp":"2026-05-04T12:00:00.123Z","data":{` +
		`"id":"0197","direction":"inbound","status":"received","orgid":"17","conversation":"c1","service":"acme",` +
		`"from":"+61855555555","to":"+61123456789","content":"Hi: there","messageids":["m1"],"created":"2026-05-04T12:00:00.123Z",` +
		`"history":[{"status":"received","at":"2026-05-04T12:00:00.123Z"}],` +
		`"media":[{"url":"https://sms.example.com/media/f1","type":"image/png","size":3,"state":"stored","preview":"https://sms.example.com/media/f1/preview"},` +
		`{"url":"","type":"","size":0,"state":"blocked","reason":"not a picture"}]}}`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
}

func TestAMessageThatIsAskedForShowsItsAttempts(t *testing.T) {
	v := arrived()
	if got := ViewOf(v, link, true).Attempts; len(got) != 1 || got[0].Request != "POST / with a key" {
		t.Errorf("got %+v", got)
	}
	v.Attempts, v.History, v.Media, v.MessageIDs = nil, nil, nil, nil
	b, err := encode(ViewOf(v, link, true))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"attempts":[]`, `"history":[]`, `"media":[]`, `"messageids":[]`} {
		if !strings.Contains(string(b), want) {
			t.Errorf("no %s in %s", want, b)
		}
	}
}

func TestWhatIsNotAboutAMessageCarriesItsOwnData(t *testing.T) {
	got, err := body(&message.Notification{Type: message.OptOutChanged, At: noon, Data: []byte(`{"contact":"+1"}`)}, link)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"type":"optout.changed","timestamp":"2026-05-04T12:00:00.123Z","data":{"contact":"+1"}}`
	if string(got) != want {
		t.Errorf("got %s, want %s", got, want)
	}
	got, err = body(&message.Notification{Type: message.ConversationUpdated, At: noon}, link)
	if err != nil || !strings.HasSuffix(string(got), `"data":{}}`) {
		t.Errorf("without data: %s, %v", got, err)
	}
}

func TestEveryTextReachesProgramsAsItIs(t *testing.T) {
	for _, text := range []string{
		"yes", "0123", "~", "Hi: there", "$to$", "{{to}}", "$API key$", `"`, `\`, "é", "😀", "€", "", strings.Repeat("x", 1600),
		"\u0000", "</script>", "a\r\nb", "\u2028",
	} {
		v := arrived()
		v.Content = text
		for _, format := range []string{FormatPatchbay, FormatMessaging} {
			all, err := bodies(&message.Notification{Type: message.MessageReceived, At: noon, Message: v}, format, "", link)
			if err != nil {
				t.Fatal(err)
			}
			var got struct {
				Data   struct{ Content string }
				Params struct {
					Content string
					Type    int
				}
			}
			if err := json.Unmarshal(all[0], &got); err != nil {
				t.Fatalf("%q in %s: %v", text, format, err)
			}
			if got.Params.Type == 2 && text == "" {
				continue // only its file is told
			}
			if got.Data.Content+got.Params.Content != text {
				t.Errorf("%s: got %q, want %q", format, got.Data.Content+got.Params.Content, text)
			}
			if strings.ContainsAny(string(all[0]), "\r\n") {
				t.Errorf("%s: %q breaks the line, and with it the stream", format, text)
			}
		}
	}
	v := arrived()
	v.Content = "stray \xff"
	b, err := body(&message.Notification{Type: message.MessageReceived, Message: v}, link)
	if err != nil || !json.Valid(b) {
		t.Errorf("a stray byte: %s, %v", b, err)
	}
}

func TestTheMessagingFormatMirrorsItsMethods(t *testing.T) {
	outbound := func(s message.Status) *message.Notification {
		v := arrived()
		v.Direction, v.Status, v.From, v.To, v.UserID, v.Media = message.Outbound, s, v.To, v.From, "9", nil
		return &message.Notification{Type: message.MessageStatus, Status: s, Message: v}
	}
	for _, c := range []struct {
		name string
		n    *message.Notification
		want []string
	}{
		{"a text and a picture from a contact", &message.Notification{Type: message.MessageReceived, Message: arrived()}, []string{
			`{"method":"message","params":{"to":"+61123456789","from":"+61855555555","orgid":"17","messageid":"0197","sessionid":"c1","content":"Hi: there","type":1}}`,
			`{"method":"message","params":{"to":"+61123456789","from":"+61855555555","orgid":"17","messageid":"0197","sessionid":"c1","content":"https://sms.example.com/media/f1","type":2}}`,
		}},
		{"what a user writes", outbound(message.Queued), []string{
			`{"method":"message","params":{"to":"+61855555555","from":"+61123456789","orgid":"17","userid":"9","messageid":"0197","sessionid":"c1","content":"Hi: there","type":1}}`,
		}},
		{"on its way", outbound(message.Sent), nil},
		{"delivered", outbound(message.Delivered), []string{`{"method":"delivered","params":{"messageid":"0197","sessionid":"c1"}}`}},
		{"read", outbound(message.Read), []string{`{"method":"read","params":{"sessionid":"c1"}}`}},
		{"a contact in a program, whose own words these are", inProgram(message.MessageReceived, message.Inbound, message.Received), nil},
		{"what a user writes to them", inProgram(message.MessageStatus, message.Outbound, message.Sent), []string{
			`{"method":"message","params":{"to":"crm-17","from":"101","orgid":"17","userid":"9","messageid":"0197","sessionid":"c1","content":"Hi: there","type":1}}`,
		}},
		{"that they have it is their own word", inProgram(message.MessageStatus, message.Outbound, message.Delivered), nil},
		{"that they read it, too", inProgram(message.MessageStatus, message.Outbound, message.Read), nil},
		{"that the user reads theirs", inProgram(message.MessageStatus, message.Inbound, message.Read), []string{`{"method":"read","params":{"sessionid":"c1"}}`}},
		{"a user types", doing(nil, message.Doing{ID: "c1", What: message.WhatTyping, By: "9"}), []string{`{"method":"typing","params":{"sessionid":"c1","state":"on"}}`}},
		{"the contact types", doing(nil, message.Doing{ID: "c1", What: message.WhatTyping}), nil},
		{"a user's text is changed", doing(edited(message.Outbound, message.Edit{Content: "Hi"}), message.Doing{MessageID: "0197", What: message.WhatUpdated}), []string{
			`{"method":"updated","params":{"messageid":"0197","content":"Hi"}}`}},
		{"the contact's is", doing(edited(message.Inbound, message.Edit{Content: "Hi"}), message.Doing{MessageID: "0197", What: message.WhatUpdated}), nil},
		{"a user's text is deleted", doing(edited(message.Outbound, message.Edit{Deleted: true}), message.Doing{MessageID: "0197", What: message.WhatDeleted}), []string{
			`{"method":"deleted","params":{"messageid":"0197"}}`}},
		{"the contact's is deleted", doing(edited(message.Inbound, message.Edit{Deleted: true}), message.Doing{MessageID: "0197", What: message.WhatDeleted}), nil},
		{"files came", doing(nil, message.Doing{ID: "c1"}), nil},
		{"no word for it", &message.Notification{Type: message.IntegrationAttention, Data: []byte(`{}`)}, nil},
	} {
		all, err := bodies(c.n, FormatMessaging, "", link)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, b := range all {
			got = append(got, string(b))
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

// inProgram is a notification about a contact who lives in a program.
func inProgram(kind string, d message.Direction, s message.Status) *message.Notification {
	v := arrived()
	v.Direction, v.Status, v.NumberID, v.IntegrationID, v.Media = d, s, "", "", nil
	v.From, v.To = "crm-17", "101"
	if d == message.Outbound {
		v.From, v.To, v.UserID = "101", "crm-17", "9"
	}
	return &message.Notification{Type: kind, Status: s, Message: v}
}

func edited(d message.Direction, e message.Edit) *message.View {
	v := arrived()
	v.Direction, v.Edits = d, []message.Edit{{Content: "before"}, e}
	return v
}

func doing(v *message.View, d message.Doing) *message.Notification {
	data, err := json.Marshal(d)
	if err != nil {
		panic(err)
	}
	return &message.Notification{Type: message.ConversationUpdated, Message: v, Data: data}
}

func TestReceiversOfOldFindTheirTokenInTheBody(t *testing.T) {
	n := &message.Notification{Type: message.MessageReceived, Message: arrived()}
	all, err := bodies(n, FormatMessaging, `t"k`, link)
	if err != nil || len(all) != 2 {
		t.Fatal(err, len(all))
	}
	for _, b := range all {
		var got struct {
			APIKey string `json:"api_key"`
		}
		if err := json.Unmarshal(b, &got); err != nil || got.APIKey != `t"k` {
			t.Errorf("%s: %v", b, err)
		}
	}
	ours, err := bodies(n, FormatPatchbay, `t"k`, link)
	if err != nil || strings.Contains(string(ours[0]), "api_key") {
		t.Errorf("in our own format: %s, %v", ours, err)
	}
}

func TestWhatWasDeletedIsShownToNobodyButWhoLooksAtItsRecord(t *testing.T) {
	v := edited(message.Inbound, message.Edit{Deleted: true})
	b, err := encode(ViewOf(v, link, false))
	if err != nil || strings.Contains(string(b), "Hi: there") || strings.Contains(string(b), "before") || strings.Contains(string(b), "/media/") || !strings.Contains(string(b), `"deleted":true`) {
		t.Errorf("a notification shows %s, %v", b, err)
	}
	if got := ViewOf(v, link, true).Edits; len(got) != 3 || got[0].Content != "Hi: there" || got[1].Content != "before" || !got[2].Deleted {
		t.Errorf("the record is %+v", got)
	}
	v.Kind, v.Content, v.Edits = message.KindCall, `{"duration":1}`, nil
	if got := ViewOf(v, link, false); got.Content != "" || string(got.Call) != `{"duration":1}` {
		t.Errorf("a call is shown as %+v", got)
	}
}
