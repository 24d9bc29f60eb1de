package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"patchbay/internal/secret"
	"patchbay/internal/store"
)

// keyFile seals what is secret in the database; it lies beside it and is backed up apart from it.
const keyFile = "patchbay.key"

// openBox makes the data directory, and reads the key file or makes the first one: only for a database that nothing was sealed in
// before, for a new key would open nothing that is there.
func openBox(ctx context.Context, o *Options) (box *secret.Box, err error) {
	if o.DataDir, err = filepath.Abs(o.DataDir); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(o.DataDir, 0o700); err != nil {
		return nil, fmt.Errorf("make the data directory: %w", err)
	}
	at := filepath.Join(o.DataDir, keyFile)
	if o.KeyFile != "" {
		if at, err = filepath.EvalSymlinks(o.KeyFile); errors.Is(err, fs.ErrNotExist) {
			at = o.KeyFile // to be made
		} else if err != nil {
			return nil, fmt.Errorf("key file: %w", err)
		}
	}
	if o.DatabaseURL == "" {
		if store.Exists(o.DataDir) {
			return secret.ReadKeyFile(at)
		}
		return secret.OpenKeyFile(at)
	}
	if store.Exists(o.DataDir) {
		return nil, fmt.Errorf("%s holds an embedded database, which a server with --database-url would not see: copy it with \"patchbay move\", or name another --data", o.DataDir)
	}
	if box, err = secret.ReadKeyFile(at); !errors.Is(err, fs.ErrNotExist) {
		return box, err
	}
	sealed, err := store.Sealed(ctx, o.DatabaseURL)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	if sealed {
		return nil, fmt.Errorf("there is no key file %s, and the database was sealed with one: copy it from a node that has it, or name it with --key-file", at)
	}
	return secret.OpenKeyFile(at)
}
