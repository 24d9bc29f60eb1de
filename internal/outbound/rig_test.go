package outbound

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"patchbay/internal/directory"
	"patchbay/internal/exchange"
	"patchbay/internal/message"
	"patchbay/internal/secret"
	"patchbay/internal/service"
	"patchbay/internal/store"
)

// patience is how long a test waits for something that takes milliseconds when all is well.
const patience = 15 * time.Second

// ask is one request that reached the provider.
type ask struct {
	N      int // from 1
	At     time.Time
	Header http.Header
	Body   string
	Path   string
}

// provider is a real HTTP server on loopback that does what a test says.
type provider struct {
	*httptest.Server
	mu    sync.Mutex
	asks  []ask
	reply func(w http.ResponseWriter, r *http.Request, a ask)
}

func newProvider(t *testing.T) *provider {
	p := &provider{}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // the request did not arrive
		}
		p.mu.Lock()
		a := ask{N: len(p.asks) + 1, At: time.Now(), Header: r.Header, Body: string(body), Path: r.URL.Path}
		p.asks = append(p.asks, a)
		reply := p.reply
		p.mu.Unlock()
		if reply == nil {
			reply = takes
		}
		reply(w, r, a)
	}))
	t.Cleanup(p.Close)
	return p
}

// takes accepts, with an id of its own for each request.
func takes(w http.ResponseWriter, _ *http.Request, a ask) {
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"data": {"id": "p%d"}}`, a.N)
}

// says answers with a status and a body.
func says(status int, body string, header ...string) func(http.ResponseWriter, *http.Request, ask) {
	return func(w http.ResponseWriter, _ *http.Request, _ ask) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

// inTurn answers each request in its turn, the last answer for all that follow.
func inTurn(replies ...func(http.ResponseWriter, *http.Request, ask)) func(http.ResponseWriter, *http.Request, ask) {
	return func(w http.ResponseWriter, r *http.Request, a ask) {
		replies[min(a.N, len(replies))-1](w, r, a)
	}
}

// raw writes bytes to the connection and closes it; with reset the close is a RST.
func raw(reset bool, answer string) func(http.ResponseWriter, *http.Request, ask) {
	return func(w http.ResponseWriter, _ *http.Request, _ ask) {
		c, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		io.WriteString(c, answer)
		if reset {
			c.(*net.TCPConn).SetLinger(0)
		}
		c.Close()
	}
}

func (p *provider) answer(f func(w http.ResponseWriter, r *http.Request, a ask)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.reply = f
}

func (p *provider) got() []ask {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]ask(nil), p.asks...)
}

// base is the format's base file, as far as sending goes; PROVIDER stands for the provider's address.
const base = `{
	"id": "acme", "name": "Acme", "class": "sms", "properties": ["API key"],
	"auth": {"type": "Bearer", "token": "$API key$"},
	"API": {
		"SendMessage": {
			"request_method": "POST", "request_url": "PROVIDER/messages", "request_content_type": "application/json",
			"request_parameters": {"from": "$from$", "to": "$to$", "extension": "$extension$", "domain": "$domain$", "content": "$content$"},
			"response_map": {"data": {"id": "$messageid$"}}
		},
		"SendFile": {
			"request_method": "POST", "request_url": "PROVIDER/files", "request_content_type": "application/json",
			"request_parameters": {"from": "$from$", "to": "$to$", "media_url": "$content$"},
			"response_map": {"data": {"id": "$messageid$"}}
		}
	}
}`

// idempotent is base with a provider that deduplicates by our id.
var idempotent = strings.ReplaceAll(strings.ReplaceAll(base, `"response_map"`, `"idempotent": true, "response_map"`), `"content": "$content$"`, `"content": "$content$", "ref": "$id$"`)

// limited is base with limits.
func limited(limits string) string {
	return strings.Replace(base, `"API":`, `"limits": `+limits+`, "API":`, 1)
}

// rig is the flow as the program runs it: the real store on SQLite, a real service file, the real door, a real provider.
type rig struct {
	*Flow
	t        *testing.T
	dir      string
	box      *secret.Box
	store    *store.Store
	shelf    *service.Shelf
	door     *exchange.Door
	provider *provider
	log      *bytes.Buffer
	options  Options

	account     string
	org         *directory.Organization
	ann, bob    *directory.User
	integration *directory.Integration
	mine        *directory.Number // ann's
	shared      *directory.Number // ann's and bob's

	mu      sync.Mutex
	commits chan struct{} // closed at the next commit
	cancel  func()        // tells Run to stop
	stop    func()        // and waits for it
}

const apiKey = "s3cr3t-canary-key"

func newRig(t *testing.T, file string, change ...func(*Options)) *rig {
	t.Helper()
	box, err := secret.NewBox(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, dir: t.TempDir(), box: box, provider: newProvider(t), log: &bytes.Buffer{}, cancel: func() {}, stop: func() {}}
	r.options.Random = func() float64 { return 0 } // no waits but those that a provider asks for
	for _, c := range change {
		c(&r.options)
	}
	r.open()
	t.Cleanup(r.close)
	r.seed(file)
	return r
}

// open starts everything but the sending.
func (r *rig) open() {
	r.t.Helper()
	ctx := r.t.Context()
	var err error
	log := slog.New(slog.NewTextHandler(&lockedWriter{w: r.log}, &slog.HandlerOptions{Level: slog.LevelDebug}))
	if r.store, err = store.Open(ctx, store.Options{DataDir: r.dir, Box: r.box, Log: log}); err != nil {
		r.t.Fatal(err)
	}
	if r.shelf, err = service.NewShelf(fstest.MapFS{}, r.store); err != nil {
		r.t.Fatal(err)
	}
	if r.door, err = exchange.NewDoor(exchange.Config{AllowPrivate: []string{r.provider.Listener.Addr().String()}, Log: log}); err != nil {
		r.t.Fatal(err)
	}
	o := r.options
	o.Store, o.Shelf, o.Door, o.Log, o.PublicURL = r.store, r.shelf, r.door, log, "https://patchbay.example/"
	r.Flow = New(o)
	r.mu.Lock()
	r.commits = make(chan struct{})
	r.mu.Unlock()
	flow := r.Flow
	r.store.OnCommit(func(c store.Commit) {
		if c.Lanes {
			flow.Wake()
		}
		r.mu.Lock()
		close(r.commits)
		r.commits = make(chan struct{})
		r.mu.Unlock()
	})
}

type lockedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lockedWriter) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(b)
}

// run sends until the test ends or stop is called.
func (r *rig) run() {
	ctx, cancel := context.WithCancel(context.WithoutCancel(r.t.Context()))
	done := make(chan error, 1)
	flow := r.Flow
	go func() { done <- flow.Run(ctx) }()
	r.cancel = cancel
	r.stop = func() {
		r.stop = func() {}
		cancel()
		if err := <-done; err != nil {
			r.t.Error(err)
		}
	}
}

func (r *rig) close() {
	r.stop()
	r.door.Close()
	if err := r.store.Close(); err != nil {
		r.t.Error(err)
	}
}

// put installs a service file, as an upload does, and gives its version.
func (r *rig) put(file string) string {
	r.t.Helper()
	s, problems := service.Parse([]byte(strings.ReplaceAll(file, "PROVIDER", r.provider.URL)))
	if s == nil {
		r.t.Fatal(problems.Err())
	}
	if err := r.store.PutService(r.t.Context(), r.account, s.ID, s.Version, s.Source); err != nil {
		r.t.Fatal(err)
	}
	r.shelf.Forget(r.account, s.ID)
	return s.Version
}

func (r *rig) seed(file string) {
	r.t.Helper()
	ctx, now := r.t.Context(), time.Now()
	must := func(err error) {
		r.t.Helper()
		if err != nil {
			r.t.Fatal(err)
		}
	}
	r.account = directory.NewAccountID()
	key := &directory.Key{ID: directory.NewID(now), AccountID: r.account, Role: directory.AccountAdmin, Created: now}
	must(r.store.CreateAccount(ctx, &directory.Account{ID: r.account, Name: "test", Created: now}, key, [32]byte{1}))
	r.org = &directory.Organization{ID: directory.NewID(now), AccountID: r.account, Name: "Acme", Domain: "acme", Status: 1, Created: now}
	must(r.store.CreateOrganization(ctx, r.org))
	r.ann = &directory.User{ID: directory.NewID(now), AccountID: r.account, OrgID: r.org.ID, Extension: "101", Name: "Ann", Status: 1, Created: now}
	must(r.store.CreateUser(ctx, r.ann))
	r.bob = &directory.User{ID: directory.NewID(now), AccountID: r.account, OrgID: r.org.ID, Extension: "102", Name: "Bob", Status: 1, Created: now}
	must(r.store.CreateUser(ctx, r.bob))
	r.put(file)
	r.integration = &directory.Integration{AccountID: r.account, OrgID: r.org.ID, ServiceID: "acme", Enabled: true,
		Properties: map[string]string{"API key": apiKey}, Created: now}
	must(r.store.PutIntegration(ctx, r.integration))
	r.mine = r.number("+61123456789", r.ann.ID)
	r.shared = r.number("+61123456790", r.ann.ID, r.bob.ID)
}

func (r *rig) number(value string, users ...string) *directory.Number {
	r.t.Helper()
	now := time.Now()
	n := &directory.Number{ID: directory.NewID(now), AccountID: r.account, OrgID: r.org.ID, IntegrationID: r.integration.ID,
		ServiceID: "acme", Value: value, Country: "AU", Users: users, Created: now}
	if err := r.store.CreateNumber(r.t.Context(), n); err != nil {
		r.t.Fatal(err)
	}
	return n
}

// text is a draft from ann's number.
func (r *rig) text(to, content string) Draft {
	return Draft{AccountID: r.account, UserID: r.ann.ID, From: r.mine.Value, To: to, Content: content}
}

// send accepts a draft and gives the message's id.
func (r *rig) send(d Draft) string {
	r.t.Helper()
	ack, err := r.Accept(r.t.Context(), d)
	if err != nil {
		r.t.Fatal(err)
	}
	return ack.ID
}

func (r *rig) view(id string) *message.View {
	r.t.Helper()
	v, err := r.store.Message(r.t.Context(), r.account, id)
	if err != nil {
		r.t.Fatal(err)
	}
	return v
}

// until waits until what is stored makes ok true: it looks again at every commit.
func (r *rig) until(what string, ok func() bool) {
	r.t.Helper()
	timeout := time.After(patience)
	for {
		r.mu.Lock()
		next := r.commits
		r.mu.Unlock()
		if ok() {
			return
		}
		select {
		case <-next:
		case <-timeout:
			r.t.Fatalf("waited %v until %s; log:\n%s", patience, what, r.log)
		}
	}
}

// reaches waits until the message has the status, and gives it.
func (r *rig) reaches(id string, want message.Status) (v *message.View) {
	r.t.Helper()
	r.until(fmt.Sprintf("message %s is %s", id, want), func() bool {
		v = r.view(id)
		return v.Status == want
	})
	return v
}

// tried waits until the message has n attempts that ended.
func (r *rig) tried(id string, n int) (v *message.View) {
	r.t.Helper()
	r.until(fmt.Sprintf("message %s has %d attempts", id, n), func() bool {
		v = r.view(id)
		return len(ended(v)) >= n
	})
	return v
}

func ended(v *message.View) (list []message.Attempt) {
	for _, a := range v.Attempts {
		if a.Outcome != "" {
			list = append(list, a)
		}
	}
	return list
}

func outcomesOf(v *message.View) (list []message.Outcome) {
	for _, a := range v.Attempts {
		list = append(list, a.Outcome)
	}
	return list
}

// files is what lies on the disk.
func (r *rig) files() map[string][]byte {
	r.t.Helper()
	files := map[string][]byte{}
	err := filepath.WalkDir(r.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files[path], err = os.ReadFile(path)
		return err
	})
	if err != nil || len(files) == 0 {
		r.t.Fatalf("read the data directory: %d files, %v", len(files), err)
	}
	return files
}
