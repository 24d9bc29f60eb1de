package media

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"patchbay/internal/exchange"
	"patchbay/internal/message"
	"patchbay/internal/wire"
)

const (
	fetchTimeout  = time.Minute
	maxHops       = 3 // providers' addresses lead to their storage
	maxAnswer     = 1 << 20
	maxRetryAfter = time.Hour
	poolName      = "media" // without credentials nothing tells one integration's fetches from another's
)

// Source is where a file is. Header goes to the hosts that Hosts names ("api.example.com", "*.cdn.example.com") and to no other,
// redirects included: without Hosts a file is fetched without credentials. They go by https, unless Plain says otherwise or they
// never leave this machine.
type Source struct {
	URL     string
	Header  http.Header
	Hosts   []string
	Plain   bool
	Pool    string // whose connections; needed with Header
	Secrets []string
	Most    int64                     // bytes of the file; 0: MaxBytes
	Sign    func(*wire.Request) error // what a request to Hosts is signed with at last; nil: nothing

	// Refused, where it is not nil, hears that Hosts refused the credentials, and says whether there may be others.
	Refused func() bool

	// Answer, where it is not nil, gives the file's address from what URL gives. Its error may be shown.
	Answer func(contentType string, body []byte) (url string, err error)
}

// Fetched is what the sender says about a file.
type Fetched struct {
	Type, Name string
}

// FetchError is why there is no file. Its text may be shown.
type FetchError struct {
	State  message.MediaState // failed or blocked, for good; pending: worth another try
	After  time.Duration      // pending: not sooner than this
	Reason string
	Status int // of the HTTP answer that was no file; 0: there was none
}

func (e *FetchError) Error() string { return e.Reason }

func failed(reason string) error { return &FetchError{State: message.MediaFailed, Reason: reason} }
func again(reason string) error  { return &FetchError{State: message.MediaPending, Reason: reason} }

// Fetch writes a file to w, at most s.Most bytes of it. Every hop passes the door's guard.
func Fetch(ctx context.Context, door *exchange.Door, s Source, w io.Writer) (Fetched, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	if s.Most <= 0 {
		s.Most = MaxBytes
	}
	if s.Answer != nil {
		var body bytes.Buffer
		answer, err := follow(ctx, door, &s, maxAnswer, &body)
		if err != nil {
			return Fetched{}, err
		}
		if s.URL, err = s.Answer(answer.Type, body.Bytes()); err != nil {
			return Fetched{}, again(err.Error())
		}
	}
	if rest, ok := cutPrefixFold(s.URL, "data:"); ok {
		return fetchData(rest, s.Most, w)
	}
	return follow(ctx, door, &s, s.Most, w)
}

// follow asks the address, and those it leads to.
func follow(ctx context.Context, door *exchange.Door, s *Source, most int64, w io.Writer) (Fetched, error) {
	at := s.URL
	for range maxHops + 1 {
		found, next, err := fetchOnce(ctx, door, s, at, most, w)
		if err != nil || next == "" {
			return found, err
		}
		at = next
	}
	return Fetched{}, failed("the address leads on and on")
}

// fetchOnce asks one address, which gives the file or names the next.
func fetchOnce(ctx context.Context, door *exchange.Door, s *Source, at string, most int64, w io.Writer) (found Fetched, next string, err error) {
	u, err := url.Parse(at)
	if err != nil {
		return found, "", failed("the address is not a valid URL")
	}
	req := &wire.Request{Method: http.MethodGet, URL: at}
	o := exchange.Options{Timeout: fetchTimeout, MaxBody: most, Pool: poolName}
	trusted := s.trusts(u)
	if trusted {
		req.Header, o.Pool, o.Secrets = s.Header.Clone(), s.Pool, s.Secrets
		if s.Sign != nil {
			if err := s.Sign(req); err != nil {
				return found, "", failed(err.Error())
			}
		}
	}
	in, err := door.Open(ctx, req, o)
	if err != nil {
		return found, "", ofDoor(err, most)
	}
	defer in.Body.Close()
	switch {
	case redirects[in.Status] && in.Header.Get("Location") != "":
		to, err := u.Parse(in.Header.Get("Location"))
		if err != nil {
			return found, "", failed("the address leads to one that is not a valid URL")
		}
		return found, to.String(), nil
	case in.Status == http.StatusUnauthorized && trusted && s.Refused != nil && s.Refused():
		return found, "", again("the provider refused the token")
	case in.Status != http.StatusOK:
		return found, "", ofStatus(in.Status, in.Header.Get("Retry-After"))
	}
	found = Fetched{Type: in.Header.Get("Content-Type"), Name: nameOf(in.Header.Get("Content-Disposition"), u)}
	n, err := io.Copy(w, in.Body)
	if err != nil {
		return found, "", ofDoor(err, most)
	}
	if n == 0 {
		return found, "", again("it is an empty file")
	}
	return found, "", nil
}

var redirects = map[int]bool{301: true, 302: true, 303: true, 307: true, 308: true}

// trusts reports whether whoever is asked at u may see the credentials.
func (s *Source) trusts(u *url.URL) bool {
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	if u.Scheme != "https" && !s.Plain && !isOurselves(host) {
		return false
	}
	for _, h := range s.Hosts {
		h = strings.ToLower(h)
		if rest, ok := strings.CutPrefix(h, "*."); ok && strings.HasSuffix(host, "."+rest) || h == host {
			return true
		}
	}
	return false
}

// isOurselves reports whether what goes to host never leaves this machine.
func isOurselves(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.IsLoopback()
}

// ofDoor judges what stopped an exchange, or the disk that the file was going to.
func ofDoor(err error, most int64) error {
	var e *exchange.Error
	switch {
	case errors.Is(err, exchange.ErrTooLarge):
		return failed("the file is larger than " + sizeText(most))
	case exchange.IsBlocked(err):
		return &FetchError{State: message.MediaBlocked, Reason: err.Error()}
	case errors.As(err, &e):
		return again(err.Error())
	}
	return fmt.Errorf("write file: %w", err)
}

// ofStatus judges an answer without a file. Files are often announced before they can be had: 403 and 404 may change.
func ofStatus(status int, retryAfter string) error {
	reason := "the provider answered " + strconv.Itoa(status)
	switch {
	case status < 300, status == 403, status == 404, status == 408, status == 409, status == 425, status == 429, status >= 500:
		return &FetchError{State: message.MediaPending, Reason: reason, After: readRetryAfter(retryAfter, time.Now()), Status: status}
	}
	return &FetchError{State: message.MediaFailed, Reason: reason, Status: status}
}

// readRetryAfter takes both forms, RFC 9110 §10.2.3, and nothing absurd.
func readRetryAfter(s string, now time.Time) time.Duration {
	if at, err := http.ParseTime(s); err == nil {
		return min(max(at.Sub(now), 0), maxRetryAfter)
	}
	if n, err := strconv.ParseUint(strings.TrimSpace(s), 10, 31); err == nil {
		return min(time.Duration(n)*time.Second, maxRetryAfter)
	}
	return 0
}

// nameOf is the name that the answer gives the file, or the end of its address when that looks like a file.
func nameOf(disposition string, u *url.URL) string {
	if _, params, err := mime.ParseMediaType(disposition); err == nil && params["filename"] != "" {
		return params["filename"]
	}
	if name := u.Path[strings.LastIndexByte(u.Path, '/')+1:]; typeOfName(name) != "" {
		return name
	}
	return ""
}
