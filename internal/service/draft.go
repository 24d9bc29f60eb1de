package service

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"patchbay/internal/tree"
	"patchbay/internal/wire"
)

// Draft is what is known of a provider whose file is to be begun. What is empty gets what most providers have.
type Draft struct {
	ID, Name    string
	URL         string   // of its send request
	Method      string   // POST
	ContentType string   // application/json
	Auth        string   // bearer | basic | none
	Properties  []string // those of auth first; the rest become parameters
}

// draftAuth is the properties that each kind of auth needs where a draft names none.
var draftAuth = map[string][]string{"bearer": {"API key"}, "basic": {"Username", "Password"}, "none": nil}

// The draft speaks of one message, everywhere.
const (
	draftOurs    = "+15550001111"
	draftTheirs  = "+15550002222"
	draftText    = "yes $to$ 0123 \"é\" 😀"
	draftPicture = "https://files.example.com/picture.jpg"
)

// File is a service file to start from: it sends, reads answers, messages, pictures and receipts, and its tests prove all of it. It comes in
// canonical form, or not at all and with what is wrong about the draft.
func (d Draft) File() ([]byte, Problems) {
	d.fill()
	w := draftWriter{Draft: d, format: wire.FormatOf(d.ContentType), inQuery: d.Method == http.MethodGet || d.Method == http.MethodDelete}
	if w.format == wire.PlainText && !w.inQuery {
		return nil, Problems{{Pointer: "/API/request_content_type", Message: "a draft has several parameters, and text/plain has no members; use a JSON, form, multipart or XML type"}}
	}
	for i, p := range d.Properties {
		if slices.Contains(d.Properties[:i], p) {
			return nil, Problems{{Pointer: pointer("/properties", i), Message: fmt.Sprintf("the property %q stands here twice", p)}}
		}
	}
	file := append(appendPretty(nil, w.file(), 0, 0), '\n')
	if _, problems := Check(file); problems.Err() != nil {
		return nil, problems.Errors()
	}
	return file, nil
}

func (d *Draft) fill() {
	if d.Name == "" {
		d.Name = d.ID
	}
	if d.URL == "" {
		d.URL = "https://api.example.com/messages"
	}
	if d.Method == "" {
		d.Method = http.MethodPost
	}
	d.Method = strings.ToUpper(d.Method)
	if d.ContentType == "" {
		d.ContentType = "application/json"
	}
	if d.Auth = strings.ToLower(d.Auth); d.Auth == "" {
		d.Auth = "bearer"
	}
	if needs := draftAuth[d.Auth]; len(d.Properties) < len(needs) {
		d.Properties = append(d.Properties[:len(d.Properties):len(d.Properties)], needs[len(d.Properties):]...)
	}
}

type draftWriter struct {
	Draft
	format  wire.Format
	inQuery bool
}

// wrapped is an object as this provider's content type can write it: XML has one root.
func (w *draftWriter) wrapped(root string, v tree.Value) tree.Value {
	if w.format == wire.XML {
		return jsonOf(root, v)
	}
	return v
}

// parameters is the body of a request. values is what stands there: variables, or in a test what they must become.
func (w *draftWriter) parameters(from, to string, more ...any) tree.Value {
	ms := jsonOf("from", from, "to", to).Members()
	ms = append(ms, jsonOf(more...).Members()...)
	value := func(p string) string { return "$" + p + "$" }
	if from != "$from$" {
		value = w.value
	}
	for _, p := range w.Properties[len(draftAuth[w.Auth]):] {
		if strings.Contains(w.URL, "$"+p+"$") {
			continue // it is a part of the address
		}
		ms = append(ms, tree.Member{Name: strings.ReplaceAll(strings.ToLower(p), " ", "_"), Value: tree.Text(value(p))})
	}
	if w.inQuery {
		return tree.ObjectOf(ms...)
	}
	return w.wrapped("message", tree.ObjectOf(ms...))
}

// value is what a property has in the tests.
func (w *draftWriter) value(property string) string {
	if strings.HasPrefix(w.URL, "$"+property+"$") {
		return "https://api.example.com"
	}
	return "test " + strings.ToLower(property)
}

func (w *draftWriter) file() tree.Value {
	ms := jsonOf("id", w.ID, "name", w.Name, "class", "sms", "setup", []string{
		"At " + w.Name + ", make the credentials that this service asks for, and enable it for an organization with them.",
		"Add the numbers, and paste the webhook URL that is shown where " + w.Name + " asks where to send messages and receipts.",
	}).Members()
	if len(w.Properties) > 0 {
		ms = append(ms, jsonOf("properties", w.Properties).Members()...)
	}
	switch w.Auth {
	case "bearer":
		ms = append(ms, jsonOf("auth", jsonOf("type", "Bearer", "token", "$"+w.Properties[0]+"$")).Members()...)
	case "basic":
		ms = append(ms, jsonOf("auth", jsonOf("type", "Basic", "username", "$"+w.Properties[0]+"$", "password", "$"+w.Properties[1]+"$")).Members()...)
	}
	hook := func(more ...any) tree.Value { return w.wrapped("callback", jsonOf(more...)) }
	return tree.ObjectOf(append(ms, jsonOf(
		"API", jsonOf(
			"request_method", w.Method, "request_url", w.URL, "request_content_type", w.ContentType,
			"response_map", w.wrapped("answer", jsonOf("id", "$messageid$")),
			"responses", listOf(jsonOf(
				"status", []string{"4xx", "5xx"}, "body", w.wrapped("answer", jsonOf("code", "$error_code$", "message", "$error_text?$")),
				"outcomes", jsonOf("throttled", "busy", "opted-out", "opted_out", "unauthorized", "auth_expired", "*", "refused"))),
			sendMessage, jsonOf("request_parameters", w.parameters("$from$", "$to$", "text", "$content$")),
			sendFile, jsonOf("request_parameters", w.parameters("$from$", "$to$", "text", "$text?$", "media_url", "$url$")),
		),
		"Webhook", listOf(
			jsonOf("event_type", "message", "request_parameters", hook(
				"type", "message", "id", "$messageid$", "from", "$from$", "to", "$to$", "text", "$content?$", "media_url", "$urls?$")),
			jsonOf("events", jsonOf("sent", "messageSent", "delivered", "messageDelivered", "failed", "messageFailed"), "request_parameters", hook(
				"type", "status", "id", "$messageid$", "to", "$to?$", "status", "$event_key$", "code", "$error_code?$")),
		),
		"tests", w.tests(),
	).Members()...)...)
}

