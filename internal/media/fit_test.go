package media

import (
	"bytes"
	"context"
	"encoding/binary"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"patchbay/internal/fault"
	"patchbay/internal/message"
)

// noise is a picture that no format makes small. Its left half is reddish, its right half bluish.
func noise(w, h int, opaque bool) *image.NRGBA {
	r := rand.New(rand.NewPCG(1, 2))
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.NRGBA{uint8(150 + r.IntN(100)), uint8(r.IntN(60)), uint8(r.IntN(60)), 255}
			if x >= w/2 {
				c.R, c.B = c.B, c.R
			}
			if !opaque && y < h/4 {
				c.A = 0
			}
			m.SetNRGBA(x, y, c)
		}
	}
	return m
}

func encoded(t *testing.T, write func(*bytes.Buffer) error) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asJPEG(t *testing.T, m image.Image, quality int) []byte {
	t.Helper()
	return encoded(t, func(b *bytes.Buffer) error { return jpeg.Encode(b, m, &jpeg.Options{Quality: quality}) })
}

func asPNG(t *testing.T, m image.Image) []byte {
	t.Helper()
	return encoded(t, func(b *bytes.Buffer) error { return png.Encode(b, m) })
}

// withEXIF puts a TIFF structure with an orientation, and a place to look for, into a JPEG.
func withEXIF(data []byte, turn uint16, order binary.AppendByteOrder) []byte {
	tiff := []byte("II*\x00")
	if order == binary.BigEndian {
		tiff = []byte("MM\x00*")
	}
	tiff = order.AppendUint32(tiff, 8)
	tiff = order.AppendUint16(tiff, 1)
	tiff = order.AppendUint16(order.AppendUint16(tiff, 0x0112), 3)
	tiff = order.AppendUint16(order.AppendUint32(tiff, 1), turn)
	tiff = append(tiff, 0, 0, 0, 0, 0, 0)
	tiff = append(tiff, "GPS 52.5200N CANARY"...)
	segment := append([]byte{0xff, 0xe1}, binary.BigEndian.AppendUint16(nil, uint16(2+len(exifHead)+len(tiff)))...)
	segment = append(append(segment, exifHead...), tiff...)
	comment := append([]byte{0xff, 0xfe, 0, 8}, "CANARY"...)
	return append(append(append(append([]byte{}, data[:2]...), segment...), comment...), append(data[2:len(data):len(data)], "CANARY behind the end"...)...)
}

// keptFor keeps a file as one of message m1, behind the link that it gives.
func keptFor(t *testing.T, d *Files, s *shelf, l *Links, name string, data []byte) (link string) {
	t.Helper()
	m, err := d.Keep(t.Context(), message.Media{ID: "f-" + name, MessageID: "m1", Name: name}, data)
	if err != nil || m.State != message.MediaStored {
		t.Fatal(m.Reason, err)
	}
	s.rows[m.ID] = m
	return "https://patchbay.example" + l.Path(m.ID, time.Now())
}

func fitted(t *testing.T, o *Outgoing, link string, need Need) (message.Media, []byte) {
	t.Helper()
	list, err := o.Fit(t.Context(), "m1", []string{"https://elsewhere.example/a.png", link}, need)
	if err != nil {
		t.Fatal(err)
	}
	if list[0].ID != "" {
		t.Errorf("of somebody else's address it says %+v", list[0])
	}
	data, err := o.dir.read(t.Context(), list[1].Path)
	if err != nil {
		t.Fatal(err)
	}
	return list[1], data
}

