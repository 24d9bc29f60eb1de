package media

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"math"
	"slices"
	"strings"

	"patchbay/internal/message"
)

// What pictures may take while they are decoded and written again: all that are in hand together, and so the largest one.
const (
	canvas   = 768 << 20
	maxSide  = 4096 // of a picture that is written again
	minSide  = 64   // what does not fit smaller than this does not fit
	pictures = 2    // at once
)

// studio is where pictures are decoded. However many are asked for, what they take is bounded: most of a picture is in its pixels, and how
// many those are is known before the first is decoded.
type studio struct {
	turns *room
	room  *room
}

func newStudio() *studio { return &studio{newRoom(pictures), newRoom(canvas)} }

var (
	errNoPicture  = errors.New("it is no picture that can be decoded")
	errAnimation  = errors.New("an animation cannot be made smaller")
	errTooManyPix = errors.New("the picture has too many pixels")
)

// decoded is a picture in memory. Its pixels stand as they were taken: turn says how it is meant.
type decoded struct {
	image.Image
	format string
	turn   int
}

// open decodes a picture that does not move, once there is room for it. done gives the room back; it is never nil.
func (s *studio) open(ctx context.Context, data []byte) (p *decoded, done func(), err error) {
	if _, format, err := image.DecodeConfig(bytes.NewReader(data)); err == nil && isAnimated(data, format) {
		return nil, func() {}, errAnimation
	}
	return s.first(ctx, data)
}

// first is open, and of an animation its first picture.
func (s *studio) first(ctx context.Context, data []byte) (p *decoded, done func(), err error) {
	done = func() {}
	c, format, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil || c.Width <= 0 || c.Height <= 0 {
		return nil, done, errNoPicture
	}
	pixels := int64(c.Width) * int64(c.Height)
	if pixels > MaxPixels {
		return nil, done, errTooManyPix
	}
	weight := pixels*perPixel(data, format) + maxSide*maxSide*4
	if weight > canvas {
		return nil, done, errTooManyPix
	}
	if err := s.turns.enter(ctx, 1); err != nil {
		return nil, done, err
	}
	if err := s.room.enter(ctx, weight); err != nil {
		s.turns.leave(1)
		return nil, done, err
	}
	leave := func() { s.room.leave(weight); s.turns.leave(1) }
	defer func() {
		if p == nil { // also when a decoder panics
			leave()
		}
	}()
	img, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, done, errNoPicture
	}
	if b := img.Bounds(); int64(b.Dx())*int64(b.Dy()) > pixels {
		return nil, done, errTooManyPix
	}
	return &decoded{img, format, orientation(data, format)}, leave, nil
}

// perPixel is what decoding takes at most. A progressive JPEG has all its coefficients in memory, 16 bits a channel of PNG are 8 bytes.
func perPixel(data []byte, format string) int64 {
	switch format {
	case "jpeg":
		progressive := false
		_, _ = walkJPEG(data, func(marker byte, _ []byte) bool {
			progressive = progressive || marker == 0xc2
			return true
		})
		if progressive {
			return 15
		}
		return 4
	case "png":
		return 8
	}
	return 4
}

func isAnimated(data []byte, format string) (yes bool) {
	switch format {
	case "gif":
		frames, _ := walkGIF(bufio.NewReader(bytes.NewReader(data)))
		return frames > 1
	case "png":
		_, _ = walkPNG(data, func(name string, _ []byte) bool { yes = yes || name == "acTL"; return true })
	case "webp":
		_, _ = walkWebP(data, func(name string, _ []byte) bool { yes = yes || name == "ANMF"; return true })
	}
	return yes
}

// sized is the picture with no side longer than most, turned as it is meant.
func (p *decoded) sized(most int) *image.RGBA {
	b := p.Bounds()
	w, h := within(b.Dx(), b.Dy(), most)
	return scale(p.Image, w, h, p.turn)
}

