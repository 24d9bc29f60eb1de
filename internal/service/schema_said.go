package service

import (
	"patchbay/internal/tree"
)

// say is what the schema knows of one member: a sentence for whoever writes a file, and the shape of its value.
type say struct {
	sentence string
	shape    tree.Value
}

// The shapes that many members have.
var (
	aText     = jsonOf("type", "string")
	aTruth    = jsonOf("type", "boolean")
	anObject  = jsonOf("type", "object")
	textList  = jsonOf("type", "array", "items", aText)
	anything  = jsonOf()
	anAddress = jsonOf("type", "string", "pattern", "^https?://")
	aTime     = jsonOf("type", listOf(tree.Text("string"), tree.Text("number")), "pattern", `^[0-9]+(?:\.[0-9]+)?(?:ns|us|µs|ms|s|m|h)(?:[0-9].*)?$`)
	orDefault = jsonOf("type", []string{"string", "number", "object"}, "properties", jsonOf("default", jsonOf("type", []string{"string", "number"})))
	oneOrAll  = jsonOf("type", []string{"string", "array"}, "items", aText)
)

func textsOf(shape tree.Value) tree.Value {
	return jsonOf("type", "object", "additionalProperties", shape)
}
func listWith(shape tree.Value) tree.Value {
	return jsonOf("type", "array", "items", shape)
}

func numberFrom(lo, hi string) tree.Value {
	return jsonOf("type", "number", "minimum", digits(lo), "maximum", digits(hi))
}

func wholeTo(hi string) tree.Value {
	return jsonOf("type", "integer", "minimum", digits("1"), "maximum", digits(hi))
}

// sayings is the members of every object of the format, by object. A test holds the names to the lists of the loader.
type sayings map[string]map[string]say

// effectSentences is what each outcome word means.
var effectSentences = map[string]string{
	"accepted":     "the provider has it",
	"refused":      "final",
	"busy":         "throttled or down: again, no earlier than $retry_after$ or Retry-After",
	"unclear":      "it may have been taken; never repeated by itself unless the method is idempotent",
	"opted_out":    "refused, and the contact goes on the opt-out list",
	"auth_expired": "refused, and the operator is told that the credentials no longer hold",
}

// tellingSaid is the members of methods whose answers are read as callbacks are.
var tellingSaid = map[string]say{
	"events":   {"what its answers tell: models, as in Webhook; absent: those of Webhook", ref("models")},
	"interval": {"how long it waits where nothing is new: \"30s\", which is the default", aTime},
}

