package media

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"patchbay/internal/fault"
	"patchbay/internal/message"
)

// Handler answers GET and HEAD of /media/<id>/<expiry>/<mac>, and of a picture with /preview behind it. Mount it at "/media/".
//
// What it shows came from strangers, so the answer is locked up: it is of the type that we found, never guessed at, may run, load and
// frame nothing, and is saved rather than shown unless it is one of a few harmless types.
func Handler(l *Links, d *Files, s Store, log *slog.Logger) http.Handler {
	previews := NewPreviews(d)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "sandbox; default-src 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			h.Set("Allow", "GET, HEAD")
			http.Error(w, "only GET and HEAD", http.StatusMethodNotAllowed)
			return
		}
		link, small := strings.CutSuffix(r.URL.Path, message.PreviewPath)
		id, expires, ok := l.check(link)
		now := time.Now()
		switch {
		case !ok:
			http.Error(w, "not found", http.StatusNotFound)
			return
		case !now.Before(expires):
			http.Error(w, "this link has ended; ask for the message again to get a new one", http.StatusGone)
			return
		}
		m, err := s.Media(r.Context(), id)
		if err != nil && fault.CodeOf(err) != fault.NotFound {
			log.Error("read media", "media", id, "err", err)
			http.Error(w, "this file cannot be read now", http.StatusServiceUnavailable)
			return
		}
		if err != nil || m == nil || m.State != message.MediaStored {
			http.Error(w, "not found", http.StatusNotFound)
			return
		}
		var f io.ReadSeekCloser
		if small {
			f, err = previews.open(r.Context(), m)
			m.Name = "preview"
			if err == nil {
				m.MediaType, err = typeOfPreview(f)
			}
		} else {
			f, err = d.open(r.Context(), m.Path)
		}
		if f != nil {
			defer f.Close()
		}
		if errors.Is(err, fs.ErrNotExist) {
			http.Error(w, "not found", http.StatusNotFound)
			return
		}
		if err != nil {
			log.Error("open media", "media", id, "err", err)
			h.Set("Retry-After", "5")
			http.Error(w, "this file cannot be read now", http.StatusServiceUnavailable)
			return
		}
		h.Set("Content-Type", m.MediaType)
		h.Set("Content-Disposition", disposition(m.MediaType, m.Name))
		h.Set("Cache-Control", fmt.Sprintf("private, max-age=%d, immutable", int(expires.Sub(now).Seconds())))
		http.ServeContent(w, r, "", time.Time{}, f)
	})
}
