package api

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"patchbay/internal/access"
	"patchbay/internal/directory"
	"patchbay/internal/fault"
)

// handler answers one route. Its error becomes HTTP in one place; p is nil on public routes.
type handler func(w http.ResponseWriter, r *http.Request, p *access.Principal) error

// route ties one line of the access matrix to what answers it.
type route struct {
	rule    access.Rule
	handle  handler
	measure *routeMetrics
}

// key is a route as ServeMux spells it.
func key(method, pattern string) string {
	if method == "" {
		return pattern
	}
	return method + " " + pattern
}

// build makes the router from the access matrix: a rule that nobody answers, or an answer that no rule admits, is a mistake at start.
func (s *Server) build(matrix []access.Rule, handlers map[string]handler) error {
	mux := http.NewServeMux()
	methods := map[string]bool{}
	for _, rule := range matrix {
		k := key(rule.Method, rule.Pattern)
		h, ok := handlers[k]
		if !ok {
			return fmt.Errorf("api: the access matrix has %s, and nothing answers it", k)
		}
		delete(handlers, k)
		rt := &route{rule: rule, handle: h, measure: s.metrics.route(k)}
		mux.Handle(k, s.serve(rt))
		if rule.Method != "" {
			methods[rule.Method] = true
		}
	}
	for k := range handlers {
		return fmt.Errorf("api: %s is not in the access matrix", k)
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { s.nothingHere(w, r, mux, methods) })
	s.mux = mux
	return nil
}

// serve is what every route goes through: who asks, may they, then the handler, and its error as HTTP.
func (s *Server) serve(rt *route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun := time.Now()
		rec := w.(*recorder)
		p, err := s.admit(rt.rule, r)
		if err == nil {
			if what := rt.rule.Audited(); what != "" {
				r = s.noting(r, p, what)
			}
			err = rt.handle(w, r, p)
		}
		if err != nil && !rec.begun() {
			if rt.rule.Pattern == rpcPattern {
				s.writeRPCError(w, r, err)
			} else {
				writeError(w, r, s.o.Log, err)
			}
		}
		rt.measure.observe(rec.status, time.Since(begun))
	})
}

// admit finds out who asks and whether the route is for them.
func (s *Server) admit(rule access.Rule, r *http.Request) (*access.Principal, error) {
	if rule.Public() {
		return nil, nil
	}
	p, err := s.authenticate(rule, r)
	if err != nil {
		return nil, err
	}
	if !rule.Admits(p.Role) {
		return nil, fault.New(fault.Forbidden, "", "the role %q may not do this", p.Role)
	}
	return p, nil
}

var errNoKey = fault.New(fault.Unauthenticated, "", "send an API key of this server: Authorization: Bearer pbk_…")

// authenticate finds the principal of the request's key or, on /v1, of its sign-in. A key counts for more: a program says what it means.
func (s *Server) authenticate(rule access.Rule, r *http.Request) (*access.Principal, error) {
	text := access.Bearer(r.Header.Get("Authorization"))
	if text == "" {
		return s.signedIn(rule, r)
	}
	p, err := s.byKey(r, text)
	if fault.CodeOf(err) == fault.Unauthenticated {
		err = s.limits.wrongKey(s.address(r), err)
	}
	return p, err
}

// byKey finds the principal of a key, which ends with the user or the organization that it is for.
func (s *Server) byKey(r *http.Request, text string) (*access.Principal, error) {
	k, err := s.o.Store.KeyByHash(r.Context(), access.Hash(text))
	if err != nil {
		return nil, fmt.Errorf("look up key: %w", err)
	}
	if k == nil {
		return nil, errNoKey
	}
	p := access.Of(k)
	if err := s.alive(r.Context(), p); err != nil {
		return nil, err
	}
	return p, nil
}

// alive makes sure that the organization and the user of a key are there and switched on.
func (s *Server) alive(ctx context.Context, p *access.Principal) error {
	if p.Role == directory.AccountAdmin {
		return nil
	}
	o, err := s.o.Store.Organization(ctx, p.AccountID, p.OrgID)
	on := err == nil && o.Status != 0
	if on && p.Role == directory.UserRole {
		var u *directory.User
		u, err = s.o.Store.User(ctx, p.AccountID, p.UserID)
		on = err == nil && u.OrgID == p.OrgID && u.Status != 0
	}
	switch {
	case on:
		return nil
	case err == nil, fault.CodeOf(err) == fault.NotFound:
		return errNoKey
	}
	return fmt.Errorf("look up the key's owner: %w", err)
}

