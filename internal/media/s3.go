package media

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path"
	"strings"
	"sync/atomic"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"patchbay/internal/exchange"
	"patchbay/internal/failpoint"
)

const (
	putSize     = 8                // bytes of a name in a bucket that no other put has
	s3Tries     = 2                // of one request, a moment apart
	s3Patience  = 45 * time.Second // for one file, its tries included: less than a fetched file is one node's
	s3Life      = 2 * time.Minute  // of a file that is read
	defaultZone = "us-east-1"      // what most that are not Amazon's call their region
)

// s3 keeps files in a bucket. A name there is given once: a file that is kept again gets another, and the sweep takes the one without a row.
// So no sweep can take a file that another node is just keeping.
type s3 struct {
	c      minio.Core
	bucket string
	prefix string // empty, or with a slash at its end
	host   string
	log    *slog.Logger
	told   atomic.Int64 // when an error was last told of, Unix seconds
}

// errRefused is in the errors of a place that answers, and says no.
var errRefused = errors.New("refused")

// OpenBucket keeps files in a bucket, and what is being written in a directory of this node's own. carry is the way there. With an error and
// files nobody knows whether the bucket can be used: it may be later.
func OpenBucket(ctx context.Context, b Bucket, carry http.RoundTripper, drafts string, log *slog.Logger) (*Files, error) {
	c, err := minio.NewCore(b.host, &minio.Options{
		Creds:  credentials.NewStaticV4(b.AccessKey, b.SecretKey, b.SessionToken),
		Secure: b.secure, Transport: carry, Region: b.region, BucketLookup: b.lookup, MaxRetries: s3Tries,
	})
	if err != nil {
		return nil, fmt.Errorf("media in S3: %w", err)
	}
	s := &s3{c: *c, bucket: b.name, prefix: b.prefix, host: b.Endpoint(), log: log}
	root, err := openDrafts(drafts)
	if err != nil {
		return nil, err
	}
	files, err := ready(root, s, removeUnfinished(root, time.Now()))
	if err != nil {
		return nil, err
	}
	if err = s.look(ctx); errors.Is(err, errRefused) {
		return nil, errors.Join(err, files.Close())
	}
	return files, err
}

// look finds out whether the bucket is there and may be listed, which is what the sweep and every answer about a missing file need.
func (s *s3) look(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s3Patience/3)
	defer cancel()
	first, ok := <-s.c.Client.ListObjects(ctx, s.bucket, minio.ListObjectsOptions{Prefix: s.prefix + idFile, MaxKeys: 1})
	if ok && first.Err != nil {
		return s.explain(first.Err)
	}
	return nil
}

// explain says what a person can do about an error, also in the log: once a minute, however many it meets. It never holds a key.
func (s *s3) explain(err error) error {
	if err = s.reason(err); !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, context.Canceled) {
		now := time.Now().Unix()
		if last := s.told.Load(); now-last >= 60 && s.told.CompareAndSwap(last, now) {
			s.log.Warn("media in S3: files wait until it takes and gives them again", "bucket", s.bucket, "error", err)
		}
	}
	return err
}

func (s *s3) reason(err error) error {
	e := minio.ToErrorResponse(err)
	switch {
	case e.Code == "NoSuchKey":
		return fs.ErrNotExist
	case e.Code == "NoSuchBucket":
		return s.refused("there is no bucket %q: make it, or mend --media-url", s.bucket)
	case e.Code == "InvalidAccessKeyId" || e.Code == "SignatureDoesNotMatch" || e.Code == "InvalidTokenId" || e.Code == "ExpiredToken":
		return s.refused("the keys for bucket %q are not taken (%s)", s.bucket, e.Code)
	case e.StatusCode == http.StatusForbidden:
		return s.refused("the keys for bucket %q may not do this (%s): they need to list, read, write and delete", s.bucket, e.Code)
	case exchange.IsBlocked(err):
		return s.refused("%s may not be reached: a place inside your own network must be listed in PATCHBAY_ALLOW_PRIVATE_EGRESS, as host:port", s.host)
	case e.StatusCode != 0:
		return fmt.Errorf("%w: bucket %q answered %d %s", ErrAway, s.bucket, e.StatusCode, e.Code)
	}
	return fmt.Errorf("%w: bucket %q: %w", ErrAway, s.bucket, err)
}

