package exchange

import (
	"bytes"
	"io"
	"log/slog"
)

// StandardLog is where the standard library's log should go: log.SetOutput(exchange.StandardLog(l)). net/http writes there, past
// every logger of ours, and quotes what providers sent ("Unsolicited response received on idle HTTP channel starting with …").
// Only what stands before the first quotation mark is passed on.
func StandardLog(l *slog.Logger) io.Writer { return standardLog{l} }

type standardLog struct{ log *slog.Logger }

func (s standardLog) Write(line []byte) (int, error) {
	said, _, _ := bytes.Cut(line, []byte(`"`))
	if i := bytes.Index(said, []byte("starting with")); i >= 0 {
		said = said[:i]
	}
	s.log.Warn("net/http", "said", string(bytes.TrimSpace(said[:min(len(said), 200)])))
	return len(line), nil
}
