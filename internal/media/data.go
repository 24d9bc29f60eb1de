package media

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/url"
	"strings"
)

// fetchData takes a file out of its own address (RFC 2397), of which rest is what follows "data:".
func fetchData(rest string, most int64, w io.Writer) (Fetched, error) {
	head, body, ok := strings.Cut(rest, ",")
	if !ok {
		return Fetched{}, failed("the data: address has no data")
	}
	mediaType, packed := strings.CutSuffix(head, ";base64")
	text, err := url.PathUnescape(body)
	if err != nil {
		return Fetched{}, failed("the data: address cannot be decoded")
	}
	data := []byte(text)
	if packed {
		if data, err = base64.RawStdEncoding.DecodeString(strings.TrimRight(text, "=")); err != nil {
			return Fetched{}, failed("the data: address cannot be decoded")
		}
	}
	switch {
	case len(data) == 0:
		return Fetched{}, failed("the file is empty")
	case int64(len(data)) > most:
		return Fetched{}, failed("the file is larger than " + sizeText(most))
	}
	if _, err := w.Write(data); err != nil {
		return Fetched{}, fmt.Errorf("write file: %w", err)
	}
	return Fetched{Type: mediaType}, nil
}

func cutPrefixFold(s, prefix string) (string, bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return s, false
	}
	return s[len(prefix):], true
}
