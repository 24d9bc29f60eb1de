package service

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
	"time"

	"patchbay/internal/fault"
)

// The published vector of Standard Webhooks: a key in base64 behind a prefix, several signatures with spaces between them.
const standardWebhooks = `{"hmac": {"algorithm": "sha256", "key": "$Secret|base64|prefix:whsec_$",
	"over": "$header.webhook-id$.$header.webhook-timestamp$.$body$",
	"headers": {"webhook-signature": "$signature|base64|prefix:'v1,'|join:' '$", "webhook-timestamp": "$timestamp|unix$"}, "tolerance": "5m"}}`

func standardCallback(signatures string) *Callback {
	cb := post("application/json", `{"test": 2432232314}`)
	cb.Now = time.Unix(1614265330, 0)
	cb.Request.Header.Set("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek")
	cb.Request.Header.Set("webhook-timestamp", "1614265330")
	cb.Request.Header.Set("webhook-signature", signatures)
	return cb
}

func TestOneOfSeveralSignaturesHolds(t *testing.T) {
	const good, other = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc="
	b := verifying(t, standardWebhooks, "Secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	for _, c := range []struct {
		signatures string
		want       bool
	}{
		{good, true}, {good + " " + other, true}, {other + " " + good, true}, {"v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw " + good, true},
		{strings.Repeat("v1,x ", 15) + good, true},
		{other, false}, {"", false}, {" ", false}, {good[3:], false}, {good + "," + other, false}, {good + "\t", false}, {"x" + good, false},
		{strings.ReplaceAll(good, "/", "_"), false},          // a second spelling
		{strings.TrimRight(good, "="), false},                // and another
		{strings.Repeat("v1,x ", 16) + good, false},          // more than anybody sends
		{strings.Repeat(" ", 1<<20), false},                  //
		{"v1, " + good[3:], false}, {"V1" + good[2:], false}, //
	} {
		if err := b.Verify(standardCallback(c.signatures)); (err == nil) != c.want {
			t.Errorf("%.80q: got %v, want %v", c.signatures, err, c.want)
		}
	}
	late := standardCallback(good)
	late.Now = late.Now.Add(time.Hour)
	if b.Verify(late) == nil {
		t.Error("an hour later it verifies")
	}
	signed := standardCallback("")
	if err := b.Sign(signed); err != nil || signed.Request.Header.Get("webhook-signature") != good {
		t.Errorf("signing gives %q, %v", signed.Request.Header.Get("webhook-signature"), err)
	}
}

func TestWhatStandsAroundSeveralSignaturesMustBeThere(t *testing.T) {
	b := verifying(t, `{"hmac": {"algorithm": "sha256", "key": "$Secret$", "over": "$body$",
		"headers": {"X-Sig": "t=$timestamp|unix$,$signature|hex|prefix:v1=|join:','$;end"}, "tolerance": "5m"}}`, "Secret", "s")
	cb := post("application/json", `{"id": "m1"}`)
	h := hmac.New(sha256.New, []byte("s"))
	h.Write(cb.Request.Body)
	good := "v1=" + hex.EncodeToString(h.Sum(nil))
	at := "t=1767225600"
	for text, want := range map[string]bool{
		at + "," + good + ";end": true, at + ",v0=aa," + good + ";end": true, at + "," + good + ",v1=00;end": true,
		at + "," + good: false, good + ";end": false, at + good + ";end": false, "t=1," + good + ";end": false, at + ",;end": false, ";end": false,
	} {
		cb := post("application/json", `{"id": "m1"}`)
		cb.Now = time.Unix(1767225600, 0)
		cb.Request.Header.Set("X-Sig", text)
		if err := b.Verify(cb); (err == nil) != want {
			t.Errorf("%s: got %v, want %v", text, err, want)
		}
	}
}

func TestAKeyIsReadFromTheFormThatTheFileNames(t *testing.T) {
	const body = `{"id": "m1"}`
	raw := []byte{0, 1, 2, 0xff, 0x80, '$'}
	for key, secret := range map[string]string{
		"$Secret|hex$": hex.EncodeToString(raw), "$Secret|base64$": base64.StdEncoding.EncodeToString(raw), "$Secret|base64url$": base64.RawURLEncoding.EncodeToString(raw),
		"$Secret|base64|prefix:k_$": "k_" + base64.StdEncoding.EncodeToString(raw),
	} {
		b := verifying(t, `{"hmac": {"algorithm": "sha256", "key": "`+key+`", "over": "$body$", "headers": {"X-Sig": "$signature|hex$"}}}`, "Secret", secret)
		cb := post("application/json", body)
		h := hmac.New(sha256.New, raw)
		h.Write([]byte(body))
		cb.Request.Header.Set("X-Sig", hex.EncodeToString(h.Sum(nil)))
		if err := b.Verify(cb); err != nil {
			t.Errorf("%s: %v", key, err)
		}
	}
	digested := verifying(t, `{"hmac": {"algorithm": "sha256", "key": "$Secret|md5|hex$", "over": "$body$", "headers": {"X-Sig": "$signature|hex$"}}}`, "Secret", "abc")
	cb := post("application/json", body)
	h := hmac.New(sha256.New, []byte("900150983cd24fb0d6963f7d28e17f72"))
	h.Write([]byte(body))
	cb.Request.Header.Set("X-Sig", hex.EncodeToString(h.Sum(nil)))
	if err := digested.Verify(cb); err != nil {
		t.Errorf("a key that is a digest: %v", err)
	}
}

func TestAKeyOfAnotherFormIsRefusedWhenItIsEntered(t *testing.T) {
	s, problems := Parse([]byte(`{"id": "x", "properties": ["Secret"], "Webhook": {"verify": ` + standardWebhooks + `, "events": ` + model1 + `},
		"tests": [{"name": "its example fits", "sign": true, "webhook": {"headers": {"webhook-id": "1"}, "body": {"id": "m1"}}, "events": [{"messageid": "m1"}]}]}`))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	_, err := s.Bind(map[string]string{"Secret": "not base64!"})
	var wrong *fault.Error
	if !errors.As(err, &wrong) || len(wrong.Problems) != 1 || wrong.Problems[0].Pointer != "/properties/Secret" || !strings.Contains(wrong.Problems[0].Message, "base64") ||
		strings.Contains(err.Error(), "not base64!") {
		t.Errorf("got %v", err)
	}
	for _, p := range Failed(RunTests(s)) {
		t.Error(p)
	}
}
