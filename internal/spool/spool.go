// Package spool keeps records on this machine's disk while the database is away, in the order in which they came: what it has taken is
// durable, and handed out until somebody says that it is done with. It knows nothing of what is in a record.
package spool

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
)

// ErrFull says that no more may be taken until something is done with.
var ErrFull = errors.New("the spool is full")

var errClosed = errors.New("the spool is closed")

// Options are a spool's measures. Zero values mean the defaults.
type Options struct {
	Dir     string // made when missing; one process has it at a time
	Max     int64  // bytes on the disk; 1 GiB
	Segment int64  // bytes of a file, after which another is begun; 8 MiB
	Log     *slog.Logger
}

const (
	// groupMax and groupBytes bound what shares a sync.
	groupMax   = 2048
	groupBytes = 4 << 20
	// alarmAt is how much of the spool may be used before somebody is told.
	alarmAt = 0.8
)

// Record is one record, with its place in the order of all.
type Record struct {
	Seq     uint64
	Payload []byte
	end     position // behind it
}

// position is a place in a segment.
type position struct {
	segment *segment
	offset  int64
}

// Spool is an open spool. All of its methods may be called at any time.
type Spool struct {
	o     Options
	lock  *os.File
	queue chan *entry
	stop  chan struct{}
	ended chan struct{}
	once  sync.Once

	waiting atomic.Int64 // records taken, or about to be, and not done with

	mu       sync.Mutex
	segments []*segment // the oldest first; the last one may be open for more
	bytes    int64      // of all segments
	queued   int64      // bytes on their way
	seq      uint64     // of the last record
	writing  bool       // the last segment is being written
	alarmed  bool
}

// entry is a record on its way to the disk.
type entry struct {
	payload []byte
	err     error
	done    chan struct{}
}

// Open opens the spool and finds what a former life left in it. It refuses a directory that it cannot write, for what cannot be kept must not
// be found out in an outage.
func Open(o Options) (s *Spool, err error) {
	o.Max = orDefault(o.Max)
	if o.Segment <= 0 {
		o.Segment = 8 << 20
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the spool's directory: %w", err)
	}
	s = &Spool{o: o, queue: make(chan *entry, groupMax), stop: make(chan struct{}), ended: make(chan struct{})}
	lock, err := lockDir(o.Dir)
	if err != nil {
		return nil, err
	}
	s.lock = lock
	defer func() {
		if err != nil { // s is nil by then
			lock.Close()
		}
	}()
	if err := s.load(); err != nil {
		return nil, err
	}
	probe, err := newSegment(o.Dir, s.seq+1)
	if err != nil {
		return nil, fmt.Errorf("the spool cannot be written: %w", err)
	}
	if err := probe.remove(); err != nil {
		return nil, fmt.Errorf("the spool cannot be written: %w", err)
	}
	go s.run()
	return s, nil
}

// load finds the segments that are there.
func (s *Spool) load() error {
	names, err := filepath.Glob(filepath.Join(s.o.Dir, "*"+extension))
	if err != nil {
		return err
	}
	slices.Sort(names) // their names begin with their first record's number
	for _, name := range names {
		g, damage, err := readSegment(name)
		if err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
		s.seq = max(s.seq, g.last)
		switch {
		case damage.middle > 0:
			// What stands between two records was acknowledged, perhaps. The file stays for a person to look at.
			s.o.Log.Error("the spool is damaged: records may be missing", "file", g.keepDamaged(), "bytes", damage.middle)
		case damage.tail > 0:
			s.o.Log.Warn("the end of a spool file was never finished, and nobody was told that it was kept", "file", name, "bytes", damage.tail)
		}
		if g.records == 0 {
			if err := g.remove(); err != nil {
				return err
			}
			continue
		}
		s.segments = append(s.segments, g)
		s.bytes += g.size
		s.waiting.Add(int64(g.records))
	}
	if n := s.waiting.Load(); n > 0 {
		s.o.Log.Info("the spool holds records of a former life", "records", n)
	}
	return nil
}

// Limit says how many bytes may wait from now on. What waits already stays, however much it is.
func (s *Spool) Limit(max int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.o.Max = orDefault(max)
}

func orDefault(max int64) int64 {
	if max <= 0 {
		return 1 << 30
	}
	return max
}

// Append keeps a record. When it returns without an error the record is on the disk.
func (s *Spool) Append(ctx context.Context, payload []byte) error {
	size := int64(len(payload)) + headerSize
	s.mu.Lock()
	if s.bytes+s.queued+size > s.o.Max {
		s.mu.Unlock()
		return ErrFull
	}
	s.queued += size
	s.mu.Unlock()
	s.waiting.Add(1)
	e := &entry{payload: payload, done: make(chan struct{})}
	select {
	case <-s.stop:
		e.err = errClosed
	case <-ctx.Done():
		e.err = ctx.Err()
	case s.queue <- e:
		select {
		case <-e.done:
		case <-s.ended:
			select {
			case <-e.done:
			default:
				e.err = errClosed
			}
		}
	}
	s.mu.Lock()
	s.queued -= size
	s.mu.Unlock()
	if e.err != nil {
		s.waiting.Add(-1)
	}
	return e.err
}

// Holds reports whether anything is in the spool or on its way there: what comes now belongs behind it.
func (s *Spool) Holds() bool { return s.waiting.Load() > 0 }

