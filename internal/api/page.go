package api

import (
	"net/http"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"patchbay/internal/fault"
	"patchbay/internal/store"
)

const (
	pageSize    = 50
	pageSizeMax = 200
)

// list is every list's shape. Next is what ?cursor= takes; empty at the end.
type list[T any] struct {
	Data []T    `json:"data" doc:"A page of it."`
	Next string `json:"next" doc:"The cursor of the next page. Empty: this was the last."`
}

// listOf shows rows one by one.
func listOf[R, T any](rows []R, next string, show func(*R) T) list[T] {
	l := list[T]{Data: make([]T, len(rows)), Next: next}
	for i := range rows {
		l.Data[i] = show(&rows[i])
	}
	return l
}

// page reads ?limit= and ?cursor=.
func page(r *http.Request) (store.Page, error) {
	q := r.URL.Query()
	at := store.Page{Limit: pageSize, Cursor: clean(q.Get("cursor"))}
	if text := q.Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > pageSizeMax {
			return at, fault.New(fault.Invalid, "limit", "must be a whole number from 1 to %d", pageSizeMax)
		}
		at.Limit = n
	}
	return at, nil
}

// stamp is a time as /v1 spells it: RFC 3339, UTC, milliseconds.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z07:00") }

// send answers v as JSON.
func send(w http.ResponseWriter, status int, v any) error {
	body, err := json.Marshal(v, jsontext.AllowInvalidUTF8(true))
	if err != nil {
		return err
	}
	sendBytes(w, status, body)
	return nil
}

func sendBytes(w http.ResponseWriter, status int, body []byte) {
	h := w.Header()
	h["Content-Type"] = jsonType
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that has gone is told nothing
}

var jsonType = []string{"application/json"}

// none answers 204.
func none(w http.ResponseWriter) error {
	w.WriteHeader(http.StatusNoContent)
	return nil
}
