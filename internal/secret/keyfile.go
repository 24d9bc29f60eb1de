package secret

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// A key file is text: one base64 key a line, the newest last, so that a rotation appends; lines that begin with # are for people.
const (
	keyFileHead  = "# Patchbay's key. Without it the credentials in the database cannot be read: keep a copy apart from the database's.\n"
	maxKeyFile   = 16 << 10
	maxKeys      = 16
	keyFileMode  = 0o600
	forbiddenFor = 0o077 // group and others
)

// OpenKeyFile reads the key file at path. When there is none it makes one, readable by its owner only.
func OpenKeyFile(path string) (*Box, error) {
	box, err := ReadKeyFile(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return box, err
	}
	if err := createKeyFile(path); err != nil {
		return nil, fmt.Errorf("make key file %s: %w", path, err)
	}
	return ReadKeyFile(path)
}

// ReadKeyFile reads a key file that must be there already.
func ReadKeyFile(path string) (*Box, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	switch {
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("key file %s is not a regular file", path)
	case runtime.GOOS != "windows" && info.Mode().Perm()&forbiddenFor != 0:
		return nil, fmt.Errorf("key file %s may be read by others (%#o): chmod 600 it", path, info.Mode().Perm())
	case info.Size() > maxKeyFile:
		return nil, fmt.Errorf("key file %s has %d bytes: it is not a key file", path, info.Size())
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	var keys [][]byte
	for i, line := range strings.Split(string(data), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		key, err := base64.StdEncoding.Strict().DecodeString(line)
		if err != nil || len(key) != keySize { // the line itself is never shown
			return nil, fmt.Errorf("key file %s, line %d: not %d bytes in base64", path, i+1, keySize)
		}
		if bytes.Equal(key, make([]byte, keySize)) {
			return nil, fmt.Errorf("key file %s, line %d: the key is all zeros", path, i+1)
		}
		keys = append([][]byte{key}, keys...)
	}
	if len(keys) == 0 || len(keys) > maxKeys {
		return nil, fmt.Errorf("key file %s holds %d keys, and should hold 1 to %d: bring back your copy of it", path, len(keys), maxKeys)
	}
	return NewBox(keys...)
}

// createKeyFile writes beside and links into place: a key file is there whole or not at all, and never replaces another.
func createKeyFile(path string) (err error) {
	dir := filepath.Dir(path)
	key := make([]byte, keySize)
	_, _ = rand.Read(key) // never fails: crypto/rand
	f, err := os.CreateTemp(dir, ".key-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.Remove(f.Name())) }()
	_, err = f.WriteString(keyFileHead + base64.StdEncoding.EncodeToString(key) + "\n")
	err = errors.Join(err, f.Chmod(keyFileMode), f.Sync(), f.Close())
	if err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
