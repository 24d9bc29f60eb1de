package app_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"patchbay/internal/app"
)

// bench is the program with a provider that answers at once, and 30 numbers.
type bench struct {
	key, url, webhook string
	numbers           []string
	client            *http.Client
}

func newBench(b *testing.B) *bench {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	provider := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, `{"data":{"id":"m"}}`)
	})}
	go provider.Serve(l)
	b.Cleanup(func() { provider.Close() })
	a, err := app.Start(context.Background(), app.Options{
		Listen: "127.0.0.1:0", DataDir: b.TempDir(), BootstrapKey: bootstrapKey, AllowPrivateEgress: []string{l.Addr().String()},
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { a.Close() })
	e := &bench{key: bootstrapKey, url: a.URL(), client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 128}}}
	e.call(b, "PUT", "/v1/services/acme", baseFile("acme", "http://"+l.Addr().String()))
	org := between(e.call(b, "POST", "/v1/organizations", `{"name":"n","domain":"d"}`), `"id":"`)
	e.webhook = between(e.call(b, "PUT", "/v1/organizations/"+org+"/integrations/acme", `{"properties":{"API key":"k"}}`), `"webhook_url":"`)
	for i := range 30 {
		e.numbers = append(e.numbers, fmt.Sprintf("+1555000%04d", 1000+i))
		e.call(b, "POST", "/v1/organizations/"+org+"/numbers", fmt.Sprintf(`{"service":"acme","number":%q}`, e.numbers[i]))
	}
	return e
}

func between(text, before string) string {
	_, rest, _ := strings.Cut(text, before)
	id, _, _ := strings.Cut(rest, `"`)
	return id
}

func (e *bench) call(b *testing.B, method, path, body string) string {
	if strings.HasPrefix(path, "/") {
		path = e.url + path
	}
	r, err := http.NewRequest(method, path, strings.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+e.key)
	r.Header.Set("Content-Type", "application/json")
	resp, err := e.client.Do(r)
	if err != nil {
		b.Fatal(err)
	}
	text, _ := io.ReadAll(resp.Body)
	resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		b.Fatalf("%s %s: %d %s", method, path, resp.StatusCode, text)
	}
	return string(text)
}

// BenchmarkPostMessage is a durable 202, with the sending behind it.
func BenchmarkPostMessage(b *testing.B) {
	e := newBench(b)
	var n atomic.Int64
	b.SetParallelism(32)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			i := n.Add(1)
			e.call(b, "POST", "/v1/messages", fmt.Sprintf(`{"from":%q,"to":"+1555%07d","content":"hello this is a text of ordinary length"}`, e.numbers[i%30], i))
		}
	})
}

// BenchmarkCallback is a provider's message, durably kept.
func BenchmarkCallback(b *testing.B) {
	e := newBench(b)
	var n atomic.Int64
	b.SetParallelism(32)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			i := n.Add(1)
			e.call(b, "POST", e.webhook, fmt.Sprintf(`{"method":"message","params":{"from":"+1555%07d","to":%q,"content":"hello this is a text of ordinary length"}}`, i, e.numbers[i%30]))
		}
	})
}