func (s *s3) refused(format string, args ...any) error {
	return fmt.Errorf("%w: %w: %s", ErrAway, errRefused, fmt.Sprintf(format, args...))
}

func (s *s3) close() error { return nil }

func (s *s3) id(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, s3Patience)
	defer cancel()
	id, err := s.readID(ctx)
	if !errors.Is(err, fs.ErrNotExist) {
		return id, err
	}
	// Two nodes that start together: the first one's holds, where the server knows conditions; elsewhere the last one's, and the database
	// refuses the other node, which finds it when it starts again.
	var o minio.PutObjectOptions
	o.SetMatchETagExcept("*")
	if err := s.write(ctx, idFile, strings.NewReader(rand.Text()+"\n"), o); err != nil && minio.ToErrorResponse(err).StatusCode != http.StatusPreconditionFailed {
		return "", s.explain(err)
	}
	return s.readID(ctx)
}

func (s *s3) readID(ctx context.Context) (string, error) {
	f, err := s.open(ctx, idFile)
	if err != nil {
		return "", err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, 1<<10))
	if id := strings.TrimSpace(string(b)); err != nil || id != "" {
		return id, err
	}
	return "", fmt.Errorf("the object %q in bucket %q is empty", s.prefix+idFile, s.bucket)
}

func (s *s3) put(ctx context.Context, f *draft, id string) (string, error) {
	sum := sha256.Sum256([]byte(id))
	var own [putSize]byte
	_, _ = rand.Read(own[:]) // never fails: crypto/rand
	name := hex.EncodeToString(sum[:nameSize]) + hex.EncodeToString(own[:])
	to := path.Join(name[:2], name)
	if err := failpoint.At("file"); err != nil {
		return "", err
	}
	if err := s.send(ctx, f, to); err != nil {
		return "", err
	}
	failpoint.Pass("filed")
	return to, nil
}

func (s *s3) putBeside(ctx context.Context, f *draft, name, mark string) error {
	kept, err := s.open(ctx, name)
	if err != nil {
		return err
	}
	_ = kept.Close()
	return s.send(ctx, f, name+mark) // should the file go meanwhile: the sweep takes what is beside nothing
}

// send puts a draft under a path. Its bytes are signed and summed: what arrives is what was judged, or is refused.
func (s *s3) send(ctx context.Context, f *draft, to string) error {
	ctx, cancel := context.WithTimeout(ctx, s3Patience)
	defer cancel()
	if err := s.write(ctx, to, f.File, minio.PutObjectOptions{ContentType: octets}); err != nil {
		var disk *os.PathError
		if errors.As(err, &disk) {
			return err
		}
		return s.explain(err)
	}
	return nil
}

func (s *s3) write(ctx context.Context, to string, f io.ReadSeeker, o minio.PutObjectOptions) error {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	whole, short := sha256.New(), md5.New() // MD5: servers that know no better check it
	size, err := io.Copy(io.MultiWriter(whole, short), f)
	if err != nil {
		return err
	}
	o.DisableContentSha256 = true // not in signed pieces: whole, as follows
	_, err = s.c.PutObject(ctx, s.bucket, s.prefix+to, struct{ io.ReadSeeker }{f}, size,
		base64.StdEncoding.EncodeToString(short.Sum(nil)), hex.EncodeToString(whole.Sum(nil)), o)
	return err
}

// Import copies a file into the bucket under the path that it has in a directory, and reads it back. One that is there already stays.
func (d *Files) Import(ctx context.Context, name string, from io.ReadSeeker) error {
	s, ok := d.kept.(*s3)
	if !ok || !isOurs(name) {
		return fmt.Errorf("%q cannot be copied", name)
	}
	if same, err := d.holds(ctx, name, from); same || err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	writing, cancel := context.WithTimeout(ctx, s3Patience)
	defer cancel()
	if err := s.write(writing, name, from, minio.PutObjectOptions{ContentType: octets}); err != nil {
		return s.explain(err)
	}
	if same, err := d.holds(ctx, name, from); err != nil || !same {
		return errors.Join(fmt.Errorf("%s came back as another file", name), err)
	}
	return nil
}

