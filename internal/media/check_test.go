package media

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"
)

func picture(w, h int) image.Image {
	return image.NewPaletted(image.Rect(0, 0, w, h), color.Palette{color.Black, color.White})
}

func pngOf(w, h int) []byte { var b bytes.Buffer; _ = png.Encode(&b, picture(w, h)); return b.Bytes() }
func jpegOf(w, h int) []byte {
	var b bytes.Buffer
	_ = jpeg.Encode(&b, picture(w, h), nil)
	return b.Bytes()
}
func gifOf(w, h int) []byte {
	var b bytes.Buffer
	_ = gif.Encode(&b, picture(w, h), nil)
	return b.Bytes()
}

// pngHead says that the picture is w × h, and has no picture.
func pngHead(w, h uint32) []byte {
	b := []byte("\x89PNG\r\n\x1a\n")
	return append(b, chunk("IHDR", binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, w), h), 8, 6, 0, 0, 0)...)
}

func chunk(name string, data []byte, more ...byte) []byte {
	data = append(data, more...)
	b := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	b = append(append(b, name...), data...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

// frames is a GIF of n empty frames, each w × h.
func frames(n int, w, h uint16) []byte {
	b := append([]byte("GIF89a"), 1, 0, 1, 0, 0x80, 0, 0, 0, 0, 0, 255, 255, 255)
	frame := append([]byte{0x2c, 0, 0, 0, 0}, byte(w), byte(w>>8), byte(h), byte(h>>8), 0, 2, 1, 0, 0)
	for range n {
		b = append(b, frame...)
	}
	return append(b, 0x3b)
}

// apng is a PNG that announces n frames.
func apng(n int) []byte {
	b := pngHead(1, 1)
	for range n {
		b = append(b, chunk("fcTL", make([]byte, 26))...)
	}
	return b
}

// webp is a file of one chunk kind, n times.
func webp(n int) []byte {
	b := []byte("RIFF\xff\xff\xff\x00WEBPVP8X\x0a\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00")
	for range n {
		b = append(b, "ANMF\x02\x00\x00\x00ab"...)
	}
	return b
}

var (
	mp4 = []byte("\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isommp42\x00\x00\x00\x08free\x00\x00\x00\x08mdat")
	mp3 = []byte("ID3\x03\x00\x00\x00\x00\x00\x0fTIT2\x00\x00\x00\x05\x00\x00\x00abcd\xff\xfb\x90\x64" + strings.Repeat("\x00", 64))
	svg = `<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`
)

func TestTypesComeFromBytesAndOnlyAgreementIsShown(t *testing.T) {
	html := "<!DOCTYPE html><script>alert(1)</script>"
	gz := func(s string) []byte {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		_, _ = w.Write([]byte(s))
		_ = w.Close()
		return b.Bytes()
	}
	for _, c := range []struct {
		what   string
		data   []byte
		claims string // separated by blanks
		name   string
		want   string
	}{
		{"png", pngOf(2, 2), "image/png", "a.png", "image/png"},
		{"png, nothing said", pngOf(2, 2), "", "", "image/png"},
		{"png, said vaguely", pngOf(2, 2), "application/octet-stream binary/octet-stream */* image/*", "", "image/png"},
		{"png, said with parameters and case", pngOf(2, 2), "IMAGE/PNG;charset=utf-8", "A.PNG", "image/png"},
		{"jpeg by its other name", jpegOf(2, 2), "image/jpg", "a.JPG", "image/jpeg"},
		{"gif", gifOf(2, 2), "image/gif", "", "image/gif"},
		{"mp4", mp4, "video/mp4", "a.mp4", "video/mp4"},
		{"mp4 said to be 3gpp", mp4, "video/3gpp", "", "video/mp4"},
		{"mp3", mp3, "audio/mp3", "a.mp3", "audio/mpeg"},
		{"pdf is saved", []byte("%PDF-1.7\n%\xe2\xe3\n1 0 obj\n"), "application/pdf", "a.pdf", "application/pdf"},
		{"text", []byte("yes $to$ {{to}} 0123 é😀"), "text/plain", "a.txt", "text/plain"},
		{"vcard", []byte("BEGIN:VCARD\nVERSION:3.0\nN:x\nEND:VCARD\n"), "text/x-vcard", "a.vcf", "text/vcard"},
		{"csv said, text found", []byte("hello"), "text/csv", "", "text/plain"},
		{"empty", nil, "", "", "text/plain"},

		{"html as jpg", []byte(html), "image/jpeg", "a.jpg", octets},
		{"html as html", []byte(html), "text/html", "a.html", octets},
		{"html as text", []byte(html), "text/plain", "a.txt", octets},
		{"html after blanks", []byte("  \n\t" + html), "image/png", "", octets},
		{"html, nothing said", []byte("<script>alert(1)</script>"), "", "", octets},
		{"svg", []byte(svg), "image/svg+xml", "a.svg", octets},
		{"svg with a prologue", []byte(`<?xml version="1.0"?>` + svg), "image/svg+xml", "", octets},
		{"svg as png", []byte(svg), "image/png", "a.png", octets},
		{"xml", []byte(`<?xml version="1.0"?><a/>`), "text/xml", "", octets},
		{"xhtml", []byte(`<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"/>`), "application/xhtml+xml", "", octets},
		{"svg, compressed", gz(svg), "image/svg+xml", "", octets},
		{"flash", []byte("FWS\x09aaaaaaaa"), "application/x-shockwave-flash", "", octets},
		{"mhtml", []byte("MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=x\r\nSubject: x\r\n\r\n--x\r\n"), "message/rfc822", "", octets},
		{"script", []byte("#!/bin/sh\nrm -rf /\n"), "text/plain", "", octets},
		{"program", append([]byte("MZ"), make([]byte, 200)...), "image/png", "a.png", octets},
		{"program, unnamed", append([]byte("\x7fELF\x02\x01\x01"), make([]byte, 200)...), "", "", octets},
		{"png as gif", pngOf(2, 2), "image/gif", "", octets},
		{"png as mp4", pngOf(2, 2), "video/mp4", "", octets},
		{"png, two claims, one wrong", pngOf(2, 2), "image/png text/html", "", octets},
		{"png called .html", pngOf(2, 2), "image/png", "a.html", octets},
		{"png called .jpg", pngOf(2, 2), "image/png", "a.jpg", octets},
		{"jpeg called .png.exe", jpegOf(2, 2), "image/jpeg", "a.png.exe", octets},
		{"text as jpg", []byte("just text"), "image/jpeg", "", octets},
		{"png signature and html", []byte("\x89PNG\r\n\x1a\n" + html), "image/png", "", octets},
		{"png signature alone", []byte("\x89PNG\r\n\x1a\n"), "image/png", "", octets},
		{"jpeg signature and html", []byte("\xff\xd8\xff\xe0" + html), "image/jpeg", "", octets},
		{"gif signature and script", []byte("GIF89a=1;alert(1)//"), "image/gif", "", octets},
		{"riff that is no webp", []byte("RIFF\x00\x00\x00\x00WEBPxxxx" + html), "image/webp", "", octets},
		{"ftyp and html", []byte("\x00\x00\x00\x18ftyp" + html), "video/mp4", "", octets},
		{"ftyp of odd size", append([]byte("\x7f\xff\xff\xfcftypisom"), make([]byte, 64)...), "video/mp4", "", octets},
		{"ID3 with an illegal size", append([]byte("ID3\x03\x00\x00\xff\xff\xff\xff"), html...), "audio/mpeg", "", octets},
		{"png and pdf", append(pngOf(1, 1), "%PDF-1.4"...), "image/png", "", octets},
		{"png of 2³¹-1 squared", pngHead(1<<31-1, 1<<31-1), "image/png", "", octets},
		{"noise", []byte("\x00\x01\x02\x03\xff"), "image/png", "", octets},
	} {
		v, err := judge(bytes.NewReader(c.data), strings.Fields(c.claims), c.name)
		if v.Blocked != "" && c.want == octets { // not shown either
			v.Type = octets
		}
		if err != nil || v.Type != c.want {
			t.Errorf("%s: got %q, blocked %q, %v; want %q", c.what, v.Type, v.Blocked, err, c.want)
		}
	}
}

// A picture that is also something else is served as the picture it is: the headers keep it one.
func TestPolyglotsStayPictures(t *testing.T) {
	for _, tail := range []string{"<script>alert(1)</script>", "PK\x03\x04", "/*\" onerror=x */"} {
		for kind, data := range map[string][]byte{"image/png": pngOf(1, 1), "image/jpeg": jpegOf(1, 1), "image/gif": gifOf(1, 1)} {
			v, err := judge(bytes.NewReader(append(data, tail...)), []string{kind}, "")
			if err != nil || v.Type != kind {
				t.Errorf("%s and %q: %+v, %v", kind, tail, v, err)
			}
		}
	}
}

func TestPicturesThatWouldFillAMemoryAreBlocked(t *testing.T) {
	for _, c := range []struct {
		what string
		data []byte
		want string
	}{
		{"65535² png", pngHead(65535, 65535), "65535 × 65535 pixels"},
		{"png of 2²⁰ squared", pngHead(1<<20, 1<<20), "pixels"},
		{"png, 50 million and one row", pngHead(10_000, 5_001), "pixels"},
		{"png, 50 million", pngHead(10_000, 5_000), ""},
		{"gif of 65535² frames", frames(1, 65535, 65535), "a frame has 65535 × 65535 pixels"},
		{"gif of 100,000 frames", frames(100_000, 1, 1), "more than 1000 frames"},
		{"gif of 1,000 frames", frames(1_000, 1, 1), ""},
		{"png of 1,001 frames", apng(1_001), "more than 1000 frames"},
		{"png of 1,000 frames", apng(1_000), ""},
		{"webp of 1,001 frames", webp(1_001), "more than 1000 frames"},
		{"webp of 1,000 frames", webp(1_000), ""},
		{"gif cut in a block", frames(3, 1, 1)[:40], ""},
		{"gif with an endless colour table", append(gifOf(1, 1)[:13], 0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0x87), ""},
	} {
		v, err := judge(bytes.NewReader(c.data), nil, "")
		if err != nil || (v.Blocked == "") != (c.want == "") || !strings.Contains(v.Blocked, c.want) {
			t.Errorf("%s: got %+v, %v; want %q", c.what, v, err, c.want)
		}
	}
}

// FuzzJudge: whatever the bytes, what is shown inline has a header that decodes within the limits.
func FuzzJudge(f *testing.F) {
	for _, b := range [][]byte{pngOf(1, 1), jpegOf(1, 1), gifOf(1, 1), mp4, mp3, []byte(svg), frames(3, 9, 9), apng(3), webp(3), nil} {
		f.Add(b, "image/png", "a.png")
	}
	f.Fuzz(func(t *testing.T, data []byte, claim, name string) {
		v, err := judge(bytes.NewReader(data), []string{claim}, name)
		if err != nil {
			t.Fatal(err)
		}
		if v.Blocked == "" && Inline(v.Type) && strings.HasPrefix(v.Type, "image/") {
			c, format, err := image.DecodeConfig(bytes.NewReader(data))
			if err != nil || "image/"+format != v.Type || int64(c.Width)*int64(c.Height) > MaxPixels {
				t.Errorf("shown inline as %s: %v %v %v", v.Type, format, c, err)
			}
		}
		_ = disposition(v.Type, name)
	})
}
