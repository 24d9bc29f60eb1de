package store

// pendingBytes is how much one look at what is pending reads; a single callback may be larger.
const pendingBytes = 16 << 20

var qPendingSizes = sqlText("sizes of pending callbacks", `SELECT length(body) + length(events) FROM callbacks WHERE state = 'pending' ORDER BY seq LIMIT $1`)

// thatFit is how many of the oldest pending callbacks, at most limit, are read at once. It is asked first: a server sends all that a
// query names, whether one still wants it or not.
func thatFit(db engine, limit int) (n int, err error) {
	size := int64(0)
	err = db.each(qPendingSizes, func(r *row) error {
		if size < pendingBytes {
			n++
		}
		size += r.int()
		return nil
	}, limit)
	return n, err
}
