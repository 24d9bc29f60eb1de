package store

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5/pgconn"
)

// The types that our queries take and give, by the numbers that PostgreSQL has for them.
const (
	oidBytea = 17
	oidInt8  = 20
	oidInt2  = 21
	oidInt4  = 23
	oidText  = 25
)

// pgStmt is a prepared statement.
type pgStmt struct {
	desc    *pgconn.StatementDescription
	formats []int16 // of each column: binary where we know it
	row     row
	cols    pgColumns
}

func newPgStmt(desc *pgconn.StatementDescription) *pgStmt {
	st := &pgStmt{desc: desc}
	for _, f := range desc.Fields {
		format := int16(0)
		switch f.DataTypeOID {
		case oidBytea, oidInt8, oidInt2, oidInt4, oidText:
			format = 1
		}
		st.formats = append(st.formats, format)
	}
	st.cols.desc = desc
	st.row.cols = &st.cols
	return st
}

// rowError is what went wrong in the caller's hands, not in the database's.
type rowError struct{ error }

// rows hands each row out. Every answer is read to its end, so that the connection can be used again.
func (st *pgStmt) rows(rr *pgconn.ResultReader, fn func(*row) error) (pgconn.CommandTag, error) {
	var own error
	for rr.NextRow() {
		if fn == nil || own != nil {
			continue
		}
		st.cols.values = rr.Values()
		st.row.next, st.row.err = 0, nil
		if own = fn(&st.row); own == nil {
			own = st.row.err
		}
	}
	tag, err := rr.Close()
	if err == nil && own != nil {
		err = &rowError{own}
	}
	return tag, err
}

// scratchMax bounds what a connection keeps of a statement with long texts.
const scratchMax = 1 << 20

// encode writes arguments as the statement takes them. They are good until the next call.
func (c *pgConn) encode(st *pgStmt, args []any) ([][]byte, error) {
	types := st.desc.ParamOIDs
	if len(args) < len(types) {
		return nil, fmt.Errorf("there is no argument $%d", len(args)+1)
	}
	if c.scratch == nil || cap(c.scratch) > scratchMax {
		c.scratch = make([]byte, 0, 4<<10) // never nil: an empty text in it would be NULL
	}
	c.values, c.scratch = c.values[:0], c.scratch[:0]
	for i, t := range types {
		v, err := c.encodeOne(t, args[i])
		if err != nil {
			return nil, fmt.Errorf("argument $%d: %w", i+1, err)
		}
		c.values = append(c.values, v)
	}
	return c.values, nil
}

func (c *pgConn) encodeOne(oid uint32, arg any) ([]byte, error) {
	switch v := arg.(type) {
	case int64:
		return c.encodeInt(oid, v)
	case int:
		return c.encodeInt(oid, int64(v))
	case string:
		if oid == oidBytea {
			return c.keep(v), nil
		}
		return c.keep(clean(v)), nil
	case []byte:
		if v == nil {
			v = []byte{}
		}
		if oid != oidBytea {
			return c.keep(clean(string(v))), nil
		}
		return v, nil
	default:
		return nil, fmt.Errorf("it is a %T", v)
	}
}

// keep copies a text to where it lives as long as the arguments do. A scratch that grows leaves what was written in the old one.
func (c *pgConn) keep(s string) []byte {
	at := len(c.scratch)
	c.scratch = append(c.scratch, s...)
	return c.scratch[at:len(c.scratch):len(c.scratch)]
}

func (c *pgConn) encodeInt(oid uint32, v int64) ([]byte, error) {
	at := len(c.scratch)
	switch {
	case oid == oidInt8:
		c.scratch = binary.BigEndian.AppendUint64(c.scratch, uint64(v))
	case oid == oidInt4 && v >= math.MinInt32 && v <= math.MaxInt32:
		c.scratch = binary.BigEndian.AppendUint32(c.scratch, uint32(v))
	case oid == oidInt2 && v >= math.MinInt16 && v <= math.MaxInt16:
		c.scratch = binary.BigEndian.AppendUint16(c.scratch, uint16(v))
	case oid == oidText:
		c.scratch = strconv.AppendInt(c.scratch, v, 10)
	default:
		return nil, fmt.Errorf("%d does not go into a column of the type %d", v, oid)
	}
	return c.scratch[at:len(c.scratch):len(c.scratch)], nil
}

// clean makes of any bytes a text that PostgreSQL keeps: it refuses U+0000 and what is no UTF-8. The doors have replaced both;
// should one have let something through, a strange character is better than a message that cannot be settled.
func clean(s string) string {
	if utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 {
		return s
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

// pgColumns are the columns of the row that was read last.
type pgColumns struct {
	desc   *pgconn.StatementDescription
	values [][]byte
}

func (p *pgColumns) len() int { return len(p.values) }

func (p *pgColumns) text(i int) string {
	switch p.desc.Fields[i].DataTypeOID {
	case oidInt8, oidInt4, oidInt2:
		return strconv.FormatInt(p.int(i), 10)
	}
	return string(p.values[i])
}

func (p *pgColumns) bytes(i int) []byte {
	if p.values[i] == nil {
		return nil
	}
	return append([]byte{}, p.values[i]...)
}

func (p *pgColumns) int(i int) int64 {
	v := p.values[i]
	switch oid := p.desc.Fields[i].DataTypeOID; {
	case oid == oidInt8 && len(v) == 8:
		return int64(binary.BigEndian.Uint64(v))
	case oid == oidInt4 && len(v) == 4:
		return int64(int32(binary.BigEndian.Uint32(v)))
	case oid == oidInt2 && len(v) == 2:
		return int64(int16(binary.BigEndian.Uint16(v)))
	}
	n, _ := strconv.ParseInt(string(v), 10, 64) // a sum of BIGINTs is a NUMERIC, which comes as text
	return n
}
