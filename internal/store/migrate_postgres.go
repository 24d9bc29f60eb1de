package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"strconv"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// migratePostgres brings the schema up to date. Nodes that start together do it one after the other: the first does the work.
func migratePostgres(ctx context.Context, config *pgconn.Config, log *slog.Logger) error {
	files, err := fs.Sub(migrations, "migrations/postgres")
	if err != nil {
		return err
	}
	return upPostgres(ctx, config, files, log)
}

func upPostgres(ctx context.Context, config *pgconn.Config, files fs.FS, log *slog.Logger) error {
	return withGoose(config, files, func(db *sql.DB, p *goose.Provider) error {
		have, want, err := versions(ctx, p)
		if err != nil {
			return fmt.Errorf("database: %w", awayOr(err))
		}
		if have > want {
			if err := mayUse(ctx, db, have, want); err != nil {
				return err
			}
			log.Info("the database's schema is a newer program's, which works with this one", "schema", have, "known", want)
			return nil
		}
		if _, err := p.Up(ctx); err != nil {
			return fmt.Errorf("migrate the database: %w", awayOr(err))
		}
		return nil
	})
}

// checkSchema refuses a database that holds nothing of ours or, to look at, not all that this program reads. It changes nothing.
func checkSchema(ctx context.Context, config *pgconn.Config, toRead bool) error {
	files, err := fs.Sub(migrations, "migrations/postgres")
	if err != nil {
		return err
	}
	return withGoose(config, files, func(db *sql.DB, p *goose.Provider) error {
		var known bool
		if err := db.QueryRowContext(ctx, `SELECT to_regclass('goose_db_version') IS NOT NULL`).Scan(&known); err != nil {
			return fmt.Errorf("database: %w", awayOr(err))
		}
		if !known {
			return errors.New("the database holds nothing of ours: name the one of a server that has run")
		}
		if !toRead {
			return nil
		}
		have, want, err := versions(ctx, p)
		switch {
		case err != nil:
			return fmt.Errorf("database: %w", awayOr(err))
		case have < want:
			return fmt.Errorf("the database's schema has version %d, and this program needs %d: start its server once", have, want)
		case have > want:
			return mayUse(ctx, db, have, want)
		}
		return nil
	})
}

// mayUse refuses a newer schema unless its migrations said that programs of our version live with it.
func mayUse(ctx context.Context, db *sql.DB, have, want int64) error {
	var text []byte
	if err := db.QueryRowContext(ctx, `SELECT value FROM meta WHERE key = 'oldest program'`).Scan(&text); err != nil {
		return fmt.Errorf("read the oldest program of the schema: %w", awayOr(err))
	}
	oldest, err := strconv.ParseInt(string(text), 10, 64)
	if err != nil {
		return fmt.Errorf("the oldest program of the schema is %q", text)
	}
	if want < oldest {
		return fmt.Errorf("the database's schema has version %d, which needs a program that knows %d at least; this one knows %d: use the newer program",
			have, oldest, want)
	}
	return nil
}

func withGoose(config *pgconn.Config, files fs.FS, do func(*sql.DB, *goose.Provider) error) error {
	c, err := pgx.ParseConfig("")
	if err != nil {
		return err
	}
	c.Config = *config.Copy()
	db := stdlib.OpenDB(*c)
	defer db.Close()
	db.SetMaxOpenConns(2) // one holds the lock
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 300), lock.WithUnlockTimeout(1, 10))
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectPostgres, db, files, goose.WithSessionLocker(locker))
	if err != nil {
		return fmt.Errorf("read the migrations: %w", err)
	}
	return do(db, p)
}

// awayOr puts what a driver says on one line, unless the database itself has said it.
func awayOr(err error) error {
	var said *pgconn.PgError
	if errors.As(err, &said) {
		return err
	}
	return &awayError{err}
}
