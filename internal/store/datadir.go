package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

const (
	databaseFile = "patchbay.db"
	lockFile     = "patchbay.lock"
	usedMark     = "this directory has a database\n"
)

// dirLock is the data directory, ours alone: on SQLite it proves that no other node lives.
type dirLock struct {
	dir  string
	file *os.File
}

// lockDir makes the directory when it is missing and takes its lock. It refuses a second process, a directory that
// cannot be written, and network file systems, whose locks and shared memory SQLite's write-ahead log cannot rely on.
func lockDir(dir string) (*dirLock, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	if kind, err := networkFileSystem(dir); err != nil {
		return nil, fmt.Errorf("data directory %s: %w", dir, err)
	} else if kind != "" {
		return nil, fmt.Errorf("data directory %s is on a network file system (%s), where SQLite can lose data: use a local disk", dir, kind)
	}
	path := filepath.Join(dir, lockFile)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	if err := lockExclusively(f); err != nil {
		f.Close()
		return nil, fmt.Errorf("data directory %s is in use by another process (%s is locked)", dir, lockFile)
	}
	return &dirLock{dir, f}, nil
}

func (l *dirLock) release() error { return l.file.Close() }

// checkDatabase refuses a file that is damaged, or gone from a directory that had one. It never makes a new one in the
// place of an old one: whoever lost their data should hear so, not find an empty server.
func (l *dirLock) checkDatabase(path string) error {
	mark, err := io.ReadAll(io.NewSectionReader(l.file, 0, 1<<10))
	if err != nil {
		return fmt.Errorf("read %s: %w", l.file.Name(), err)
	}
	info, err := os.Stat(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("database: %w", err)
	}
	if err == nil && info.Size() > 0 {
		return checkFile(path)
	}
	for _, name := range []string{movedFile, movingFile} {
		if _, err := os.Stat(filepath.Join(l.dir, name)); err == nil {
			return fmt.Errorf("the database of %s was moved (%s): start with the --database-url that it was moved to", l.dir, name)
		}
	}
	if strings.Contains(string(mark), usedMark) {
		return fmt.Errorf("database %s is missing or empty, but was here before: restore it from a backup, or choose an empty data directory", path)
	}
	return nil
}

// markUsed remembers, durably, that the directory has a database.
func (l *dirLock) markUsed() error {
	if _, err := l.file.WriteAt([]byte(usedMark), 0); err != nil {
		return fmt.Errorf("write %s: %w", l.file.Name(), err)
	}
	if err := l.file.Sync(); err != nil {
		return fmt.Errorf("sync %s: %w", l.file.Name(), err)
	}
	return syncDir(l.dir)
}

// syncDir makes the names of new files durable, too.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("sync %s: %w", dir, err)
	}
	defer d.Close()
	if err := d.Sync(); err != nil {
		return fmt.Errorf("sync %s: %w", dir, err)
	}
	return nil
}

// quickCheckMax is the size up to which the whole file is checked at the start; beyond, it would delay a restart.
const quickCheckMax = 64 << 20

// checkFile refuses a file that is no SQLite database, is shorter than it says it is, or is damaged.
func checkFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("database: %w", err)
	}
	defer f.Close()
	var head [100]byte
	if _, err := io.ReadFull(f, head[:]); err != nil || string(head[:16]) != "SQLite format 3\x00" {
		return fmt.Errorf("database %s is not an SQLite file or is damaged: restore it from a backup", path)
	}
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("database: %w", err)
	}
	// The file format, §1.3: page size at 16 (1 is 65536), size in pages at 28, which counts while 24 and 92 agree.
	pageSize := int64(binary.BigEndian.Uint16(head[16:]))
	if pageSize == 1 {
		pageSize = 65536
	}
	pages := int64(binary.BigEndian.Uint32(head[28:]))
	// With a write-ahead log the end of the file may still be in there.
	wal, _ := os.Stat(path + "-wal")
	if string(head[24:28]) == string(head[92:96]) && info.Size() < pages*pageSize && (wal == nil || wal.Size() == 0) {
		return fmt.Errorf("database %s is truncated: %d bytes of %d are left; restore it from a backup", path, info.Size(), pages*pageSize)
	}
	if info.Size() > quickCheckMax {
		return nil
	}
	c, err := openSQLite(path)
	if err != nil {
		return fmt.Errorf("database %s is damaged: %w", path, err)
	}
	defer c.close()
	said := ""
	err = c.script("PRAGMA quick_check(1)", func(v string) { said = v })
	if err != nil && isOutage(err) && said == "" || said != "ok" {
		return fmt.Errorf("database %s is damaged: %s", path, strings.TrimSpace(fmt.Sprint(said, " ", err)))
	}
	return err
}
