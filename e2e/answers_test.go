package e2e

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
)

// answers is what a provider says to whom: to requests that name a contact what was set for that contact.
type answers struct {
	mu    sync.Mutex
	of    map[string]http.HandlerFunc // by the last digits of the contact
	files map[string]http.HandlerFunc // by their path: what programs send
}

func newAnswers() *answers {
	return &answers{of: map[string]http.HandlerFunc{}, files: map[string]http.HandlerFunc{}}
}

// file is the path at which a file can be fetched.
func (a *answers) file(contentType, inBase64 string) string {
	content, err := base64.StdEncoding.DecodeString(inBase64)
	if err != nil {
		panic(err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	path := fmt.Sprintf("/files/%d", len(a.files))
	a.files[path] = func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		_, _ = w.Write(content)
	}
	return path
}

// lastDigits are those that a number has in every form.
func lastDigits(number string) string { return number[max(0, len(number)-9):] }

func (a *answers) to(contact string, h http.HandlerFunc) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.of[lastDigits(contact)] = h
}

func (a *answers) serve(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	said := r.URL.RawQuery + string(body)
	a.mu.Lock()
	var h http.HandlerFunc = http.NotFound
	if file, ok := a.files[r.URL.Path]; ok {
		h = file
	}
	for digits, one := range a.of {
		if strings.Contains(said, digits) {
			h = one
		}
	}
	a.mu.Unlock()
	h(w, r)
}

// with is an answer in which one text stands for another.
func (r wireResponse) with(old, now string) http.HandlerFunc {
	body := r.Body
	if old != "" {
		body = strings.ReplaceAll(body, old, now)
	}
	return func(w http.ResponseWriter, _ *http.Request) {
		for name, value := range r.Headers {
			w.Header().Set(name, value)
		}
		w.WriteHeader(r.Status)
		_, _ = io.WriteString(w, body)
	}
}

// once is an answer that is known later than the request may come.
func once(known <-chan http.HandlerFunc) http.HandlerFunc {
	h := sync.OnceValue(func() http.HandlerFunc { return <-known })
	return func(w http.ResponseWriter, r *http.Request) { h()(w, r) }
}
