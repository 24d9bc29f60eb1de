package notify

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"patchbay/internal/fault"
)

// secretPrefix marks a symmetric secret of Standard Webhooks; what follows is base64.
const secretPrefix = "whsec_"

// NewSecret makes a webhook's signing secret: 192 random bits, as the specification recommends 24 to 64 bytes.
func NewSecret() string {
	var key [24]byte
	rand.Read(key[:]) // never fails: crypto/rand ends the program instead
	return secretPrefix + base64.StdEncoding.EncodeToString(key[:])
}

// NewToken makes what a webhook of the messaging format carries in its bodies, for receivers that look for it there: 160 random bits that
// open nothing here.
func NewToken() string {
	var b [20]byte
	rand.Read(b[:])
	return "pbn_" + base64.RawURLEncoding.EncodeToString(b[:])
}

// signer signs for one webhook, with each of its secrets: while one is exchanged for another there are two.
type signer struct{ keys [][]byte }

// newSigner reads secrets, with their prefix or without. Empty ones are none.
func newSigner(secrets ...string) (s signer, err error) {
	for i, secret := range secrets {
		if secret == "" && i > 0 {
			continue
		}
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, secretPrefix))
		if err != nil || len(key) == 0 {
			return signer{}, fault.New(fault.Invalid, "secret", "a webhook's secret is %s followed by base64", secretPrefix)
		}
		s.keys = append(s.keys, key)
	}
	return s, nil
}

// sign is the value of webhook-signature: Standard Webhooks signs id, time in seconds and the body exactly as sent. Several signatures have a
// space between them.
func (s signer) sign(id string, at time.Time, body []byte) string {
	list := make([]string, len(s.keys))
	for i, key := range s.keys {
		mac := hmac.New(sha256.New, key)
		fmt.Fprintf(mac, "%s.%d.", id, at.Unix())
		mac.Write(body)
		list[i] = "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	}
	return strings.Join(list, " ")
}

// headers puts the three headers of Standard Webhooks on h.
func (s signer) headers(h http.Header, id string, at time.Time, body []byte) {
	h.Set("Webhook-Id", id)
	h.Set("Webhook-Timestamp", strconv.FormatInt(at.Unix(), 10))
	h.Set("Webhook-Signature", s.sign(id, at, body))
}
