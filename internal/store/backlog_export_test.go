package store

import (
	"context"
	"strings"

	sqlite3 "modernc.org/sqlite/lib"
)

// Queue queues n more messages like the one of this id, each for a contact of its own, as if they had been accepted: in one statement,
// because a million of acceptances is another test.
func (s *Store) Queue(ctx context.Context, id string, n int) error {
	return s.write(ctx, func(t *tx) error {
		var names, values []string
		err := t.each(&query{name: "test: columns", text: `SELECT name FROM pragma_table_info('messages')`}, func(r *row) error {
			switch name := r.text(); name {
			case "seq":
			case "id":
				names, values = append(names, `id`), append(values, `m.id || '-' || n.i`)
			case "to":
				names, values = append(names, `"to"`), append(values, `'+1999' || printf('%07d', n.i)`)
			default:
				names, values = append(names, `"`+name+`"`), append(values, `m."`+name+`"`)
			}
			return nil
		})
		if err != nil {
			return err
		}
		if _, err := t.exec(&query{name: "test: multiply", text: `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $2)
			INSERT INTO messages (` + strings.Join(names, ", ") + `) SELECT ` + strings.Join(values, ", ") + ` FROM n CROSS JOIN messages m WHERE m.id = $1`}, id, n); err != nil {
			return err
		}
		_, err = t.exec(&query{name: "test: count them", text: `UPDATE lanes SET pending = pending + $2, accepted = accepted + $2
			WHERE seq = (SELECT lane FROM messages WHERE id = $1)`}, id, n)
		return err
	})
}

// Steps is how many steps of SQLite's machine the writer's statements have taken since it was last asked. It grows with every row that is
// looked at, and with nothing else: no clock, no other work on the machine.
func (s *Store) Steps(ctx context.Context) (steps int64, err error) {
	err = s.write(ctx, func(t *tx) error {
		c := t.engine.(*sqliteConn)
		for _, st := range c.stmts {
			steps += int64(sqlite3.Xsqlite3_stmt_status(c.tls, st.handle, sqlite3.SQLITE_STMTSTATUS_VM_STEP, 1))
		}
		return nil
	})
	return steps, err
}
