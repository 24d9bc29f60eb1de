package api

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"mime/multipart"
	"net/http"
	"os"
	"strings"
	"time"

	"patchbay/internal/access"
	"patchbay/internal/fault"
	"patchbay/internal/media"
	"patchbay/internal/message"
)

// Files keeps what is uploaded.
type Files interface {
	Take(ctx context.Context, m message.Media, r io.Reader) (message.Media, error)
}

// Limits of an upload.
const (
	maxUpload      = 12 << 20
	maxUploadFiles = 10
	maxField       = 64 << 10
	maxFields      = 50
)

// rpcUpload is `message` with files in it: multipart/form-data, the parameters as fields and each file as "file". A file is on the disk,
// and looked at, before the message is kept; one whose message is refused is swept away later.
func (s *Server) rpcUpload(w http.ResponseWriter, r *http.Request, p *access.Principal) (any, error) {
	if r.ContentLength > maxUpload {
		return nil, fault.New(fault.TooLarge, "", "the body is larger than %d bytes", maxUpload)
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxUpload)
	form, err := r.MultipartReader()
	if err != nil {
		return nil, malformed(fault.New(fault.Invalid, "", "the body is not multipart/form-data with a boundary"))
	}
	fields := map[string]string{}
	in := &rpcText{}
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, uploadFault(err)
		}
		if part.FileName() == "" && part.FormName() != "file" {
			text, err := readField(part)
			if err != nil {
				return nil, err
			}
			if fields[clean(part.FormName())] = text; len(fields) > maxFields {
				return nil, fault.New(fault.TooLarge, "", "has more than %d fields", maxFields)
			}
			continue
		}
		if len(in.files) == maxUploadFiles {
			return nil, fault.New(fault.TooLarge, "file", "a message has at most %d files", maxUploadFiles)
		}
		f, err := s.takeFile(r.Context(), part)
		if err != nil {
			return nil, err
		}
		in.files = append(in.files, f)
	}
	if err := in.readFields(fields); err != nil {
		return nil, err
	}
	return s.carry(r.Context(), p, r, in)
}

// takeFile keeps one file as it comes in.
func (s *Server) takeFile(ctx context.Context, part *multipart.Part) (message.Media, error) {
	f, err := s.o.Files.Take(ctx, message.Media{ID: message.NewID(), Name: clean(part.FileName()), MediaType: clean(part.Header.Get("Content-Type"))}, part)
	if err != nil {
		return f, uploadFault(err)
	}
	if f.State != message.MediaStored {
		return f, fault.New(fault.Invalid, "file", "is not kept: %s", f.Reason)
	}
	return f, nil
}

func readField(part *multipart.Part) (string, error) {
	b, err := io.ReadAll(io.LimitReader(part, maxField+1))
	if err != nil {
		return "", uploadFault(err)
	}
	if len(b) > maxField {
		return "", fault.New(fault.TooLarge, clean(part.FormName()), "is longer than %d bytes", maxField)
	}
	return clean(string(b)), nil
}

// uploadFault is why an upload could not be read: whoever sends it is at fault, unless the place is where it is to be kept.
func uploadFault(err error) error {
	var disk *fs.PathError
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &disk):
		return err
	case errors.Is(err, media.ErrAway):
		away := fault.New(fault.Unavailable, "", "files cannot be kept now; come again")
		away.RetryAfter = 10 * time.Second
		return away
	case errors.As(err, &large), errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, io.ErrUnexpectedEOF):
		return readFault(err)
	}
	return malformed(fault.New(fault.Invalid, "", "the body is not multipart/form-data as it should be"))
}

// readFields reads the parameters of an upload.
func (in *rpcText) readFields(fields map[string]string) error {
	if m := fields["method"]; m != "" && m != "message" {
		return fault.New(fault.Invalid, "method", "an upload is a message, not %q", m)
	}
	if len(in.files) == 0 {
		return fault.New(fault.Invalid, "file", "is missing")
	}
	for name, at := range map[string]*loose{
		"orgid": &in.OrgID, "domain": &in.Domain, "from": &in.From, "to": &in.To, "userid": &in.UserID, "senderid": &in.SenderID, "timestamp": &in.Timestamp,
	} {
		*at = loose(strings.TrimSpace(fields[name]))
	}
	in.SenderName, in.SessionID, in.text = fields["sendername"], fields["sessionid"], fields["content"]
	if info := fields["senderinfo"]; info != "" {
		in.SenderInfo = []byte(info)
		if err := unmarshal(in.SenderInfo, &members{}); err != nil {
			return fault.New(fault.Invalid, "senderinfo", "must be a JSON object")
		}
	}
	return in.readTime(time.Now())
}