// nothingHere answers what no route takes: 405 with Allow when another method would be taken, 404 otherwise.
func (s *Server) nothingHere(w http.ResponseWriter, r *http.Request, mux *http.ServeMux, methods map[string]bool) {
	var allow []string
	probe := *r
	for _, m := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"} {
		if !methods[m] && m != "HEAD" {
			continue
		}
		probe.Method = m
		if _, pattern := mux.Handler(&probe); pattern != "/" && pattern != "" {
			allow = append(allow, m)
		}
	}
	if len(allow) == 0 {
		if s.pages != nil && strayed(r) {
			s.pages.index.send(w, r, http.StatusNotFound)
			return
		}
		writeError(w, r, s.o.Log, fault.New(fault.NotFound, "", "there is nothing at this address"))
		return
	}
	w.Header().Set("Allow", strings.Join(allow, ", "))
	err := notAllowed(fault.New(fault.Invalid, "", "%s is not possible here; use %s", r.Method, strings.Join(allow, ", ")))
	if r.URL.Path == rpcPattern {
		s.writeRPCError(w, r, err)
		return
	}
	writeError(w, r, s.o.Log, err)
}

// ServeHTTP is the outermost layer: headers that every answer carries, requests that nobody should make, and panics.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	rec := &recorder{ResponseWriter: w}
	s.setHeaders(w.Header())
	defer s.contain(rec, r)
	if len(r.TransferEncoding) > 0 {
		// A Content-Length beside it may hide a second request, and net/http does not tell: what follows is not read (RFC 9112 §6.3).
		w.Header().Set("Connection", "close")
	}

	switch {
	case r.Method == http.MethodTrace || r.Method == http.MethodConnect:
		writeError(rec, r, s.o.Log, notAllowed(fault.New(fault.Invalid, "", "%s is refused", r.Method)))
	case r.URL.Scheme != "" || r.URL.Host != "" || !strings.HasPrefix(r.URL.Path, "/"):
		// Proxies speak so; we are none.
		writeError(rec, r, s.o.Log, malformed(fault.New(fault.Invalid, "", "ask for a path, not for an address")))
	case !isPlain(r.URL.Path):
		// The router would answer with a redirect, which a provider's POST does not survive.
		writeError(rec, r, s.o.Log, fault.New(fault.NotFound, "", "there is nothing at this address"))
	default:
		s.mux.ServeHTTP(rec, r)
	}
}

// isPlain reports whether a path has no "//", "." or ".." in it.
func isPlain(path string) bool {
	return !strings.Contains(path, "//") && !strings.Contains(path, "/./") && !strings.Contains(path, "/../") &&
		!strings.HasSuffix(path, "/.") && !strings.HasSuffix(path, "/..")
}

// contain turns a panic of a handler into a 500 with an id; the stack goes to the log alone.
func (s *Server) contain(rec *recorder, r *http.Request) {
	v := recover()
	if v == nil {
		return
	}
	if v == http.ErrAbortHandler {
		panic(v)
	}
	id := incident()
	s.o.Log.Error("panic in a handler", "id", id, "method", r.Method, "path", r.URL.Path, "panic", fmt.Sprint(v), slog.String("stack", string(debug.Stack())))
	if rec.begun() {
		panic(http.ErrAbortHandler) // half an answer is out: break it off, so that nobody takes it for a whole one
	}
	writeError(rec, r, s.o.Log, panicked{id})
}

// Headers of every answer. The slices are shared: net/http reads them only.
var (
	nosniff    = []string{"nosniff"}
	noReferrer = []string{"no-referrer"}
	noStore    = []string{"no-store"}
	noContent  = []string{"default-src 'none'; frame-ancestors 'none'"}
	hsts       = []string{"max-age=31536000"}
)

func (s *Server) setHeaders(h http.Header) {
	h["X-Content-Type-Options"] = nosniff
	h["Referrer-Policy"] = noReferrer
	h["Cache-Control"] = noStore
	h["Content-Security-Policy"] = noContent
	if s.overTLS {
		h["Strict-Transport-Security"] = hsts
	}
}

// recorder remembers the status of an answer, and whether it has begun.
type recorder struct {
	http.ResponseWriter
	status int
}

func (r *recorder) begun() bool { return r.status != 0 }

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 && status >= 200 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	return r.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach flushing and deadlines.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
