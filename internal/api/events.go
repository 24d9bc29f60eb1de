package api

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"patchbay/internal/access"
	"patchbay/internal/fault"
	"patchbay/internal/message"
	"patchbay/internal/notify"
)

// events is the live stream of what the caller may see.
func (s *Server) events(w http.ResponseWriter, r *http.Request, p *access.Principal) error {
	orgID, userID, err := s.scope(r, p)
	if err != nil {
		return err
	}
	f := message.NotificationFilter{AccountID: p.AccountID, OrgID: orgID, UserID: userID}
	if text := r.URL.Query().Get("types"); text != "" {
		for t := range strings.SplitSeq(text, ",") {
			if !slices.Contains(notify.Types, t) {
				return fault.New(fault.Invalid, "types", "%q is no type of notification; there are %s", clean(t), words(notify.Types))
			}
			f.Types = append(f.Types, t)
		}
	}
	// A stream outlives the time that a request has to arrive, which would otherwise end it.
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{}) // a test's recorder has no connection
	return s.o.Stream.Stream(w, r, f, func() bool { return s.remains(r, p) })
}

// remains reports whether the request's credential is still what it was when the request began: not ended, and of the same role.
func (s *Server) remains(r *http.Request, p *access.Principal) bool {
	now, err := s.authenticate(access.Rule{Method: http.MethodGet, Pattern: "/v1/events"}, r)
	if err != nil {
		return fault.CodeOf(err) != fault.Unauthenticated && fault.CodeOf(err) != fault.TooMany // an outage says nothing about whoever listens
	}
	return now.Role == p.Role && now.OrgID == p.OrgID && now.UserID == p.UserID
}
