package credential

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"patchbay/internal/directory"
	"patchbay/internal/exchange"
	"patchbay/internal/fault"
	"patchbay/internal/service"
	"patchbay/internal/store"
	"patchbay/internal/store/storetest"
)

// tokenServer hands out tokens over real HTTP. What it answers can be set; what it was asked is kept.
type tokenServer struct {
	*httptest.Server
	mu     sync.Mutex
	asked  []url.Values
	answer func(n int, form url.Values) (status int, body string) // n from 1
	hold   chan struct{}                                          // not nil: every answer waits for it
	seen   chan url.Values                                        // every question, as it comes
}

func newTokenServer(t *testing.T) *tokenServer {
	s := &tokenServer{seen: make(chan url.Values, 1000)}
	s.answer = func(n int, form url.Values) (int, string) {
		return 200, fmt.Sprintf(`{"access_token": "t0k3n-canary-%d", "refresh_token": "r3fr3sh-canary-%d", "expires_in": 3600}`, n, n)
	}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		s.mu.Lock()
		s.asked = append(s.asked, r.PostForm)
		n, answer, hold := len(s.asked), s.answer, s.hold
		s.mu.Unlock()
		s.seen <- r.PostForm
		if hold != nil {
			<-hold
		}
		status, body := answer(n, r.PostForm)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *tokenServer) answers(f func(n int, form url.Values) (int, string)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = f
}

func (s *tokenServer) times() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.asked)
}

// shelf holds one service.
type shelf struct {
	mu  sync.Mutex
	svc *service.Service
}

func (s *shelf) Get(context.Context, string, string, string) (*service.Service, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.svc, nil
}

// rig is a keeper between a real database and a real token server.
type rig struct {
	*testing.T
	*tokenServer
	k     *Keeper
	store *store.Store
	dir   string
	door  *exchange.Door
	shelf *shelf
	in    *directory.Integration
	bound *service.Bound

	log    *bytes.Buffer
	logger *slog.Logger
}

const flowOfProgram, flowOfPerson = "1", "0"

func newRig(t *testing.T, flow string) *rig {
	t.Helper()
	r := &rig{T: t, tokenServer: newTokenServer(t), dir: t.TempDir(), shelf: &shelf{}, log: &bytes.Buffer{}}
	svc, problems := service.Parse([]byte(`{"id": "acme", "name": "Acme", "properties": ["Client secret"],
		"OAuth2": {"client_id": "me", "client_secret": "$Client secret$", "flow_type": {"default": "` + flow + `"},
			"authorization_endpoint": "` + r.URL + `/authorize", "token_endpoint": "` + r.URL + `/token"},
		"API": {"SendMessage": {"request_url": "` + r.URL + `/sms", "request_parameters": {"to": "$to$", "t": "$content$"}, "response_map": {"id": "$messageid$"}}}}`))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	r.shelf.svc = svc
	r.logger = slog.New(slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	var err error
	if r.door, err = exchange.NewDoor(exchange.Config{AllowPrivate: []string{strings.TrimPrefix(r.URL, "http://")}}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.door.Close)
	r.openStore()
	w := storetest.NewWorld(t, r.store)
	r.in = w.NewIntegration(w.Org, "acme")
	r.in.Properties = map[string]string{"Client secret": "s3cr3t-canary"}
	r.must(r.store.PutIntegration(t.Context(), r.in))
	r.bind()
	t.Cleanup(func() { // after the keepers have ended
		if strings.Contains(r.log.String(), "canary") {
			t.Errorf("the log holds a secret:\n%s", r.log)
		}
	})
	r.k = r.keeper(r.store)
	return r
}

func (r *rig) must(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

func (r *rig) openStore() {
	r.Helper()
	s, err := store.Open(r.Context(), store.Options{DataDir: r.dir, Box: storetest.Box()})
	r.must(err)
	r.store = s
	r.Cleanup(func() { s.Close() })
}

func (r *rig) bind() {
	r.Helper()
	b, err := r.shelf.svc.Bind(r.in.Properties)
	r.must(err)
	r.bound = b
}

// keeper is another node's.
func (r *rig) keeper(s Store) *Keeper {
	k := New(Options{Store: s, Shelf: r.shelf, Door: r.door, PublicURL: "https://pb.example.com/", Log: r.logger})
	r.Cleanup(func() { k.Close() })
	return k
}

func (r *rig) token() string {
	r.Helper()
	got, err := r.k.Token(r.Context(), r.in, r.bound)
	r.must(err)
	return got
}

// noToken wants none, with a reason that can be shown.
func (r *rig) noToken(code fault.Code, want string) {
	r.Helper()
	got, err := r.k.Token(r.Context(), r.in, r.bound)
	if err == nil || fault.CodeOf(err) != code || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "canary") {
		r.Errorf("got %q, %v; want a fault %s that says %q", got, err, code, want)
	}
}

func (r *rig) wantTimes(want int) {
	r.Helper()
	if got := r.times(); got != want {
		r.Errorf("the service was asked %d times; want %d", got, want)
	}
}

// kept is what lies in the store.
func (r *rig) kept() *directory.Credential {
	r.Helper()
	c, err := r.store.Credential(r.Context(), r.in.AccountID, r.in.ID, r.bound.TokenKey())
	r.must(err)
	return c
}

func (r *rig) put(c directory.Credential) {
	r.Helper()
	r.must(r.store.PutCredential(r.Context(), r.in.AccountID, r.in.ID, r.bound.TokenKey(), c, c.Obtained))
}

// attention is what the operator is told of the integration.
func (r *rig) attention() (reasons []string) {
	r.Helper()
	all, err := r.store.Attention(r.Context(), r.in.AccountID, r.in.OrgID)
	r.must(err)
	for _, a := range all[r.in.ID] {
		reasons = append(reasons, a.Reason)
	}
	return reasons
}

// signIn is a person at the provider, who brings a code back that is bound to what was asked.
func (r *rig) signIn() (back Return) {
	r.Helper()
	address, err := r.k.Authorize(r.Context(), r.in, r.bound)
	r.must(err)
	u, err := url.Parse(address)
	r.must(err)
	q := u.Query()
	if !strings.HasPrefix(address, r.URL+"/authorize?") || q.Get("redirect_uri") != "https://pb.example.com/oauth/callback" || len(q.Get("state")) < 43 || q.Get("code_challenge_method") != "S256" {
		r.Fatalf("address %s", address)
	}
	challenge := q.Get("code_challenge")
	r.answers(func(n int, form url.Values) (int, string) {
		sum := sha256.Sum256([]byte(form.Get("code_verifier")))
		if form.Get("grant_type") == "authorization_code" && (form.Get("code") != "c0de-canary" || base64.RawURLEncoding.EncodeToString(sum[:]) != challenge ||
			form.Get("redirect_uri") != q.Get("redirect_uri") || form.Get("client_secret") != "s3cr3t-canary") {
			body, _ := json.Marshal(map[string]string{"error": "invalid_request", "error_description": "not what was asked: " + form.Encode()})
			return 400, string(body)
		}
		return 200, fmt.Sprintf(`{"access_token": "t0k3n-canary-%d", "refresh_token": "r3fr3sh-canary-%d", "expires_in": 3600}`, n, n)
	})
	return Return{State: q.Get("state"), Code: "c0de-canary"}
}
