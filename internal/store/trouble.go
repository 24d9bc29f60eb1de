package store

import (
	"errors"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	sqlite3 "modernc.org/sqlite/lib"
)

// awayError says that PostgreSQL cannot be reached, or went away in the middle. What it says goes on one line.
type awayError struct{ cause error }

func (e *awayError) Error() string { return strings.Join(strings.Fields(e.cause.Error()), " ") }
func (e *awayError) Unwrap() error { return e.cause }

// isAway reports whether PostgreSQL was not there to answer, or ended the connection.
func isAway(err error) bool {
	var away *awayError
	if errors.As(err, &away) {
		return true
	}
	var said *pgconn.PgError
	if !errors.As(err, &said) {
		return false
	}
	switch said.Code {
	case "57P01", "57P02", "57P03", "57P05", "25P03": // it stops, crashed, starts; a session was idle for too long
		return true
	}
	return strings.HasPrefix(said.Code, "08")
}

// isOutage reports whether the database could not do it now, whatever was asked: a full or broken disk, a lock held
// from outside, a server that is away. The same request may succeed later.
func isOutage(err error) bool {
	var e *sqliteError
	if errors.As(err, &e) {
		switch e.code & 0xff {
		case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR,
			sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOTADB:
			return true
		}
		return false
	}
	if isAway(err) || isConflict(err) {
		return true
	}
	var said *pgconn.PgError
	if !errors.As(err, &said) {
		return false
	}
	switch said.Code {
	case "57014", "55P03", "25006": // too slow, somebody holds a lock, a standby
		return true
	}
	switch said.Code[:min(2, len(said.Code))] {
	case "53", "58", "XX": // out of something, its disk, itself
		return true
	}
	return false
}

// isConflict reports whether the database gave up on a transaction for the sake of another one: run again, it may succeed at once.
func isConflict(err error) bool {
	var said *pgconn.PgError
	return errors.As(err, &said) && (said.Code == "40001" || said.Code == "40P01")
}

// isRefusal reports whether PostgreSQL refused what was asked, and would again.
func isRefusal(err error) bool {
	var said *pgconn.PgError
	return errors.As(err, &said) && !isOutage(err)
}

// isDuplicate reports whether a unique constraint refused a row.
func isDuplicate(err error) bool {
	var e *sqliteError
	if errors.As(err, &e) {
		return e.code == sqlite3.SQLITE_CONSTRAINT_UNIQUE || e.code == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY
	}
	var said *pgconn.PgError
	return errors.As(err, &said) && said.Code == "23505"
}
