package e2e

import (
	"crypto/sha1"
	"encoding/base64"
	"encoding/hex"
	"strings"
)

const twilioText = "SmsStatus=received&From=%2B14133881111&To=%2B12028831111&MessageSid="

// twilioCalls posts a form under a signature and gives the answer's status.
func (f *fixtureRun) twilioCalls(to, form, signature string, header ...string) int {
	f.Helper()
	headers := map[string]string{"Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": signature}
	for i := 0; i+1 < len(header); i += 2 {
		headers[header[i]] = header[i+1]
	}
	status, _, _ := f.g.callback("POST", to, headers, form)
	return status
}

func onlyItsOwnForm(f *fixtureRun) {
	// A signature with letters of both cases, a + and a / in it, so that every change below is one.
	form, good := "", ""
	for n := 0; !strings.Contains(good, "+") || !strings.Contains(good, "/") || strings.ToLower(good) == good; n++ {
		form = twilioText + "SMforms" + strings.Repeat("0", n)
		good = twilioSignature(f.Config["auth_token"], f.team.webhook, form)
	}
	bytes, _ := base64.StdEncoding.DecodeString(good)
	for how, signature := range map[string]string{
		"empty": "", "truncated": good[:len(good)-2], "one character": good[:1], "doubled": good + good, "a list": good + "," + good,
		"lower case": strings.ToLower(good), "of the URL's alphabet": base64.URLEncoding.EncodeToString(bytes), "hex": hex.EncodeToString(bytes),
		"padded twice": good + "=", "padded in front": "=" + good, "half": base64.StdEncoding.EncodeToString(bytes[:10]),
		"longer": base64.StdEncoding.EncodeToString(append(bytes, 0)), "with its name": "sha1=" + good,
	} {
		if status := f.twilioCalls(f.team.webhook, form, signature); status != 404 {
			f.Errorf("%s: %q was answered %d", how, signature, status)
		}
	}
	if status := f.twilioCalls(f.team.webhook, form, good); status != 200 {
		f.Errorf("the right one was answered %d", status)
	}
}

func overThePublicURL(f *fixtureRun) {
	token, path := f.Config["auth_token"], strings.TrimPrefix(f.team.webhook, f.g.public)
	proxied := []string{"X-Forwarded-Host", "evil.example", "X-Forwarded-Proto", "https", "Forwarded", "host=evil.example;proto=https", "X-Original-Url", "/x"}
	form := twilioText + "SMproxy"
	if status := f.twilioCalls(f.team.webhook, form, twilioSignature(token, "https://evil.example"+path, form), proxied...); status != 404 {
		f.Errorf("signed over what a proxy is said to show, it was answered %d", status)
	}
	if status := f.twilioCalls(f.team.webhook, form, twilioSignature(token, f.team.webhook, form), proxied...); status != 200 {
		f.Errorf("signed over the public URL behind a proxy, it was answered %d", status)
	}
	for _, query := range []string{"?foo=1&bar=2", "?b=%7E&a=~&b=+", "?a;b=c&&=", "?number=%2B12028831111"} {
		form := twilioText + "SMq" + hex.EncodeToString([]byte(query))
		if status := f.twilioCalls(f.team.webhook+query, form, twilioSignature(token, f.team.webhook+query, form)); status != 200 {
			f.Errorf("with the query %q it was answered %d", query, status)
		}
		if status := f.twilioCalls(f.team.webhook+query, form, twilioSignature(token, f.team.webhook, form)); status != 404 {
			f.Errorf("signed without its query %q it was answered %d", query, status)
		}
	}
}

func overRawValues(f *fixtureRun) {
	for i, body := range []string{"", "++x++", "%20", "a%0D%0Ab", "%2B+%26%3D%25", "%E2%82%AC%F0%9F%98%80", "yes&Empty=&Other=", "z&aTwice=2&aTwice=1"} {
		form := twilioText + "SMraw" + strings.Repeat("1", i+1) + "&Body=" + body
		if status := f.twilioCalls(f.team.webhook, form, twilioSignature(f.Config["auth_token"], f.team.webhook, form)); status != 200 {
			f.Errorf("Body=%s was answered %d", body, status)
		}
	}
}

func twilioSignature(token, to, form string) string {
	return macOf(sha1.New, token, to, glued(form, "", ""))
}
