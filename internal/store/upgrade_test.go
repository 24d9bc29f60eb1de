package store

import (
	"context"
	"database/sql"
	"io/fs"
	"path/filepath"
	"testing"

	"github.com/pressly/goose/v3"
)

// A STOP from before the list named numbers holds.
func TestAnUpgradeKeepsWhoHasStopped(t *testing.T) {
	path := filepath.Join(t.TempDir(), "t.db")
	db, err := sql.Open("sqlite", sqliteDSN(path))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	files, err := fs.Sub(migrations, "migrations/sqlite")
	if err != nil {
		t.Fatal(err)
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db, files)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.UpTo(t.Context(), 8); err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), `INSERT INTO numbers (id, account_id, org_id, integration_id, service_id, value, name, country, inbound_format,
			outbound_format, send_name, session_timeout, header, footer, settings, created_at)
		VALUES ('7', 'a', 'o', 'i', 's', '+15550000001', '', '', '', '', 0, 0, '', '', '', 1);
		INSERT INTO optouts (org_id, contact, number_id, account_id, source, since_at)
		VALUES ('o', '+1', '7', 'a', 'keyword', 1), ('o', '+2', '', 'a', 'api', 1), ('o', '+3', 'removed', 'a', 'keyword', 1);
		INSERT INTO optout_events (account_id, org_id, contact, number_id, opted_out, source, by_whom, at)
		VALUES ('a', 'o', '+1', '7', 1, 'keyword', '', 1), ('a', 'o', '+2', '', 1, 'api', '', 1)`); err != nil {
		t.Fatal(err)
	}
	if err := migrateSQLite(context.Background(), path); err != nil {
		t.Fatal(err)
	}
	c, err := openSQLite(path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	for _, x := range []struct {
		contact, number string
		want            bool
	}{
		{"+1", "+15550000001", true}, {"+1", "+15550000002", false}, {"+2", "+15550000002", true}, {"+3", "+15550000001", false},
	} {
		if out, err := isOptedOut(c, nil, "o", x.number, x.contact); err != nil || out != x.want {
			t.Errorf("%s of %s: stopped %v, %v", x.contact, x.number, out, err)
		}
	}
	var told string
	if err := c.script(`SELECT group_concat(number) FROM optout_events`, func(v string) { told = v }); err != nil || told != "+15550000001," {
		t.Errorf("on record: %q, %v", told, err)
	}
}
