package api

import (
	"context"
	"io"
	"mime"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"patchbay/internal/access"
	"patchbay/internal/failpoint"
	"patchbay/internal/inbound"
	"patchbay/internal/wire"
)

const (
	maxCallback     = 1 << 20
	maxCallbackForm = 12 << 20 // multipart: files come inside
	mediaTime       = 5 * time.Minute
	keepWithin      = 20 * time.Second // no provider waits longer for its answer
)

// callback takes any request of a provider. It only makes it whole: what it means, and what is answered, is inbound's.
func (s *Server) callback(w http.ResponseWriter, r *http.Request, _ *access.Principal) error {
	account, ok := strings.CutPrefix(r.PathValue("account"), "a")
	if !ok {
		account = "" // inbound answers this as it answers any account that is not there
	}
	body, status := s.callbackBody(w, r)
	if status != 0 {
		s.o.Inbound.Counters().Malformed.Add(1)
		w.Header().Set("Connection", "close")
		return plain(w, status, http.StatusText(status)+"\n")
	}
	failpoint.Pass("called")
	in := inbound.Request{
		AccountID: clean(account), ServiceID: clean(r.PathValue("service_id")), Key: strings.TrimSuffix(r.PathValue("key"), "/"),
		HTTP: wire.Request{
			Method: r.Method,
			// Signatures cover the address that the provider was given. What a proxy says about itself is not asked for.
			URL:    s.o.PublicURL + r.RequestURI,
			Header: r.Header, Body: body,
		},
		RemoteIP: peer(r),
	}
	// net/http moves Host out of the headers; signatures may cover it.
	if in.HTTP.Header.Get("Host") == "" && r.Host != "" {
		in.HTTP.Header.Set("Host", r.Host)
	}
	// A sender that has said everything may close its half of the connection; net/http takes that for going away, and we do not.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), keepWithin)
	defer cancel()
	a := s.o.Inbound.Receive(ctx, in)
	failpoint.Pass("received")
	h := w.Header()
	for name, values := range a.Header {
		h[name] = values
	}
	h.Set("Content-Length", strconv.Itoa(len(a.Body)))
	w.WriteHeader(a.Status)
	if r.Method != http.MethodHead && len(a.Body) > 0 {
		_, _ = w.Write(a.Body) // it is kept: a provider that did not wait asks again and is told the same
	}
	return nil
}

// callbackBody reads a body within its limit and the server's time, or says with which status it is refused.
func (s *Server) callbackBody(w http.ResponseWriter, r *http.Request) (body []byte, refused int) {
	limit := int64(maxCallback)
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); strings.HasPrefix(kind, "multipart/") {
		limit = maxCallbackForm
	}
	body, err := readBody(w, r, limit)
	if err == nil {
		return body, 0
	}
	if r.Header.Get("Expect") == "" { // a sender that asked first is spared the transfer
		// Many senders look at the answer only when all is sent: to hang up on them is to lose it, and they come again with the same.
		_, _ = io.Copy(io.Discard, io.LimitReader(r.Body, limit+64<<10))
	}
	return nil, statusOf(err)
}

// peer is the address at the other end of the connection.
func peer(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// media shows a stored file behind its signed link.
func (s *Server) media(w http.ResponseWriter, r *http.Request, _ *access.Principal) error {
	// A large file over a slow line takes longer than any other answer; a test's recorder has no connection.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(mediaTime))
	s.o.Media.ServeHTTP(w, r)
	return nil
}
