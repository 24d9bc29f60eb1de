package exchange

import (
	"bufio"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"io"
	"net/http"
	"strings"
)

// ErrTooLarge says that an answer went past Options.MaxBody.
var ErrTooLarge error = &Error{text: "the answer is larger than allowed"}

var (
	errBrokeOff = &Error{text: "the answer broke off before its end"}
	errTooSlow  = &Error{text: "the answer did not end in time", timeout: true}
	errPacked   = &Error{text: "the answer is compressed in a way that was not asked for"}
)

// capped reads at most left bytes and then says ErrTooLarge, if there is more.
type capped struct {
	r    io.Reader
	left int64
}

func (c *capped) Read(p []byte) (int, error) {
	if int64(len(p)) > c.left+1 {
		p = p[:c.left+1]
	}
	n, err := c.r.Read(p)
	if int64(n) > c.left {
		n, err = int(c.left), ErrTooLarge
	}
	c.left -= int64(n)
	return n, err
}

// packedSlack is what compressing what cannot be compressed may add.
const packedSlack = 64 << 10

// unpack gives the body as it is meant, at most max bytes of it. Nobody asked for compression, but some compress all the same.
func unpack(res *http.Response, max int64) (io.Reader, error) {
	encoding := strings.ToLower(strings.TrimSpace(strings.Join(res.Header.Values("Content-Encoding"), ",")))
	var r io.Reader = res.Body
	if encoding != "" && encoding != "identity" && res.Body != http.NoBody {
		packed := bufio.NewReader(&capped{r: res.Body, left: max + packedSlack})
		var err error
		switch encoding {
		case "gzip", "x-gzip":
			r, err = gzip.NewReader(packed)
		case "deflate": // zlib, says RFC 9110; bare deflate, say some servers
			if first, peekErr := packed.Peek(1); peekErr == nil && first[0]&0x0f == 8 {
				r, err = zlib.NewReader(packed)
			} else {
				r = flate.NewReader(packed)
			}
		default:
			return r, errPacked
		}
		if err == io.EOF {
			return strings.NewReader(""), nil // nothing, compressed
		}
		if err != nil {
			return strings.NewReader(""), err
		}
		res.Header.Del("Content-Encoding")
		res.Header.Del("Content-Length")
	}
	return &capped{r: r, left: max}, nil
}

// readBody reads at most max bytes. The error says why what it gives is not whole.
func readBody(res *http.Response, max int64) ([]byte, error) {
	r, err := unpack(res, max)
	if err != nil {
		return nil, bodyError(err)
	}
	size := int64(512)
	if n := res.ContentLength; n >= 0 && n < max && res.Header.Get("Content-Encoding") == "" {
		size = min(n, 64<<10) // not trusted further than this
	}
	buf := make([]byte, 0, size+1)
	for {
		if len(buf) == cap(buf) {
			buf = append(buf, 0)[:len(buf)]
		}
		n, err := r.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if err == io.EOF {
			return buf, nil
		}
		if err != nil {
			return buf, bodyError(err)
		}
	}
}

// bodyError is err in words that may be shown.
func bodyError(err error) error {
	var e *Error
	var t interface{ Timeout() bool }
	switch {
	case errors.As(err, &e):
		return e
	case errors.As(err, &t) && t.Timeout():
		return errTooSlow
	}
	return errBrokeOff
}
