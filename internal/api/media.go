package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"time"

	"patchbay/internal/access"
	"patchbay/internal/directory"
	"patchbay/internal/fault"
	"patchbay/internal/media"
	"patchbay/internal/message"
	"patchbay/internal/store"
)

// Uploads are files that wait for a message that takes them.
type Uploads interface {
	KeepUpload(ctx context.Context, u *message.Upload) error
	Upload(ctx context.Context, accountID, id string) (*message.Upload, error)
	Uploads(ctx context.Context, accountID, orgID, userID string, p store.Page) ([]message.Upload, string, error)
	DeleteUpload(ctx context.Context, accountID, id string) error
}

// uploadView is an upload as /v1 shows it.
type uploadView struct {
	ID      string `json:"id" doc:"The upload's id, for media of a message."`
	URL     string `json:"url" doc:"Where it is shown; expires."`
	Type    string `json:"type" doc:"Its media type, as found in its bytes."`
	Size    int64  `json:"size" doc:"Its size in bytes."`
	Name    string `json:"name" doc:"Its name; may be empty."`
	OrgID   string `json:"orgid" doc:"The organization that it is for. Empty: any of the account."`
	Created string `json:"created" doc:"When it came." format:"date-time"`
	Expires string `json:"expires" doc:"When it is removed, unless a message has taken it." format:"date-time"`
	Preview string `json:"preview,omitempty" doc:"Where a small picture of it is shown, as long as url. Left out: it is no picture."`
}

func (s *Server) viewUpload(u *message.Upload) uploadView {
	v := uploadView{
		ID: u.ID, URL: s.o.Link(u.ID), Type: u.MediaType, Size: u.Size, Name: u.Name, OrgID: u.OrgID,
		Created: stamp(u.Created), Expires: stamp(u.Created.Add(message.KeepUploads)),
	}
	if message.HasPreview(u.MediaType) {
		v.Preview = v.URL + message.PreviewPath
	}
	return v
}

// createUpload takes one file: multipart/form-data with the file in it, or the file itself as the body, named by Content-Disposition or ?name=.
func (s *Server) createUpload(w http.ResponseWriter, r *http.Request, p *access.Principal) error {
	orgID, userID, err := s.scope(r, p)
	if err != nil {
		return err
	}
	if r.ContentLength > maxUpload {
		return tooLargeFile()
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxUpload)
	f, err := s.takeBody(r)
	if err != nil {
		return err
	}
	u := &message.Upload{
		ID: f.ID, AccountID: p.AccountID, OrgID: orgID, UserID: userID, MediaType: f.MediaType, Name: f.Name, Size: f.Size, Path: f.Path, Created: time.Now(),
	}
	if err := s.o.Store.KeepUpload(r.Context(), u); err != nil {
		return err
	}
	return send(w, http.StatusCreated, s.viewUpload(u))
}

func tooLargeFile() error {
	return fault.New(fault.TooLarge, "file", "is larger than %d bytes", media.MaxBytes)
}

// takeBody keeps the one file of a request.
func (s *Server) takeBody(r *http.Request) (f message.Media, err error) {
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil && !errors.Is(err, mime.ErrInvalidMediaParameter) {
		kind = ""
	}
	if kind != "multipart/form-data" {
		name := r.URL.Query().Get("name")
		if _, given, err := mime.ParseMediaType(r.Header.Get("Content-Disposition")); err == nil && given["filename"] != "" {
			name = given["filename"]
		}
		if kind == "application/json" && name == "" { // a call that was meant for another route, or that lacks its file
			return f, fault.New(fault.Invalid, "file", "is missing: send multipart/form-data with a file in it, or the file as the body with its Content-Type")
		}
		return s.takeUpload(r.Context(), message.Media{Name: clean(name), MediaType: clean(kind)}, r.Body)
	}
	if params["boundary"] == "" {
		return f, malformed(fault.New(fault.Invalid, "", "the body is not multipart/form-data with a boundary"))
	}
	form, err := r.MultipartReader()
	if err != nil {
		return f, malformed(fault.New(fault.Invalid, "", "the body is not multipart/form-data with a boundary"))
	}
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			return f, fault.New(fault.Invalid, "file", "is missing")
		}
		if err != nil {
			return f, uploadFault(err)
		}
		if part.FileName() == "" && part.FormName() != "file" {
			if _, err := readField(part); err != nil { // browsers send what else is in a form
				return f, err
			}
			continue
		}
		return s.takeUpload(r.Context(), message.Media{Name: clean(part.FileName()), MediaType: clean(part.Header.Get("Content-Type"))}, part)
	}
}

