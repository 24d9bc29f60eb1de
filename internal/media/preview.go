package media

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"sync"

	"patchbay/internal/message"
)

const (
	previewMark = ".preview"
	previewSide = 320
	previewMost = 256 << 10
)

// Previews makes small pictures of pictures when somebody first asks for one, and keeps them beside what they are of, with which they go.
type Previews struct {
	dir   *Files
	turns *room // each has its picture's file in memory

	mu     sync.Mutex
	making map[string]*made
}

type made struct {
	done chan struct{}
	err  error
}

// NewPreviews makes previews of what is in a directory.
func NewPreviews(d *Files) *Previews {
	return &Previews{dir: d, turns: newRoom(pictures), making: map[string]*made{}}
}

// open gives the preview of a kept picture; fs.ErrNotExist: there is none, and will not be.
func (p *Previews) open(ctx context.Context, m *message.Media) (io.ReadSeekCloser, error) {
	if !message.HasPreview(m.MediaType) {
		return nil, fs.ErrNotExist
	}
	name := m.Path + previewMark
	f, err := p.dir.open(ctx, name)
	if errors.Is(err, fs.ErrNotExist) {
		if err = p.once(ctx, m.Path); err == nil {
			f, err = p.dir.open(ctx, name)
		}
	}
	if err != nil {
		return nil, err
	}
	size, err := f.Seek(0, io.SeekEnd)
	if err == nil && size > 0 {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if size == 0 { // it was tried, and is no picture
		return nil, errors.Join(fs.ErrNotExist, f.Close())
	}
	return f, nil
}

// once makes a preview, or waits for whoever makes it.
func (p *Previews) once(ctx context.Context, path string) error {
	p.mu.Lock()
	if m := p.making[path]; m != nil {
		p.mu.Unlock()
		select {
		case <-m.done:
			return m.err
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	m := &made{done: make(chan struct{})}
	p.making[path] = m
	p.mu.Unlock()
	defer func() { // also when a decoder panics
		p.mu.Lock()
		delete(p.making, path)
		p.mu.Unlock()
		close(m.done)
	}()
	m.err = p.make(context.WithoutCancel(ctx), path) // others wait for it, too
	return m.err
}

func (p *Previews) make(ctx context.Context, path string) error {
	if err := p.turns.enter(ctx, 1); err != nil {
		return err
	}
	defer p.turns.leave(1)
	data, err := p.dir.read(ctx, path)
	if err != nil {
		return err
	}
	small, err := p.draw(ctx, data)
	if err != nil {
		small = nil // an empty preview says that there is none, so that it is not tried again and again
	}
	f, err := p.dir.create()
	if err != nil {
		return err
	}
	defer f.discard()
	if _, err := f.Write(small); err != nil {
		return err
	}
	return p.dir.kept.putBeside(ctx, f, path, previewMark)
}

func (p *Previews) draw(ctx context.Context, data []byte) ([]byte, error) {
	pic, done, err := p.dir.studio.first(ctx, data)
	defer done()
	if err != nil {
		return nil, err
	}
	small := &decoded{Image: pic.sized(previewSide), format: pic.format, turn: 1}
	out, _, err := small.encode(previewMost, func(kind string) bool { return kind == "image/jpeg" || kind == "image/png" })
	return bytes.Clone(out), err
}

// typeOfPreview is one of the two that draw writes.
func typeOfPreview(f io.ReadSeeker) (string, error) {
	var head [2]byte
	_, err := io.ReadFull(f, head[:])
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if head[0] == 0xff {
		return "image/jpeg", err
	}
	return "image/png", err
}