// newSayings says it all.
func newSayings() sayings {
	text, writes, reads := ref("text"), ref("writes"), ref("reads")
	said := sayings{
		"file": {
			"$schema":       {"the address of this schema", aText},
			"id":            {"1 to 64 letters, digits, dots, dashes and underscores; part of the webhook URL; unique without case", jsonOf("type", "string", "pattern", idShape.String())},
			"name":          {"what people see", aText},
			"logo":          {"the address of a picture", anAddress},
			"class":         {"sms", aText},
			"documentation": {"the address of the provider's own documentation", anAddress},
			"setup":         {"what to do at the provider, step by step", textList},
			"properties":    {"what an integration fills in; each is used as $name$", listWith(ref("property"))},
			"auth":          {"how requests prove who sends them", ref("auth")},
			"OAuth2":        {"tokens by OAuth 2, as the base format writes it; the same as auth of that type", ref("OAuth2")},
			"API":           {"the requests, and how their answers are read", tree.Value{}},
			"Webhook":       {"the callbacks of the provider: a list of models, one model, an object of named models, or an object with verify, reply and events", ref("webhook")},
			"limits":        {"what the provider allows", tree.Value{}},
			"dedupe_window": {"how long the same text of the same contact, without an id, is the same message: \"30s\"", aTime},
			"tests":         {"what proves the file, offline", listWith(ref("test"))},
		},
		"property": {
			"name":     {"used as $name$, spaces and all", jsonOf("type", "string", "minLength", digits("1"), "pattern", `^[^$|\r\n]*$`, "not", jsonOf("enum", reserved))},
			"optional": {"true: it may be left empty", aTruth},
			"secret":   {"true, unless said otherwise: its value is redacted wherever a request is shown", aTruth},
			"default":  {"the value where none is filled in", aText},
			"choices":  {"the only values that it may have", textList},
			"help":     {"a sentence for whoever fills it in", aText},
		},
		"API": {"GetFile": {"how files of inbound messages are fetched; absent: without credentials", tree.Value{}}},
		"method": {
			"when":                 {"a pattern over the sending variables and the properties: the first variant that fits is taken", jsonOf("allOf", listOf(anObject, reads))},
			"request_method":       {"the HTTP method; POST unless said otherwise", jsonOf("type", "string", "pattern", "^[A-Za-z]+$")},
			"request_url":          {"where the request goes. Variables may stand in path and query; one property may stand for scheme and host", text},
			"request_content_type": {"application/json unless said otherwise; a JSON, XML, form or multipart type, or text/plain", aText},
			"request_headers":      {"headers by name; one whose value is empty is left out", textsOf(jsonOf("allOf", listOf(jsonOf("not", jsonOf("type", []string{"object", "array"})), writes)))},
			"request_parameters":   {"the body; with GET and DELETE the query", writes},
			"response_map":         {"what an answer of 2xx looks like, with $messageid$ where the id stands", reads},
			"responses":            {"how the provider answers, tried in order before response_map", either(jsonOf("type", "array"), jsonOf("items", ref("answer")), ref("answer"))},
			"idempotent":           {"true when the provider takes the same $id$ twice as one: only then is an unclear attempt repeated by itself", aTruth},
		},
		"GetFile": {
			"hosts":           {"these alone receive the credentials: \"api.example.com\", or \"*.cdn.example.com\" for every host below", textList},
			"request_url":     {"for callbacks that carry an id: where its file is, with $mediaid$", text},
			"request_method":  {"GET", aText},
			"request_headers": {"the credentials, besides those of auth", textsOf(text)},
			"response_map":    {"when request_url answers with the address of the file: where $url$ stands", reads},
		},
		"answer": {
			"status":   {"200, \"4xx\", or a list of them; absent: any", ref("status")},
			"headers":  {"patterns by the name of a header", textsOf(reads)},
			"body":     {"a pattern of the body: an object or a list reads it as what it is, a text, $match or null as text", reads},
			"outcome":  {"what this answer means; absent: what its status means", ref("outcome")},
			"outcomes": {"what this answer means, by $error_code$; * is every other code", textsOf(ref("outcome"))},
		},
		"reply": {
			"status":       {"200 unless said otherwise", jsonOf("type", "integer", "minimum", digits("200"), "maximum", digits("599"))},
			"content_type": {"of the body; text/plain for a text and application/json for the rest unless said otherwise", aText},
			"headers":      {"headers by name", textsOf(text)},
			"body":         {"a pattern over the event's variables", writes},
			"outcomes":     {"other replies, by what the callback tells", repliesShape()},
		},
		"confirm": {
			"request_url": {"the address, as the callback says it: one variable, or https:// and a host with variables behind it", text},
			"hosts":       {"the hosts that may be called; *.example.com is every host below", textList},
		},
		"webhook": {
			"verify": {"what proves that a callback is the provider's; several checks side by side must all hold", ref("check")},
			"reply":  {"what the provider expects to hear", ref("replies")},
			"events": {"the models", ref("models")},
		},
		"model": {
			"event_key":            {"the word that must stand where $event_key$ does", jsonOf("not", jsonOf("type", []string{"object", "array"}))},
			"event_type":           {"what the callback tells", ref("event")},
			"events":               {"from the provider's words, where $event_key$ stands, to what they tell; * takes the words that no model knows", jsonOf("type", "object", "minProperties", digits("1"), "additionalProperties", ref("event"))},
			"request_method":       {"the HTTP method, when it matters", aText},
			"request_content_type": {"for people; the callback's own header decides", aText},
			"request_parameters":   {"reads the body, or the query when there is none", reads},
			"query":                {"reads the query", jsonOf("allOf", listOf(anObject, reads))},
			"headers":              {"patterns by the name of a header", textsOf(reads)},
			"reply":                {"what to answer", ref("replies")},
			"confirm":              {"of a handshake: an address that the provider wants called", ref("confirm")},
		},
		"limits": {
			"messages_per_second": {"how many messages a second", numberFrom("0.001", "100000")},
			"segments_per_second": {"how many segments a second, which is what carriers count", numberFrom("0.001", "100000")},
			"per":                 {"what that counts: each number, or all of the integration together", jsonOf("enum", []string{"number", "integration"})},
			"concurrency":         {"how many requests at once", wholeTo("1000")},
			"timeout":             {"how long an answer may take: \"30s\"", aTime},
			"max_length":          {"characters of a text", wholeTo("1000000")},
			"media":               {"what files may be", tree.Value{}},
		},
		"media": {
			"max_bytes": {"of one file", numberFrom("1", "1099511627776")},
			"max_count": {"files of one request; more are split", wholeTo("1000")},
			"types":     {"media types that are taken: \"image/*\"", textList},
		},
		"auth": {
			"token":                    {"as a $property$", text},
			"username":                 {"as a $property$", text},
			"password":                 {"as a $property$", text},
			"client_id":                {"as a $property$, or as it is", text},
			"client_secret":            {"as a $property$", text},
			"flow_type":                {"\"0\": a person authorizes us at the provider; \"1\": client credentials", orDefault},
			"authorization_endpoint":   {"where a person authorizes us", text},
			"authorization_parameters": {"members of that address, already encoded: {\"default\": \"scope=sms\"}", orDefault},
			"token_endpoint":           {"where tokens are asked for", text},
			"token_parameters":         {"members of that request, already encoded, and its content_type", jsonOf("type", "object", "properties", jsonOf("content_type", aText, "default", aText), "additionalProperties", tree.Truth(false))},
			"token_auth":               {"how the client proves itself there: Parameters, or Basic", aText},
			"request_auth":             {"how requests carry the token: Bearer", aText},
			"algorithm":                {"the hash of an HMAC; HS256 or RS256 of a token", aText},
			"key":                      {"the key, as a $property$", text},
			"key_id":                   {"its name, the kid of a token", text},
			"over":                     {"what is signed, written from the request: $header.x-time$.$body$", text},
			"headers":                  {"what is added, by the name of a header: $signature|hex$, $token$, $timestamp|unix$, $uuid$", textsOf(text)},
			"query":                    {"what is added to the query", textsOf(text)},
			"parameters":               {"what is added to the body, or to the query where there is no body", textsOf(text)},
			"claims":                   {"what a token says, besides iat, exp and jti", anObject},
			"lifetime":                 {"how long a token holds: \"5m\"", aTime},
			"region":                   {"of AWS: us-east-1", text},
			"service":                  {"of AWS: sns", text},
			"access_key":               {"as a $property$", text},
			"secret_key":               {"as a $property$", text},
			"session_token":            {"as a $property$", text},
		},
		"check": {
			"algorithm":  {"the hash", jsonOf("enum", namesOf(hashes, func(i int) string { return hashes[i].name }))},
			"algorithms": {"those that are taken; a token cannot choose", listWith(jsonOf("enum", namesOf(jwtAlgorithms, func(i int) string { return jwtAlgorithms[i].name })))},
			"key":        {"the key, as a $property$", text},
			"over":       {"what is signed, written from the request: $header.x-time$.$body$", text},
			"headers":    {"where the signature stands, by the name of a header: sha256=$signature|hex$", textsOf(text)},
			"query":      {"where it stands in the query", textsOf(text)},
			"parameters": {"where it stands in the body, or in the query where there is no body", textsOf(text)},
			"claims":     {"what a token must say, written from the request", textsOf(text)},
			"tolerance":  {"how old $timestamp$ may be: \"5m\"", aTime},
			"username":   {"as a $property$", text},
			"password":   {"as a $property$", text},
			"token":      {"as a $property$", text},
		},
		"test": {
			"name":       {"what it proves", aText},
			"properties": {"values of properties; the rest is made up", textsOf(aText)},
			"now":        {"the time: \"2026-01-01T00:00:00Z\"", aText},
			"token":      {"what auth has fetched, of type OAuth2 or Login", aText},
			"send":       {"a message of ours", tree.Value{}},
			"request":    {"the request that it must become", tree.Value{}},
			"requests":   {"the requests, where it takes several", tree.Value{}},
			"response":   {"what the provider answers", tree.Value{}},
			"responses":  {"its answers, where there are several", tree.Value{}},
			"result":     {"what that must mean", tree.Value{}},
			"uploads":    {"the uploads before it, one a file: what must be asked, what the provider answers, and what that means", tree.Value{}},
			"call":       {"a request of ours that is no send", jsonOf("enum", callNames())},
			"with":       {"what that is written from", tree.Value{}},
			"webhook":    {"a callback of the provider's", tree.Value{}},
			"numbers":    {"our numbers; absent: every number is ours", oneOrAll},
			"sign":       {"true: it is signed as verify demands", aTruth},
			"verified":   {"whether verify must let it in", aTruth},
			"events":     {"what must be read of it", tree.Value{}},
			"unmatched":  {"true: no model may read it", aTruth},
			"reply":      {"what must be answered", tree.Value{}},
		},
	}
	more := sayings{
		"send": shaped(aText, "from", "to", "content", "text", "url", "extension", "domain", "username", "orgid", "id", "webhook_url", "country", "format", "created", "uuid").
			and(textList, "urls").and(anything, "files"),
		"sendFile": shaped(aText, "url", "name", "type", "data", "mediaid"),
		"upload":   shaped(tree.Value{}, testUploadMembers...),
		"with":     shaped(aText, "messageid", "cursor"),
		"request":  shaped(aText, "method", "url").and(anObject, "headers").and(anything, "body"),
		"response": shaped(jsonOf("type", []string{"integer", "string"}), "status").and(anObject, "headers").and(anything, "body"),
		"result": shaped(jsonOf("enum", []string{"accepted", "refused", "busy", "unclear"}), "outcome").and(textList, "messageids").
			and(jsonOf("type", []string{"string", "number", "null"}), "messageid", "error_code", "error_text", "retry_after").and(aTruth, "opted_out", "auth_expired").
			and(textsOf(jsonOf("type", []string{"string", "number", "null"})), "values"),
		"webhookTest": shaped(aText, "method", "url", "number", "remote_ip").and(jsonOf("type", []string{"string", "object"}), "query").
			and(anObject, "headers").and(anything, "body"),
		"eventTest": shaped(jsonOf("type", []string{"string", "number", "null"}), "from", "to", "content", "messageid", "id", "event_key", "error_code",
			"error_text", "timestamp", "part", "parts", "part_ref", "confirm").and(ref("event"), "type").and(oneOrAll, "also_to", "urls", "types", "names", "mediaids"),
		"replyTest": shaped(jsonOf("type", []string{"integer", "string"}), "status").and(jsonOf("type", []string{"string", "null"}), "content_type").
			and(anObject, "headers").and(anything, "body"),
	}
	for group, of := range more {
		said[group] = of
	}
	inside := func(group, member, of string, known []string, many bool) {
		row := said[group][member]
		if row.shape = said.object(of, known); many {
			row.shape = listWith(row.shape)
		}
		said[group][member] = row
	}
	inside("limits", "media", "media", mediaMembers, false)
	inside("file", "limits", "limits", limitMembers, false)
	inside("API", "GetFile", "GetFile", getFileMembers, false)
	for _, k := range methodKinds {
		shape := ref("methods")
		if len(k.more) > 0 {
			said[k.name] = rows{}
			for name, row := range said["method"] {
				said[k.name][name] = row
			}
			for _, name := range k.more {
				said[k.name][name] = tellingSaid[name]
			}
			shape = methodsShape(said.object(k.name, k.members()))
		}
		said["API"][k.name] = say{k.sentence, shape}
	}
	for name, row := range said["method"] { // the defaults
		if name != "when" {
			said["API"][name] = row
		}
	}
	inside("file", "API", "API", apiMembers, false)
	inside("send", "files", "sendFile", testFileMembers, true)
	for name, row := range said["send"] {
		said["with"][name] = row
	}
	inside("test", "with", "with", testWithMembers, false)
	inside("test", "send", "send", testSendMembers, false)
	inside("test", "request", "request", testRequestMembers, false)
	inside("test", "requests", "request", testRequestMembers, true)
	inside("test", "response", "response", testAnswerMembers, false)
	inside("test", "responses", "response", testAnswerMembers, true)
	inside("test", "result", "result", testResultMembers, false)
	inside("upload", "request", "request", testRequestMembers, false)
	inside("upload", "response", "response", testAnswerMembers, false)
	inside("upload", "result", "result", testResultMembers, false)
	inside("test", "uploads", "upload", testUploadMembers, true)
	inside("test", "webhook", "webhookTest", testWebhookMembers, false)
	inside("test", "events", "eventTest", testEventMembers, true)
	inside("test", "reply", "replyTest", testReplyMembers, false)
	return said
}

// namesOf is the names of a table's rows.
func namesOf[R any](table []R, name func(i int) string) []string {
	out := make([]string, len(table))
	for i := range table {
		out[i] = name(i)
	}
	return out
}

// rows is sayings of one object that need no sentence.
type rows map[string]say

func shaped(shape tree.Value, names ...string) rows { return rows{}.and(shape, names...) }

func (r rows) and(shape tree.Value, names ...string) rows {
	for _, name := range names {
		r[name] = say{shape: shape}
	}
	return r
}
