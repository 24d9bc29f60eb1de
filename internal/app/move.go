package app

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"

	"patchbay/internal/store"
)

// Move copies a stopped installation's embedded database into an empty PostgreSQL. Files and the key stay where they are.
func Move(ctx context.Context, dataDir, databaseURL string, log *slog.Logger) (*store.Moved, error) {
	dataDir, err := filepath.Abs(dataDir)
	if err != nil {
		return nil, err
	}
	if err := store.CheckURL(databaseURL); err != nil {
		return nil, &WrongSetting{"--database-url", err}
	}
	m, err := store.Move(ctx, dataDir, databaseURL, log)
	if err != nil {
		return nil, fmt.Errorf("move: %w", err)
	}
	return m, nil
}
