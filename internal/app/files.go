package app

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"patchbay/internal/credential"
	"patchbay/internal/directory"
	"patchbay/internal/fault"
	"patchbay/internal/media"
	"patchbay/internal/message"
	"patchbay/internal/service"
)

// fileSources tells the media room what the service of a message says about fetching its files.
type fileSources struct {
	integrations interface {
		Integration(ctx context.Context, accountID, id string) (*directory.Integration, error)
	}
	shelf  *service.Shelf
	tokens *credential.Keeper
}

// Source is where a file is, and the credentials for the hosts that the service file names. The file's current version decides, not the
// one that the message came under: it may have been mended because files could not be fetched.
func (s fileSources) Source(ctx context.Context, m message.Media, from message.FileOrigin) (media.Source, error) {
	in, err := s.integrations.Integration(ctx, m.AccountID, m.IntegrationID)
	var b *service.Bound
	if err == nil && in != nil {
		var svc *service.Service
		if svc, err = s.shelf.Get(ctx, m.AccountID, in.ServiceID, ""); err == nil {
			b, err = svc.Bind(in.Properties)
		}
	}
	switch {
	case err == nil && in != nil && !in.Enabled:
		return media.Source{}, &media.FetchError{State: message.MediaPending, Reason: "its integration is switched off"}
	case err != nil && isFault(err), err == nil && b == nil: // the integration or its service is gone, or a property is missing
		if from.URL != "" {
			return media.Source{URL: from.URL}, nil
		}
		return media.Source{}, &media.FetchError{State: message.MediaPending, Reason: "its integration cannot be used at present"}
	case err != nil:
		return media.Source{}, err
	}
	at := service.Attempt{Now: time.Now(), UUID: uuid.NewString()}
	if b.FetchesWithCredentials() {
		if at.Token, err = s.tokens.Token(ctx, in, b); err != nil {
			return media.Source{}, &media.FetchError{State: message.MediaPending, Reason: reason(err)}
		}
	}
	found, err := b.FileSource(service.File{URL: from.URL, MediaID: from.MediaID}, at)
	if err != nil {
		return media.Source{}, &media.FetchError{State: message.MediaFailed, Reason: reason(err)}
	}
	source := media.Source{
		URL: found.URL, Header: found.Header, Hosts: found.Hosts, Plain: found.Plain, Sign: found.Sign, Answer: found.Answer, Pool: in.ID, Secrets: b.Secrets(),
	}
	if at.Token != "" {
		source.Secrets = append(source.Secrets, at.Token)
		source.Refused = func() bool { return s.tokens.Refused(in, b, at.Token) }
	}
	return source, nil
}

// isFault reports whether err says something about what is kept, not about our keeping it.
func isFault(err error) bool {
	code := fault.CodeOf(err)
	return code != fault.Internal && code != fault.Unavailable
}

// reason is an error as a person may read it.
func reason(err error) string {
	var f *fault.Error
	if errors.As(err, &f) {
		return f.Message
	}
	return err.Error()
}
