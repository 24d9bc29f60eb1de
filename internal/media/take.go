package media

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"patchbay/internal/message"
)

// uploadPatience is how long whoever uploads waits for a place that does not answer.
const uploadPatience = 20 * time.Second

// Take judges and keeps a file as it comes in, never more than a piece of it in memory: somebody uploads it. m is as for Keep; it comes
// back stored, blocked or failed. An error is the reader's, as it gave it, or the place's.
func (d *Files) Take(ctx context.Context, m message.Media, r io.Reader) (message.Media, error) {
	f, err := d.create()
	if err != nil {
		return m, err
	}
	defer f.discard()
	from := &remembering{Reader: io.LimitReader(r, MaxBytes+1)}
	n, err := io.Copy(f, from)
	switch {
	case from.err != nil:
		return m, from.err
	case err != nil:
		return m, fmt.Errorf("keep file: %w", err)
	case n == 0 || n > MaxBytes:
		m.State, m.Size, m.Reason = message.MediaFailed, n, fmt.Sprintf("the file is empty, or larger than %s", sizeText(MaxBytes))
		return m, nil
	}
	ctx, cancel := context.WithTimeout(ctx, uploadPatience)
	defer cancel()
	return f.finish(ctx, m, m.MediaType)
}

// remembering keeps what went wrong with a reader, so that it is not taken for the writer's.
type remembering struct {
	io.Reader
	err error
}

func (r *remembering) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		r.err = err
	}
	return n, err
}