// tests prove every part of the file.
func (w *draftWriter) tests() tree.Value {
	contentType := jsonOf("Content-Type", w.ContentType)
	if w.inQuery || w.format == wire.Multipart {
		contentType = jsonOf("Content-Type", "application/json")
	}
	message := func(more ...any) tree.Value {
		return tree.ObjectOf(append(jsonOf("from", draftOurs, "to", draftTheirs).Members(), jsonOf(more...).Members()...)...)
	}
	test := func(name string, more ...any) tree.Value {
		return tree.ObjectOf(append(jsonOf("name", name).Members(), jsonOf(more...).Members()...)...)
	}
	answer := func(status string, more ...any) tree.Value {
		return jsonOf("status", digits(status), "headers", contentType, "body", w.wrapped("answer", jsonOf(more...)))
	}
	hook := func(more ...any) tree.Value {
		return jsonOf("headers", contentType, "body", w.wrapped("callback", jsonOf(more...)))
	}
	refused := func(name, code string, result ...any) tree.Value {
		return test(name, "send", message("content", "x"), "response", answer("400", "code", code, "message", name), "result", jsonOf(result...))
	}
	receipt := func(name, word, event string, more ...any) tree.Value {
		said := append([]any{"type", "status", "id", "m1", "to", draftTheirs, "status", word}, more...)
		return test(name, "webhook", hook(said...), "events", listOf(jsonOf("type", event, "messageid", "m1", "to", draftTheirs)))
	}
	properties := []tree.Member{}
	for _, p := range w.Properties {
		properties = append(properties, tree.Member{Name: p, Value: tree.Text(w.value(p))})
	}
	return listOf(
		test("a text", "properties", tree.ObjectOf(properties...), "send", message("content", draftText),
			"request", w.request(w.parameters(draftOurs, draftTheirs, "text", draftText)),
			"response", answer("200", "id", "m1"), "result", jsonOf("outcome", "accepted", "messageid", "m1")),
		test("a picture with a text", "properties", tree.ObjectOf(properties...), "send", message("content", "Look", "urls", []string{draftPicture}),
			"request", w.request(w.parameters(draftOurs, draftTheirs, "text", "Look", "media_url", draftPicture)),
			"response", answer("200", "id", "m2"), "result", jsonOf("outcome", "accepted", "messageid", "m2")),
		refused("no such number", "no-such-number", "outcome", "refused", "error_code", "no-such-number", "error_text", "no such number"),
		refused("too many requests", "throttled", "outcome", "busy"),
		refused("the contact said STOP", "opted-out", "outcome", "refused", "opted_out", true),
		refused("the credentials no longer hold", "unauthorized", "outcome", "refused", "auth_expired", true),
		test("a text comes in", "webhook", hook("type", "message", "id", "i1", "from", draftTheirs, "to", draftOurs, "text", draftText),
			"events", listOf(jsonOf("type", "message", "from", draftTheirs, "to", draftOurs, "content", draftText, "messageid", "i1"))),
		test("a picture comes in", "webhook", hook("type", "message", "id", "i2", "from", draftTheirs, "to", draftOurs, "text", "", "media_url", draftPicture),
			"events", listOf(jsonOf("type", "mms", "from", draftTheirs, "to", draftOurs, "urls", []string{draftPicture}, "messageid", "i2"))),
		receipt("sent", "sent", "messageSent"),
		receipt("delivered", "delivered", "messageDelivered"),
		receipt("failed", "failed", "messageFailed", "code", "30003"),
	)
}

// request is what a test wants to see leave.
func (w *draftWriter) request(parameters tree.Value) tree.Value {
	want := jsonOf("method", w.Method).Members()
	if w.inQuery {
		if query, err := wire.EncodeQuery(parameters); err == nil && !strings.ContainsAny(w.URL, "$?") {
			want = append(want, jsonOf("url", w.URL+"?"+query).Members()...)
		}
	} else if !strings.Contains(w.URL, "$") {
		want = append(want, jsonOf("url", w.URL).Members()...)
	}
	switch w.Auth {
	case "bearer":
		want = append(want, jsonOf("headers", jsonOf("Authorization", "Bearer "+w.value(w.Properties[0]))).Members()...)
	case "basic":
		pair := basic(w.value(w.Properties[0]), w.value(w.Properties[1]))
		want = append(want, jsonOf("headers", jsonOf("Authorization", "Basic "+pair)).Members()...)
	}
	if !w.inQuery {
		want = append(want, jsonOf("body", parameters).Members()...)
	}
	return tree.ObjectOf(want...)
}
