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
			ID: "0197", OrgID: "17", Direction: message.Inbound, ConversationID: "c1", ServiceID: "acme",
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
		`"media":[{"url":"https://sms.example.com/media/f1","type":"image/png","size":3,"state":"stored"},` +
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
			all, err := bodies(&message.Notification{Type: message.MessageReceived, At: noon, Message: v}, format, link)
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
		{"no word for it", &message.Notification{Type: message.IntegrationAttention, Data: []byte(`{}`)}, nil},
	} {
		all, err := bodies(c.n, FormatMessaging, link)
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
