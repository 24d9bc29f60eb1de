package api

import (
	"fmt"
	"reflect"

	"patchbay/internal/message"
	"patchbay/internal/notify"
)

// notified is what each type of notification is about, and what its data is.
var notified = map[string]struct {
	schema, about string
	data          reflect.Type
}{
	message.MessageReceived:      {"MessageReceived", "A message came in.", of[notify.MessageView]()},
	message.MessageStatus:        {"MessageStatusChanged", "A message has another status. The data is the message as it was at that moment.", of[notify.MessageView]()},
	message.ConversationUpdated:  {"ConversationUpdated", "Something in a conversation changed that is no status.", of[message.Doing]()},
	message.OptOutChanged:        {"OptOutChanged", "A contact wants no messages any more, or wants them again.", of[message.OptOutNews]()},
	message.IntegrationAttention: {"IntegrationAttention", "Something about an integration is not as it should be, or is again.", of[message.AttentionNews]()},
}

// webhooks describes the requests that we make to programs, and with them what the stream tells.
func (b *describer) webhooks() {
	all := &schema{Description: "What programs and browsers are told."}
	for _, kind := range notify.Types {
		n, ok := notified[kind]
		if !ok {
			b.ss.failf("nothing is said of the notification %s: add it to notified", kind)
			return
		}
		s := &schema{Type: "object", Description: n.about, Required: []string{"type", "timestamp", "data"}}
		s.Properties.add("type", &schema{Type: "string", Const: kind, Description: "What happened."})
		s.Properties.add("timestamp", &schema{Type: "string", Format: "date-time", Description: "When."})
		data := b.ss.of(n.data, asAnswer)
		data.Description = "What it is about."
		s.Properties.add("data", data)
		ref := b.ss.keep(n.schema, s)
		all.OneOf = append(all.OneOf, ref)

		o := &documentOperation{
			OperationID: "on" + n.schema, Tags: []string{"webhooks"}, Summary: n.about,
			Description: fmt.Sprintf("`%s`, to webhooks of the format patchbay. Redirects are not followed.", kind), Security: &[]map[string][]string{},
			Parameters: []*parameter{
				{Name: "webhook-id", In: "header", Required: true, Description: "The same in every try: drop what you have seen.", Schema: &schema{Type: "string"}},
				{Name: "webhook-timestamp", In: "header", Required: true, Description: "When this try was made, in seconds since 1970.", Schema: &schema{Type: "string"}},
				{Name: "webhook-signature", In: "header", Required: true, Description: "v1, and base64 of HMAC-SHA256 over webhook-id.webhook-timestamp.body, keyed with what follows whsec_ in the secret, decoded.", Schema: &schema{Type: "string"}},
			},
			RequestBody: &requestBody{Required: true},
		}
		o.RequestBody.Content.add(jsonKind, &mediaType{Schema: ref})
		o.Responses.add("2XX", &response{Description: "Any within 15 seconds: it is delivered. All else is tried again."})
		b.d.Webhooks.add(kind, &pathItem{{"post", o}})
	}
	b.ss.keep("Notification", all)
}
