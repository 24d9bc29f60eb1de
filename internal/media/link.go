package media

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"
	"time"
)

const (
	linkRoot = "/media/"
	linkStep = 24 * time.Hour
	macSize  = 24 // bytes: 192 bits
)

// Links signs and checks the links behind which files are shown. A link is one file's, cannot be guessed and ends by itself; whoever
// has it needs nothing else, because providers fetch without signing in.
type Links struct {
	keys [][]byte
}

// NewLinks signs with the first key and accepts any (secret.Box.Derive("media links")).
func NewLinks(keys [][]byte) *Links { return &Links{keys} }

// Path is the link of a file, from the public URL's root: /media/<id>/<expiry>/<mac>. It lives between 7 and 8 days, so that the same
// file asked for again within a day has the same link.
func (l *Links) Path(id string, now time.Time) string {
	expiry := strconv.FormatInt(now.Add(LinkLife+linkStep).Truncate(linkStep).Unix(), 10)
	return linkRoot + id + "/" + expiry + "/" + base64.RawURLEncoding.EncodeToString(l.mac(l.keys[0], id, expiry))
}

// check gives the id of a link that we made, and when it ends.
func (l *Links) check(path string) (id string, expires time.Time, ok bool) {
	rest, ok := strings.CutPrefix(path, linkRoot)
	parts := strings.Split(rest, "/")
	if !ok || len(parts) != 3 || len(parts[0]) > 100 || len(parts[1]) > 12 {
		return "", time.Time{}, false
	}
	got, err := base64.RawURLEncoding.Strict().DecodeString(parts[2])
	if err != nil || len(got) != macSize {
		return "", time.Time{}, false
	}
	for _, key := range l.keys {
		if hmac.Equal(got, l.mac(key, parts[0], parts[1])) {
			seconds, err := strconv.ParseInt(parts[1], 10, 64)
			return parts[0], time.Unix(seconds, 0), err == nil
		}
	}
	return "", time.Time{}, false
}

func (l *Links) mac(key []byte, id, expiry string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(id + "/" + expiry)) // an id holds no slash: check splits there
	return h.Sum(nil)[:macSize]
}
