package outbound

import (
	"strings"
	"testing"
	"time"

	"patchbay/internal/message"
)

// withErrors is base with a provider whose errors are read.
var withErrors = strings.Replace(base, `"response_map"`, `"responses": [{"status": ["4xx", "5xx"], "body": {"code": "$error_code?$", "message": "$error_text$", "id": "$messageid?$"}}], "response_map"`, 1)

func TestAProvidersWordsAreKeptWithoutSecretsAndWithinBounds(t *testing.T) {
	for _, c := range []struct{ name, body, text string }{
		{"a quoted key", `{"code": "401", "message": "Invalid API key: ` + apiKey + `"}`, "Invalid API key: •••"},
		{"a flood", `{"code": "` + strings.Repeat("c", 9000) + `", "message": "` + strings.Repeat("€", 9000) + `"}`, ""},
		{"an id that names nothing", `{"message": "no", "id": "` + strings.Repeat("9", 10_000) + `"}`, "no"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, withErrors)
			r.run()
			r.provider.answer(says(400, c.body, "Content-Type", "application/json"))
			v := r.reaches(r.send(r.text("+15550100001", "hi")), message.Failed)
			a := v.Attempts[0]
			for _, text := range []string{v.ErrorCode + v.ErrorText, a.ErrorCode + a.ErrorText, strings.Join(v.MessageIDs, "")} {
				if strings.Contains(text, apiKey) {
					t.Errorf("the key is shown: %q", text)
				}
				if len(text) > maxErrorCode+maxErrorText+16 {
					t.Errorf("%d bytes are kept", len(text))
				}
			}
			if c.text != "" && v.ErrorText != c.text {
				t.Errorf("error text %q, want %q", v.ErrorText, c.text)
			}
			if strings.ContainsRune(strings.TrimSuffix(v.ErrorText, "\uFFFD"), '\uFFFD') {
				t.Errorf("the text was damaged before its end: %q", v.ErrorText)
			}
		})
	}
}

func TestATextThatMayHaveBeenTakenDoesNotExpire(t *testing.T) {
	now := time.Now()
	s := message.Send{N: 2, At: now, Again: true, Message: message.Message{ID: "m", Parts: 1, Expires: now.Add(-time.Second)}}
	if got := decide(s, late(&s.Message), now, func() float64 { return 0 }).Status; got != message.Unclear {
		t.Errorf("status %s, want unclear: the first attempt may have been taken", got)
	}
	s.Again = false
	if got := decide(s, late(&s.Message), now, func() float64 { return 0 }).Status; got != message.Expired {
		t.Errorf("status %s, want expired", got)
	}
}
