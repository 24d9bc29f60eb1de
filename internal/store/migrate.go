package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"strings"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // goose goes through database/sql
)

//go:embed migrations
var migrations embed.FS

// migrateSQLite brings the schema up to date, each migration whole or not at all.
func migrateSQLite(ctx context.Context, path string) error {
	db, err := sql.Open("sqlite", migrationDSN(path))
	if err != nil {
		return fmt.Errorf("open %s: %w", path, err)
	}
	defer db.Close()
	files, err := fs.Sub(migrations, "migrations/sqlite")
	if err != nil {
		return err
	}
	return upSQLite(ctx, db, path, files)
}

func migrationDSN(path string) string {
	return sqliteDSN(path) + "?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)"
}

func upSQLite(ctx context.Context, db *sql.DB, path string, files fs.FS) error {
	db.SetMaxOpenConns(1)
	p, err := goose.NewProvider(goose.DialectSQLite3, db, files)
	if err != nil {
		return fmt.Errorf("read the migrations: %w", err)
	}
	have, want, err := versions(ctx, p)
	if err != nil {
		return fmt.Errorf("database %s: %w", path, err)
	}
	if have > want {
		return fmt.Errorf("database %s has schema version %d, and this program knows only up to %d: use the newer program", path, have, want)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate %s: %w", path, err)
	}
	return nil
}

func versions(ctx context.Context, p *goose.Provider) (have, want int64, err error) {
	for _, s := range p.ListSources() {
		want = max(want, s.Version)
	}
	have, err = p.GetDBVersion(ctx)
	if err != nil && (strings.Contains(err.Error(), "no such table") || strings.Contains(err.Error(), `relation "goose_db_version" does not exist`)) {
		return 0, want, nil
	}
	return have, want, err
}