func TestAPictureIsMadeToFitItsProvider(t *testing.T) {
	o, d, _, s, l := outgoing(t)
	photo, drawing, hole := asJPEG(t, noise(900, 600, true), 95), asPNG(t, noise(400, 300, true)), asPNG(t, noise(400, 300, false))
	for _, c := range []struct {
		name, wantType, wantName string
		data                     []byte
		need                     Need
	}{
		{"small.jpg", "image/jpeg", "small.jpg", photo, Need{Most: 1 << 20}},
		{"photo.jpg", "image/jpeg", "photo.jpg", photo, Need{Most: 30_000}},
		{"drawing.png", "image/jpeg", "drawing.jpg", drawing, Need{Most: 40_000}},
		{"é{{to}}.png", "image/png", "é{{to}}.png", hole, Need{Most: 40_000}},
		{"type.png", "image/jpeg", "type.jpg", drawing, Need{Types: []string{"image/jpeg", "video/*"}}},
		{"type.jpg", "image/png", "type.png", photo, Need{Types: []string{"IMAGE/PNG"}, Most: 500_000}},
		{"any.jpg", "image/jpeg", "any.jpg", photo, Need{Types: []string{"image/*"}, Most: 20_000}},
	} {
		link := keptFor(t, d, s, l, c.name, c.data)
		before := s.rows["f-"+c.name]
		kind, err := o.Expect(t.Context(), before, c.need)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		m, data := fitted(t, o, link, c.need)
		if m.MediaType != c.wantType || m.Name != c.wantName || m.Size != int64(len(data)) || m.Size > c.need.most() || s.rows[m.ID].Path != m.Path {
			t.Errorf("%s became %s %s of %d bytes, want %s %s of at most %d", c.name, m.Name, m.MediaType, m.Size, c.wantName, c.wantType, c.need.most())
		}
		if c.name != "drawing.png" && kind != c.wantType { // whether a drawing stays one shows itself when it is written
			t.Errorf("%s: expected %s, became %s", c.name, kind, c.wantType)
		}
		was, _, _ := image.DecodeConfig(bytes.NewReader(c.data))
		is, format, err := image.DecodeConfig(bytes.NewReader(data))
		if err != nil || "image/"+format != c.wantType || is.Width*was.Height-was.Width*is.Height > 2*was.Width {
			t.Errorf("%s: it is a %s of %d × %d, %v", c.name, format, is.Width, is.Height, err)
		}
		if again, same := fitted(t, o, link, c.need); again != m || !bytes.Equal(same, data) {
			t.Errorf("%s: what fits is made to fit again", c.name)
		}
	}
	if o.room.taken != 0 || d.studio.room.taken != 0 || d.studio.turns.taken != 0 {
		t.Error("room is not given back")
	}
}

func TestAPictureStandsUprightBeforeItsEXIFGoes(t *testing.T) {
	o, d, _, s, l := outgoing(t)
	for turn := uint16(1); turn <= 8; turn++ {
		for i, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
			data := withEXIF(asJPEG(t, noise(64, 32, true), 95), turn, order)
			name := string(rune('a'+turn)) + string(rune('0'+i)) + ".jpg"
			m, got := fitted(t, o, keptFor(t, d, s, l, name, data), Need{Strip: true})
			if bytes.Contains(got, []byte("CANARY")) || bytes.Contains(got, []byte("Exif")) {
				t.Errorf("turn %d: it still tells where it was taken", turn)
			}
			p, _, err := image.Decode(bytes.NewReader(got))
			if err != nil || m.MediaType != "image/jpeg" {
				t.Fatal(m.MediaType, err)
			}
			// Where the camera's left half is once the picture is upright: EXIF 2.3, table of Orientation.
			red := map[uint16]image.Point{1: {8, 16}, 2: {56, 16}, 3: {56, 16}, 4: {8, 16}, 5: {16, 8}, 6: {16, 8}, 7: {16, 56}, 8: {16, 56}}[turn]
			if wide := p.Bounds().Dx() > p.Bounds().Dy(); wide != (turn < 5) {
				t.Errorf("turn %d: it is %v", turn, p.Bounds())
			}
			if r, _, b, _ := p.At(red.X, red.Y).RGBA(); r < b {
				t.Errorf("turn %d: its left half is not at %v", turn, red)
			}
		}
	}
}

