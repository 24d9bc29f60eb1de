package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"patchbay/internal/exchange"
	"patchbay/internal/media"
	"patchbay/internal/store"
)

// Storage says where files are kept when they are not in a directory, and how it is reached.
type Storage struct {
	URL        string // s3://bucket/prefix?endpoint=…&region=…
	AccessKey  string
	SecretKey  string
	SecretFile string   // holds the secret key, where SecretKey is empty
	Private    []string // host:port inside our own network that may be reached
}

// bucket reads what a Storage says.
func (s *Storage) bucket() (b media.Bucket, err error) {
	if b, err = media.ParseBucket(s.URL); err != nil {
		return b, &WrongSetting{"--media-url", err}
	}
	b.AccessKey, b.SecretKey = s.AccessKey, s.SecretKey
	if b.SecretKey == "" && s.SecretFile != "" {
		text, err := os.ReadFile(s.SecretFile)
		if err != nil {
			return b, fmt.Errorf("the secret key for media: %w", err)
		}
		b.SecretKey = strings.TrimSpace(string(text))
	}
	if b.AccessKey == "" || b.SecretKey == "" {
		return b, &WrongSetting{"--media-url", errors.New("needs PATCHBAY_MEDIA_ACCESS_KEY, and PATCHBAY_MEDIA_SECRET_KEY or a file with --media-secret-file")}
	}
	return b, nil
}

// lists reports whether the storage is among the internal addresses that may be reached.
func (s *Storage) lists(b *media.Bucket) bool {
	return slices.ContainsFunc(s.Private, func(at string) bool { return strings.EqualFold(strings.TrimSpace(at), b.Endpoint()) })
}

// listed is lists, of the bucket that it names; there may be none.
func (s *Storage) listed() bool {
	b, err := s.bucket()
	return s.URL != "" && err == nil && s.lists(&b)
}

// door leads to the storage and, of what is inside our own network, to nothing else.
func (s *Storage) door(b *media.Bucket, log *slog.Logger) (*exchange.Door, error) {
	var own []string
	if s.lists(b) {
		own = []string{b.Endpoint()}
	}
	return exchange.NewDoor(exchange.Config{AllowPrivate: own, Log: log})
}

// open opens the bucket. away says why nobody knows whether it can be used.
func (s *Storage) open(ctx context.Context, dataDir string, log *slog.Logger) (files *media.Files, shut func(), away, err error) {
	b, err := s.bucket()
	if err != nil {
		return nil, nil, nil, err
	}
	door, err := s.door(&b, log)
	if err != nil {
		return nil, nil, nil, err
	}
	files, err = media.OpenBucket(ctx, b, door.Storage(), filepath.Join(dataDir, "drafts"), log)
	if files == nil {
		door.Close()
		return nil, nil, nil, err
	}
	return files, door.Close, err, nil
}

// openMedia opens the place of files. id names a directory that several nodes may share; a bucket is claimed once the database is open.
func (a *App) openMedia(ctx context.Context) (files *media.Files, id string, err error) {
	o := &a.o
	if o.Media.URL != "" {
		var shut func()
		var away error
		if files, shut, away, err = o.Media.open(ctx, o.DataDir, o.Log); err != nil {
			return nil, "", err
		}
		a.onClose("way to the media", func() error { shut(); return nil })
		if away != nil {
			o.Log.Warn("starting without the place where files are kept: they wait", "error", away)
		}
		return files, "", nil
	}
	if o.DatabaseURL == "" {
		files, err = media.OpenDir(o.DataDir)
		return files, "", err
	}
	if files, err = media.OpenShared(cmp.Or(o.MediaDir, filepath.Join(o.DataDir, mediaName))); err != nil {
		return nil, "", err
	}
	if id, err = files.ID(ctx); err != nil {
		return nil, "", errors.Join(err, files.Close())
	}
	return files, id, nil
}

// claimMedia makes sure that the files of this database are where we look for them, and that a bucket is no other installation's: its sweep
// would take our files for leftovers, and ours its.
func claimMedia(ctx context.Context, db *store.Store, files *media.Files, o *Options) error {
	known, err := db.MediaPlace(ctx)
	if err != nil {
		return err
	}
	if o.Media.URL == "" {
		if known != "" && o.DatabaseURL == "" {
			return errors.New("the files of this database are kept in a bucket: name it with --media-url")
		}
		return nil
	}
	id, err := files.ID(ctx)
	if errors.Is(err, media.ErrAway) {
		return nil // told of already; what lies there is compared at the next start
	}
	if err == nil && known == "" {
		if err = checkStrangers(ctx, db, files); err == nil {
			err = checkLeftBehind(ctx, db, files)
		}
	}
	if err != nil {
		return err
	}
	return db.ClaimMedia(ctx, id)
}

// checkStrangers refuses a bucket with files that this database does not know: one or the other sweep would take them for leftovers.
func checkStrangers(ctx context.Context, db *store.Store, files *media.Files) error {
	err := files.Walk(ctx, func(path string, _ time.Time) error {
		unknown, err := db.UnknownMedia(ctx, []string{path})
		if err == nil && len(unknown) > 0 {
			err = errors.New("the bucket holds files of another installation: give each a prefix of its own in --media-url")
		}
		if err == nil {
			err = errFound
		}
		return err
	})
	return found(err)
}

// checkLeftBehind refuses an empty bucket when the database tells of files.
func checkLeftBehind(ctx context.Context, db *store.Store, files *media.Files) error {
	if err := files.Walk(ctx, func(string, time.Time) error { return errFound }); err != nil {
		return found(err)
	}
	err := db.KeptFiles(ctx, func(string) error { return errFound })
	if errors.Is(err, errFound) {
		return errors.New("the files of this database are in a directory, and not in the bucket: stop, and copy them with \"patchbay move --data DIR --media-url URL\"")
	}
	return err
}

// errFound ends a walk.
var errFound = errors.New("found")

func found(err error) error {
	if errors.Is(err, errFound) {
		return nil
	}
	return err
}