// Size is how many records are not done with, and how many bytes they and those before them take.
func (s *Spool) Size() (records, bytes int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.waiting.Load(), s.bytes
}

// run writes what is appended, all that waits with one sync.
func (s *Spool) run() {
	defer close(s.ended)
	var group []*entry
	for {
		group = group[:0]
		select {
		case e := <-s.queue:
			group = append(group, e)
		case <-s.stop:
			select {
			case e := <-s.queue:
				group = append(group, e)
			default:
				return
			}
		}
		for bytes := len(group[0].payload); len(group) < groupMax && bytes < groupBytes; {
			select {
			case e := <-s.queue:
				group = append(group, e)
				bytes += len(e.payload)
				continue
			default:
			}
			break
		}
		err := s.write(group)
		for _, e := range group {
			e.err = err
			close(e.done)
		}
		clear(group)
	}
}

// write puts records at the end. After a failure the file is not written again: a sync that failed once vouches for nothing.
func (s *Spool) write(group []*entry) error {
	g, err := s.open()
	if err != nil {
		return fmt.Errorf("begin a spool file: %w", err)
	}
	buf := make([]byte, 0, groupBytes/8)
	seq := s.seq
	for _, e := range group {
		seq++
		buf = appendRecord(buf, seq, e.payload)
	}
	err = g.append(buf)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writing = false
	s.seq = seq // numbers of what failed are not used again
	if err != nil {
		g.give()
		if g.size <= fileHeader {
			s.drop(g)
		}
		return fmt.Errorf("write the spool: %w", err)
	}
	g.size += int64(len(buf))
	g.records += len(group)
	g.last = seq
	s.bytes += int64(len(buf))
	if used := float64(s.bytes) / float64(s.o.Max); used >= alarmAt && !s.alarmed {
		s.alarmed = true
		s.o.Log.Error("the spool is filling up: when it is full, callbacks are refused with 503", "bytes", s.bytes, "of", s.o.Max)
	}
	return nil
}

// open is the segment that takes more.
func (s *Spool) open() (*segment, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.segments); n > 0 {
		if g := s.segments[n-1]; g.file != nil && g.size < s.o.Segment {
			s.writing = true
			return g, nil
		} else if g.file != nil {
			g.give()
		}
	}
	g, err := newSegment(s.o.Dir, s.seq+1)
	if err != nil {
		return nil, err
	}
	s.segments = append(s.segments, g)
	s.bytes += g.size
	s.writing = true
	return g, nil
}

// Next is for one goroutine at a time, and Done with it: the oldest records that are not done with, at most n and about so many bytes, at least one when there is any.
func (s *Spool) Next(n int, bytes int64) (list []Record, err error) {
	s.mu.Lock()
	segments := slices.Clone(s.segments)
	from, to := make([]int64, len(segments)), make([]int64, len(segments))
	for i, g := range segments {
		from[i], to[i] = g.done, g.size
	}
	s.mu.Unlock()
	for i, g := range segments {
		f, err := os.Open(g.name)
		if err != nil {
			return nil, err
		}
		r := &reader{file: f, at: from[i], end: to[i]}
		for len(list) < n && (len(list) == 0 || bytes > 0) {
			rec, ok, err := r.next()
			if err != nil {
				f.Close()
				return nil, fmt.Errorf("read %s: %w", g.name, err)
			}
			if !ok {
				break
			}
			rec.end = position{g, r.at}
			bytes -= int64(len(rec.Payload))
			list = append(list, rec)
		}
		f.Close()
		if len(list) == n || bytes <= 0 {
			break
		}
	}
	return list, nil
}

// Done says that the records, which Next gave, are kept elsewhere. Their files go with the last of them. Cut off before that, they are handed
// out again in the next life: whoever takes them must know them again.
func (s *Spool) Done(list []Record) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, rec := range list {
		rec.end.segment.done = rec.end.offset
	}
	s.waiting.Add(-int64(len(list)))
	for len(s.segments) > 0 {
		g := s.segments[0]
		if g.done < g.size || len(s.segments) == 1 && s.writing {
			break
		}
		if err := s.drop(g); err != nil {
			errs = append(errs, err)
			break
		}
	}
	if float64(s.bytes)/float64(s.o.Max) < alarmAt/2 {
		s.alarmed = false
	}
	return errors.Join(errs...)
}

// drop forgets a segment. The caller holds mu.
func (s *Spool) drop(g *segment) error {
	if err := g.remove(); err != nil {
		return err
	}
	s.bytes -= g.size
	s.segments = slices.DeleteFunc(s.segments, func(o *segment) bool { return o == g })
	return nil
}

// Refuse puts a record that nobody can take into a file of its own, for a person, so that those behind it go on. Done is still to be called.
func (s *Spool) Refuse(rec Record) (name string, err error) {
	name = filepath.Join(s.o.Dir, fmt.Sprintf("refused-%020d.json", rec.Seq))
	return name, writeDurably(name, rec.Payload)
}

// Close writes what was appended and closes the files. What is in the spool stays there.
func (s *Spool) Close() error {
	s.once.Do(func() {
		close(s.stop)
		<-s.ended
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, g := range s.segments {
		g.give()
	}
	return s.lock.Close()
}