func TestStrippedFilesKeepWhatTheyShow(t *testing.T) {
	o, d, _, s, l := outgoing(t)
	photo := asJPEG(t, noise(64, 32, true), 90)
	m, got := fitted(t, o, keptFor(t, d, s, l, "plain.jpg", withEXIF(photo, 1, binary.BigEndian)), Need{Strip: true})
	if !bytes.Equal(got, photo) || m.Size != int64(len(photo)) {
		t.Error("a picture that stands upright was written anew")
	}
	text := append(pngHead(2, 2), chunk("tEXt", []byte("Comment\x00CANARY"))...)
	text = append(text, chunk("iTXt", []byte("XML:com.adobe.xmp\x00\x00\x00\x00\x00CANARY"))...)
	text = append(append(text, asPNG(t, image.NewNRGBA(image.Rect(0, 0, 2, 2)))[33:]...), "CANARY"...)
	anim := gif.GIF{LoopCount: 3}
	for range 2 {
		anim.Image, anim.Delay = append(anim.Image, picture(2, 2).(*image.Paletted)), append(anim.Delay, 10)
	}
	moving := encoded(t, func(b *bytes.Buffer) error { return gif.EncodeAll(b, &anim) })
	moving = append(moving[:len(moving)-1:len(moving)], append(append([]byte{0x21, 0xfe, 6}, "CANARY"...), 0, 0x3b)...)
	box := func(name string, in ...[]byte) []byte {
		data := bytes.Join(in, nil)
		return append(append(binary.BigEndian.AppendUint32(nil, uint32(8+len(data))), name...), data...)
	}
	film := append(box("ftyp", []byte("isom\x00\x00\x02\x00isomiso2mp41")), box("moov", box("mvhd", []byte("\x00\x00\x00\x00CANARYxxkept: 0")),
		box("trak", box("udta", []byte("CANARY")), box("tkhd", []byte("\x01\x00\x00\x00CANARY, CANARY..kept: 1")), box("mdia", box("mdhd", []byte("\x00\x00\x00\x00CANARYxx")))), box("udta", box("\xa9xyz", []byte("+52.52+013.40/CANARY"))), box("meta", []byte("CANARY")))...)
	film = append(film, box("mdat", []byte("udta stays here"))...)
	for _, c := range []struct {
		name string
		data []byte
		want string
	}{{"a.png", text, "IEND"}, {"a.gif", moving, "NETSCAPE2.0"}, {"a.mp4", film, "udta stays here"}} {
		m, got := fitted(t, o, keptFor(t, d, s, l, c.name, c.data), Need{Strip: true})
		if bytes.Contains(got, []byte("CANARY")) || !bytes.Contains(got, []byte(c.want)) || m.Name != c.name {
			t.Errorf("%s: %q", c.name, got)
		}
		if c.name == "a.mp4" && (len(got) != len(c.data) || !bytes.Contains(got, []byte("kept: 0")) || !bytes.Contains(got, []byte("kept: 1"))) {
			t.Errorf("what the film's boxes say beside, or point at, is not as it was: %q", got)
		}
	}
	thumbnail := append([]byte{0xff, 0xe0, 0, 14}, "JFXX\x00\x10CANARY"...)
	if m, got := fitted(t, o, keptFor(t, d, s, l, "thumbnail.jpg", append(append(photo[:2:2], thumbnail...), photo[2:]...)), Need{Strip: true}); !bytes.Equal(got, photo) {
		t.Errorf("%s keeps its thumbnail", m.Name)
	}
	// What cannot be freed of it is not sent with it; what has none passes through.
	for name, ok := range map[string]bool{"image/heic": false, "image/tiff": false, "text/vcard": true, "audio/amr": true, "video/mp4": true, "application/pdf": true} {
		if _, err := o.Expect(t.Context(), message.Media{Name: "x", MediaType: name, Size: 5}, Need{Strip: true}); (err == nil) != ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhatCannotFitIsRefusedAtOnceWhereThatIsKnown(t *testing.T) {
	o, d, _, s, l := outgoing(t)
	anim := gif.GIF{}
	for range 2 {
		anim.Image, anim.Delay = append(anim.Image, picture(300, 300).(*image.Paletted)), append(anim.Delay, 10)
	}
	moving := encoded(t, func(b *bytes.Buffer) error { return gif.EncodeAll(b, &anim) })
	link := keptFor(t, d, s, l, "moving.gif", moving)
	for _, c := range []struct {
		m    message.Media
		need Need
		want string
	}{
		{message.Media{Name: "clip.mp4", MediaType: "video/mp4", Size: 2000}, Need{Most: 1000}, "only pictures"},
		{message.Media{Name: "a.vcf", MediaType: "text/vcard", Size: 20}, Need{Types: []string{"image/*"}}, "image/*"},
		{message.Media{Name: "a.png", MediaType: "image/png", Size: 20}, Need{Types: []string{"video/mp4"}}, "video/mp4"},
		{s.rows["f-moving.gif"], Need{Most: 100}, "animation"},
	} {
		if _, err := o.Expect(t.Context(), c.m, c.need); fault.CodeOf(err) != fault.Invalid || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.m.Name, err)
		}
	}
	// Else it shows itself before the first request.
	for name, data := range map[string][]byte{"broken.png": append(pngHead(9, 9), chunk("IDAT", make([]byte, 300))...), "noise.png": asPNG(t, noise(200, 200, false))} {
		_, err := o.Fit(t.Context(), "m1", []string{keptFor(t, d, s, l, name, data)}, Need{Most: 200})
		why, ok := err.(*FetchError)
		if !ok || why.State != message.MediaFailed || !strings.Contains(why.Reason, name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Another message's file, passed on by its link, is nobody's to change.
	if list, err := o.Fit(t.Context(), "m2", []string{link}, Need{Most: 100}); err != nil || list[0].ID != "" {
		t.Errorf("another message's file: %+v %v", list, err)
	}
}

// Fault 54: what a picture says of its size is looked at before a pixel is decoded.
func TestABombTakesNoMemory(t *testing.T) {
	d, _ := dir(t)
	huge := noise(1, 1, true)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for _, data := range [][]byte{pngHead(65535, 65535), append(pngHead(7000, 7000), chunk("IDAT", make([]byte, 100))...), withSize(asJPEG(t, huge, 90), 65000, 65000)} {
		p, done, err := d.studio.open(t.Context(), data)
		done()
		if err == nil {
			t.Errorf("decoded a %v", p.Bounds())
		}
	}
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; took > 450<<20 {
		t.Errorf("refusing took %d MiB", took>>20)
	}
	if d.studio.room.taken != 0 || d.studio.turns.taken != 0 {
		t.Error("room is not given back")
	}
}

// withSize changes what a JPEG says of its size.
func withSize(data []byte, w, h uint16) []byte {
	at := bytes.Index(data, []byte{0xff, 0xc0})
	binary.BigEndian.PutUint16(data[at+5:], h)
	binary.BigEndian.PutUint16(data[at+7:], w)
	return data
}

func TestAPreviewIsMadeOnceAndGoesWithItsFile(t *testing.T) {
	d, _ := dir(t)
	s, l := newShelf(), NewLinks([][]byte{bytes.Repeat([]byte{1}, 32)})
	h := Handler(l, d, s, slog.New(slog.DiscardHandler))
	open := func(name string, data []byte) string {
		link := keptFor(t, d, s, l, name, data)
		return strings.TrimPrefix(link, "https://patchbay.example") + "/preview"
	}
	photo := withEXIF(asJPEG(t, noise(800, 400, true), 90), 6, binary.LittleEndian)
	moving := append([]byte{}, frames(3, 1, 1)...)
	for _, c := range []struct {
		name, kind string
		data       []byte
		w, h       int
	}{
		{"photo.jpg", "image/jpeg", photo, 160, 320},
		{"hole.png", "image/png", asPNG(t, noise(640, 640, false)), 320, 320},
		{"tiny.gif", "image/png", gifOf(3, 2), 3, 2},
	} {
		path := open(c.name, c.data)
		w := get(h, "GET", path)
		is, format, err := image.DecodeConfig(w.Body)
		if w.Code != 200 || err != nil || w.Header().Get("Content-Type") != c.kind || "image/"+format != c.kind || is.Width != c.w || is.Height != c.h {
			t.Errorf("%s: %d %s %d × %d %v", c.name, w.Code, w.Header().Get("Content-Type"), is.Width, is.Height, err)
		}
		if csp := w.Header().Get("Content-Security-Policy"); !strings.Contains(csp, "sandbox") || w.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: served with %v", c.name, w.Header())
		}
		if bytes.Contains(w.Body.Bytes(), []byte("CANARY")) {
			t.Error("a preview tells where it was taken")
		}
		at := s.rows["f-"+c.name].Path
		if err := d.drafts.WriteFile(at+previewMark, jpegOf(1, 1), 0o600); err != nil {
			t.Fatal(err)
		}
		if w := get(h, "GET", path); !bytes.Equal(w.Body.Bytes(), jpegOf(1, 1)) {
			t.Errorf("%s: it is made again", c.name)
		}
		if err := d.Remove(t.Context(), gone{}, []string{at}); err != nil {
			t.Fatal(err)
		}
		if _, err := d.drafts.Lstat(at + previewMark); err == nil {
			t.Errorf("%s: the preview stays when its file goes", c.name)
		}
		if w := get(h, "GET", path); w.Code != http.StatusNotFound {
			t.Errorf("%s: without its file the preview answers %d", c.name, w.Code)
		}
	}
	for name, data := range map[string][]byte{"bomb.png": append(pngHead(7000, 7000), chunk("IDAT", []byte{1})...), "a.txt": []byte("hello"), "b.gif": moving} {
		for range 2 { // the second time nothing is tried
			if w := get(h, "GET", open(name, data)); w.Code != http.StatusNotFound {
				t.Errorf("%s: %d %s", name, w.Code, w.Body)
			}
		}
	}
}

// A decoder that panics harms the one picture: its room is given back, and whoever waits for the preview is not left waiting.
func TestADecoderThatPanicsHoldsNothing(t *testing.T) {
	image.RegisterFormat("poison", "POISON", func(io.Reader) (image.Image, error) { panic("poison") },
		func(io.Reader) (image.Config, error) { return image.Config{Width: 2, Height: 2}, nil })
	d, _ := dir(t)
	if err := d.drafts.WriteFile("poisoned", []byte("POISON"), 0o600); err != nil {
		t.Fatal(err)
	}
	previews := NewPreviews(d)
	for range 2 * pictures {
		func() {
			defer func() {
				if p := recover(); p != "poison" {
					t.Fatalf("the decoder said %v", p)
				}
			}()
			_ = previews.once(t.Context(), "poisoned")
		}()
	}
	if len(previews.making) != 0 || previews.turns.taken != 0 || d.studio.room.taken != 0 || d.studio.turns.taken != 0 {
		t.Errorf("held: %d previews, turns %d, room %d and turns %d of the studio", len(previews.making), previews.turns.taken, d.studio.room.taken, d.studio.turns.taken)
	}
}

// gone are rows that tell of no file.
type gone struct{}

func (gone) UnknownMedia(_ context.Context, paths []string) ([]string, error) { return paths, nil }
