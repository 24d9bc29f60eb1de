package exchange

import (
	"bytes"
	"io"
	"log"
	"log/slog"
	"net"
	"strings"
	"testing"

	"patchbay/internal/wire"
)

func TestWhatNetHTTPLogsQuotesNoProvider(t *testing.T) {
	out := make(chan string, 8)
	before := log.Writer()
	defer log.SetOutput(before)
	log.SetOutput(StandardLog(slog.New(slog.NewTextHandler(lines(out), nil))))
	s := raw(t, func(c net.Conn, n int) {
		once("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokc4nary")(c, n)
		_, _ = io.Copy(io.Discard, c)
	})
	to(t, s).Do(t.Context(), &wire.Request{Method: "POST", URL: s.url()}, Options{})
	got := <-out // the line comes when the connection goes idle
	if strings.Contains(got, "c4nary") || !strings.Contains(got, "Unsolicited response") {
		t.Errorf("logged: %s", got)
	}
}

type lines chan string

func (l lines) Write(b []byte) (int, error) {
	l <- string(bytes.Clone(b))
	return len(b), nil
}
