// Package media owns files: fetching those that providers name, judging them by their bytes, keeping them, and showing them behind
// links that expire. It believes nothing that a sender says about a file, and no message waits for it.
package media

import (
	"context"
	"time"

	"patchbay/internal/message"
)

// Store is what this room needs kept.
type Store interface {
	PendingMedia(ctx context.Context, now time.Time, n int) ([]message.Media, error)
	SaveMedia(ctx context.Context, m message.Media, retryAt time.Time) error
	Media(ctx context.Context, id string) (*message.Media, error)
	// RefitMedia says what a stored file of a message has become, unless it is not at oldPath any more.
	RefitMedia(ctx context.Context, m message.Media, oldPath string) error
}

// Limits of files.
const (
	MaxBytes  = 10 << 20
	MaxPixels = 50_000_000
	MaxFrames = 1_000
	LinkLife  = 7 * 24 * time.Hour
)
