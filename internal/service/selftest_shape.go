package service

import (
	"patchbay/internal/tree"
)

var (
	testMembers = []string{
		"name", "properties", "now", "token", "send", "uploads", "request", "requests", "response", "responses", "result",
		"call", "with", "webhook", "numbers", "sign", "verified", "events", "unmatched", "reply",
	}
	testSendMembers = []string{
		"from", "to", "content", "text", "url", "urls", "files", "extension", "domain", "username", "orgid", "id", "webhook_url", "country",
		"format", "created", "uuid",
	}
	testWithMembers    = append([]string{"messageid", "cursor"}, testSendMembers...)
	testUploadMembers  = []string{"request", "response", "result"}
	testFileMembers    = []string{"url", "name", "type", "data", "mediaid"}
	testRequestMembers = []string{"method", "url", "headers", "body"}
	testAnswerMembers  = []string{"status", "headers", "body"}
	testResultMembers  = []string{
		"outcome", "messageid", "messageids", "error_code", "error_text", "retry_after", "opted_out", "auth_expired", "values",
	}
	testWebhookMembers = []string{"method", "url", "query", "number", "headers", "body", "remote_ip"}
	testEventMembers   = []string{
		"type", "from", "to", "also_to", "content", "urls", "types", "names", "mediaids", "messageid", "id", "event_key", "error_code",
		"error_text", "timestamp", "part", "parts", "part_ref", "confirm",
	}
	testReplyMembers = []string{"status", "content_type", "headers", "body"}
)

// tests checks the shape of the tests; RunTests runs them.
func (l *loader) tests(v tree.Value) {
	if v.Kind() == tree.Absent {
		l.warn("/tests", "the file has no tests, so nothing shows that it does what its provider wants")
		return
	}
	if v.Kind() != tree.List {
		l.fail("/tests", "this must be a list of tests, not %s", kindName(v))
		return
	}
	for i, t := range v.List() {
		ptr := pointer("/tests", i)
		if !l.object(t, ptr, testMembers) {
			continue
		}
		kinds := 0
		for _, kind := range []string{"send", "webhook", "call"} {
			if t.Get(kind).Kind() != tree.Absent {
				kinds++
			}
		}
		if kinds != 1 {
			l.fail(ptr, `a test has one of "send" (a message of ours), "webhook" (a callback of the provider) and "call" (a request of ours that is no send)`)
		}
		if t.Get("call").Kind() != tree.Absent {
			l.testCall(t, ptr)
		}
		for _, part := range []struct {
			name  string
			known []string
		}{
			{"send", testSendMembers}, {"request", testRequestMembers}, {"response", testAnswerMembers}, {"result", testResultMembers},
			{"webhook", testWebhookMembers}, {"reply", testReplyMembers},
		} {
			if p := t.Get(part.name); p.Kind() != tree.Absent {
				l.object(p, pointer(ptr, part.name), part.known)
			}
		}
		for _, part := range []string{"send", "with"} {
			for j, f := range t.Get(part).Get("files").List() {
				l.object(f, pointer(pointer(pointer(ptr, part), "files"), j), testFileMembers)
			}
		}
		for _, part := range []struct {
			name  string
			known []string
		}{{"requests", testRequestMembers}, {"uploads", testUploadMembers}, {"responses", testAnswerMembers}, {"events", testEventMembers}} {
			p, at := t.Get(part.name), pointer(ptr, part.name)
			if p.Kind() != tree.Absent && p.Kind() != tree.List {
				l.fail(at, "this must be a list, not %s", kindName(p))
			}
			for j, e := range p.List() {
				l.object(e, pointer(at, j), part.known)
			}
		}
	}
}
