package store

import (
	"encoding/base64"
	"math"
	"strconv"

	"patchbay/internal/fault"
)

const (
	pageDefault = 50
	pageMax     = 200
)

// size is how many rows to read: one more than asked for, which tells whether there is a next page.
func (p Page) size() int {
	n := p.Limit
	if n <= 0 {
		n = pageDefault
	}
	return min(n, pageMax) + 1
}

// textCursor and seqCursor are the last row of the page before. They are opaque so that nobody computes with them.
func textCursor(after string) string {
	return base64.RawURLEncoding.EncodeToString([]byte("t" + after))
}
func seqCursor(seq int64) string {
	return base64.RawURLEncoding.EncodeToString([]byte("s" + strconv.FormatInt(seq, 10)))
}

var errCursor = fault.New(fault.Invalid, "cursor", "is not one that a list gave; leave it out to begin anew")

// afterText is where a list in the order of ids goes on.
func (p Page) afterText() (string, error) {
	if p.Cursor == "" {
		return "", nil
	}
	b, err := base64.RawURLEncoding.DecodeString(p.Cursor)
	if err != nil || len(b) < 2 || b[0] != 't' {
		return "", errCursor
	}
	return string(b[1:]), nil
}

// beforeText is where a list in the reverse order of ids goes on.
func (p Page) beforeText() (string, error) {
	if p.Cursor == "" {
		return "~", nil // after every id
	}
	return p.afterText()
}

// beforeSeq is where a list of the newest first goes on.
func (p Page) beforeSeq() (int64, error) {
	if p.Cursor == "" {
		return math.MaxInt64, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(p.Cursor)
	if err != nil || len(b) < 2 || b[0] != 's' {
		return 0, errCursor
	}
	seq, err := strconv.ParseInt(string(b[1:]), 10, 64)
	if err != nil || seq < 0 {
		return 0, errCursor
	}
	return seq, nil
}

// cut makes a page of rows that were read by size, and the cursor of the next one.
func cut[T any](p Page, rows []T, cursor func(*T) string) ([]T, string) {
	n := p.size() - 1
	if len(rows) <= n {
		return rows, ""
	}
	return rows[:n], cursor(&rows[n-1])
}