// takeUpload keeps one file as it comes in.
func (s *Server) takeUpload(ctx context.Context, f message.Media, from io.Reader) (message.Media, error) {
	f.ID = message.NewID()
	f, err := s.o.Files.Take(ctx, f, from)
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large), err == nil && f.Size > media.MaxBytes:
		return f, tooLargeFile()
	case err != nil:
		return f, uploadFault(err)
	case f.State != message.MediaStored:
		return f, fault.New(fault.Invalid, "file", "is not kept: %s", f.Reason)
	}
	return f, nil
}

func (s *Server) listUploads(w http.ResponseWriter, r *http.Request, p *access.Principal) error {
	at, err := page(r)
	if err != nil {
		return err
	}
	orgID, userID, err := s.scope(r, p)
	if err != nil {
		return err
	}
	rows, next, err := s.o.Store.Uploads(r.Context(), p.AccountID, orgID, userID, at)
	if err != nil {
		return err
	}
	return send(w, http.StatusOK, listOf(rows, next, s.viewUpload))
}

// uploadOf is an upload that the caller sees: the organization's, and of a user their own.
func (s *Server) uploadOf(ctx context.Context, p *access.Principal, id, field string) (*message.Upload, error) {
	u, err := s.o.Store.Upload(ctx, p.AccountID, id)
	if fault.CodeOf(err) == fault.NotFound || err == nil && (!p.SeesOrganization(u.OrgID) || p.Role == directory.UserRole && u.UserID != p.UserID) {
		err = fault.New(fault.NotFound, field, "no upload %q: one that no message takes is kept for %d hours", id, int(message.KeepUploads.Hours()))
	}
	if err != nil {
		return nil, err
	}
	return u, nil
}

func (s *Server) getUpload(w http.ResponseWriter, r *http.Request, p *access.Principal) error {
	u, err := s.uploadOf(r.Context(), p, clean(r.PathValue("id")), "id")
	if err != nil {
		return err
	}
	return send(w, http.StatusOK, s.viewUpload(u))
}

func (s *Server) deleteUpload(w http.ResponseWriter, r *http.Request, p *access.Principal) error {
	u, err := s.uploadOf(r.Context(), p, clean(r.PathValue("id")), "id")
	if err != nil {
		return err
	}
	if err := s.o.Store.DeleteUpload(r.Context(), p.AccountID, u.ID); err != nil {
		return err
	}
	return none(w)
}

// uploaded are the files of a message that its caller names by the ids of uploads. orgID is whose message it is, where that is known.
func (s *Server) uploaded(r *http.Request, p *access.Principal, ids []string, orgID string) (files []message.Media, err error) {
	if len(ids) > maxUploadFiles {
		return nil, fault.New(fault.Invalid, "media", "%d files are too many for one message: at most %d", len(ids), maxUploadFiles)
	}
	for i, id := range ids {
		at := fmt.Sprintf("/media/%d", i)
		u, err := s.uploadOf(r.Context(), p, clean(id), at)
		if fault.CodeOf(err) == fault.NotFound || err == nil && orgID != "" && u.OrgID != "" && u.OrgID != orgID {
			err = fault.New(fault.Invalid, at, "no upload %q of this organization: upload the file again", clean(id))
		}
		if err != nil {
			return nil, err
		}
		files = append(files, message.Media{
			ID: message.NewID(), AccountID: u.AccountID, OrgID: u.OrgID, MediaType: u.MediaType, Name: u.Name, Size: u.Size, Path: u.Path,
			State: message.MediaStored, Shared: true,
		})
	}
	return files, nil
}