// encode writes the picture in one of the types, in at most most bytes, as large as may be.
func (p *decoded) encode(most int64, takes func(string) bool) (data []byte, kind string, err error) {
	b := p.Bounds()
	side := min(max(b.Dx(), b.Dy()), maxSide)
	for {
		out := p.sized(side)
		smallest := int64(0)
		for _, f := range forms(out, p.format, takes) {
			w := &bounded{most: most}
			if err := f.write(w, out); err != nil && !errors.Is(err, errFull) {
				return nil, "", fmt.Errorf("encode %s: %w", f.kind, err)
			}
			if w.size <= most {
				return w.Bytes(), f.kind, nil
			}
			if smallest == 0 || w.size < smallest {
				smallest = w.size
			}
		}
		if smallest == 0 {
			return nil, "", errNoForm
		}
		if side <= minSide {
			return nil, "", errTooSmall
		}
		side = max(min(side*3/4, int(float64(side)*shrink(most, smallest))), minSide)
	}
}

var (
	errNoForm   = errors.New("there is no form of pictures that it takes")
	errTooSmall = errors.New("it does not fit, however small")
	errFull     = errors.New("larger than asked for")
)

// form is a way to write a picture.
type form struct {
	kind  string
	write func(w *bounded, m *image.RGBA) error
}

// forms are the ways to write a picture, the best first: what one can look through stays so, drawings stay sharp as long as they fit, and
// a photograph is no PNG unless nothing else is taken.
func forms(m *image.RGBA, format string, takes func(string) bool) (list []form) {
	drawing := format == "png" || format == "gif"
	if !m.Opaque() || drawing || !takes("image/jpeg") {
		list = append(list, form{"image/png", func(w *bounded, m *image.RGBA) error { return png.Encode(w, m) }})
	}
	for _, quality := range []int{85, 70} {
		if m.Opaque() {
			list = append(list, form{"image/jpeg", func(w *bounded, m *image.RGBA) error { return jpeg.Encode(w, m, &jpeg.Options{Quality: quality}) }})
		}
	}
	return slices.DeleteFunc(list, func(f form) bool { return !takes(f.kind) })
}

// bounded counts what is written and keeps no more than most of it.
type bounded struct {
	bytes.Buffer
	most, size int64
}

func (b *bounded) Write(p []byte) (int, error) {
	b.size += int64(len(p))
	if b.size > b.most {
		b.Reset()
		if b.size > 8*b.most {
			return 0, errFull // far off: the rest tells nothing new
		}
		return len(p), nil
	}
	return b.Buffer.Write(p)
}

// shrink is by how much a side is to become shorter for the bytes to fit.
func shrink(most, size int64) float64 { return math.Sqrt(0.9 * float64(most) / float64(size)) }

// canRead reports whether pictures of a type can be decoded, to be written again.
func canRead(kind string) bool { return message.HasPreview(kind) }

// Need is what a provider takes, and what an organization wants of its files.
type Need struct {
	Most  int64    // bytes of a file; 0: no limit but ours
	Types []string // like image/*; none: all
	Strip bool     // no metadata
}

func (n Need) most() int64 {
	if n.Most <= 0 {
		return MaxBytes
	}
	return min(n.Most, MaxBytes)
}

func (n Need) takes(kind string) bool {
	if len(n.Types) == 0 {
		return true
	}
	return slices.ContainsFunc(n.Types, func(pattern string) bool {
		pattern = strings.ToLower(pattern)
		family, all := strings.CutSuffix(pattern, "*")
		return pattern == kind || all && strings.HasPrefix(kind, family)
	})
}

// metBy reports whether a file that lies here is good as it is.
func (n Need) metBy(m *message.Media) bool {
	return m.Size <= n.most() && n.takes(m.MediaType) && (!n.Strip || !tells(m.MediaType))
}

// tells reports whether files of a type may tell where and when they were made.
func tells(kind string) bool {
	return strings.HasPrefix(kind, "image/") && kind != "image/bmp" || isVideo(kind)
}

func isVideo(kind string) bool {
	return iso[kind] && strings.HasPrefix(kind, "video/") || kind == "video/quicktime" || kind == "video/mp4"
}
