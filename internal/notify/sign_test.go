package notify

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// The vectors are the ones that the Standard Webhooks specification and its reference libraries publish.
func TestSignaturesAreThoseOfStandardWebhooks(t *testing.T) {
	for _, c := range []struct {
		secret, id, body, want string
		at                     int64
	}{
		{"whsec_plJ3nmyCDGBKInavdOK15jsl", "msg_loFOjxBNrRLzqYUf", `{"event_type":"ping","data":{"success":true}}`,
			"v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=", 1731705121},
		{"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", `{"test": 2432232314}`,
			"v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", 1614265330},
		{"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", `{"test": 2432232314}`,
			"v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", 1614265330},
	} {
		s, err := newSigner(c.secret)
		if err != nil {
			t.Fatal(err)
		}
		h := http.Header{}
		s.headers(h, c.id, time.Unix(c.at, 0), []byte(c.body))
		if got := h.Get("webhook-signature"); got != c.want {
			t.Errorf("%s: got %s, want %s", c.id, got, c.want)
		}
		if h.Get("webhook-id") != c.id || h.Get("webhook-timestamp") == "" {
			t.Errorf("%s: headers %v", c.id, h)
		}
	}
}

func TestANewSecretSignsAndIsNeverTheSame(t *testing.T) {
	a, b := NewSecret(), NewSecret()
	if a == b || !strings.HasPrefix(a, "whsec_") {
		t.Fatalf("got %q and %q", a, b)
	}
	if _, err := newSigner(a); err != nil {
		t.Fatal(err)
	}
}

func TestASecretThatIsNotBase64IsRefused(t *testing.T) {
	for _, secret := range []string{"", "whsec_", "whsec_***", "plain words"} {
		if _, err := newSigner(secret); err == nil {
			t.Errorf("%q was taken", secret)
		}
	}
}