// holds reports whether a kept file is the same as another.
func (d *Files) holds(ctx context.Context, name string, as io.ReadSeeker) (bool, error) {
	kept, err := d.open(ctx, name)
	if err != nil {
		return false, err
	}
	defer kept.Close()
	if _, err := as.Seek(0, io.SeekStart); err != nil {
		return false, err
	}
	one, two := sha256.New(), sha256.New()
	if _, err := io.Copy(one, kept); err != nil {
		return false, err
	}
	_, err = io.Copy(two, as)
	return bytes.Equal(one.Sum(nil), two.Sum(nil)), err
}

func (s *s3) walk(ctx context.Context, visit func([]lyingAt) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var found []lyingAt
	for o := range s.c.Client.ListObjects(ctx, s.bucket, minio.ListObjectsOptions{Prefix: s.prefix, Recursive: true}) {
		if o.Err != nil {
			return s.explain(o.Err)
		}
		if name := strings.TrimPrefix(o.Key, s.prefix); isOurs(name) {
			found = append(found, lyingAt{name, o.LastModified})
		}
		if len(found) == sweepBatch {
			if err := visit(found); err != nil {
				return err
			}
			found = found[:0]
		}
	}
	if err := context.Cause(ctx); err != nil {
		return err
	}
	return visit(found)
}

func (s *s3) remove(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeout(ctx, s3Patience)
	defer cancel()
	if err := s.c.RemoveObject(ctx, s.bucket, s.prefix+name, minio.RemoveObjectOptions{}); err != nil {
		if err = s.explain(err); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// removeOld: a name is given once, so what was old is old.
func (s *s3) removeOld(ctx context.Context, name string, _ time.Time) (bool, error) {
	err := s.remove(ctx, name)
	return err == nil, err
}

// open begins to read at once, for only the answer to that tells a missing file from a missing bucket.
func (s *s3) open(ctx context.Context, name string) (io.ReadSeekCloser, error) {
	ctx, cancel := context.WithTimeout(ctx, s3Life)
	o := &object{s: s, name: name, ctx: ctx, cancel: cancel}
	if err := o.get(); err != nil {
		cancel()
		return nil, err
	}
	return o, nil
}

// object is a file in the bucket that is being read. To go elsewhere in it is to ask for the rest from there.
type object struct {
	s      *s3
	name   string
	ctx    context.Context
	cancel context.CancelFunc
	size   int64
	at     int64
	body   io.ReadCloser
	bodyAt int64
}

func (o *object) get() error {
	var how minio.GetObjectOptions
	if o.at > 0 {
		if err := how.SetRange(o.at, o.size-1); err != nil {
			return err
		}
	}
	body, info, header, err := o.s.c.GetObject(o.ctx, o.s.bucket, o.s.prefix+o.name, how)
	if err != nil {
		return o.s.explain(err)
	}
	if o.at == 0 {
		o.size = info.Size
	} else if !strings.HasPrefix(header.Get("Content-Range"), fmt.Sprintf("bytes %d-", o.at)) {
		_ = body.Close()
		return fmt.Errorf("%w: bucket %q gives no part of a file", ErrAway, o.s.bucket)
	}
	o.body, o.bodyAt = body, o.at
	return nil
}

func (o *object) Read(p []byte) (int, error) {
	if o.at >= o.size {
		return 0, io.EOF
	}
	if o.body != nil && o.bodyAt != o.at {
		_ = o.body.Close()
		o.body = nil
	}
	if o.body == nil {
		if err := o.get(); err != nil {
			return 0, err
		}
	}
	n, err := o.body.Read(p)
	o.at += int64(n)
	o.bodyAt = o.at
	if err == io.EOF {
		err = nil
		if o.at < o.size {
			err = io.ErrUnexpectedEOF
		}
	}
	if err != nil {
		err = fmt.Errorf("%w: reading from bucket %q broke off: %w", ErrAway, o.s.bucket, err)
	}
	return n, err
}

func (o *object) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += o.at
	case io.SeekEnd:
		offset += o.size
	}
	if offset < 0 {
		return 0, errors.New("before the beginning of the file")
	}
	o.at = offset
	return offset, nil
}

func (o *object) Close() error {
	o.cancel()
	if o.body == nil {
		return nil
	}
	return o.body.Close()
}
