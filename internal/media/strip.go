package media

import (
	"bytes"
	"encoding/binary"
	"errors"
)

var errBroken = errors.New("the picture's blocks do not follow each other as they should")

// strip is a picture without what its camera or its owner noted in it (place, time, maker, comments, thumbnails, whatever stands behind
// its end), pixel for pixel the same. An error: it cannot be told what is what.
func strip(data []byte, format string) ([]byte, error) {
	switch format {
	case "jpeg":
		return walkJPEG(data, func(marker byte, segment []byte) bool {
			switch {
			case marker == 0xe2:
				return len(segment) > 4 && bytes.HasPrefix(segment[4:], []byte("ICC_PROFILE\x00"))
			case marker == 0xe0: // not the thumbnail that a second one may be
				return len(segment) > 4 && bytes.HasPrefix(segment[4:], []byte("JFIF\x00"))
			case marker == 0xee: // how its colours are to be read
				return true
			case marker >= 0xe0 && marker <= 0xef, marker == 0xfe:
				return false
			}
			return true
		})
	case "png":
		return walkPNG(data, func(name string, _ []byte) bool {
			switch name {
			case "eXIf", "tEXt", "zTXt", "iTXt", "tIME":
				return false
			}
			return name[0]&0x20 == 0 || pngKept[name]
		})
	case "webp":
		out, err := walkWebP(data, func(name string, _ []byte) bool { return webpKept[name] })
		if err == nil && len(out) > 20 && string(out[12:16]) == "VP8X" {
			out[20] &^= 0x0c // EXIF and XMP are announced there
		}
		return out, err
	case "gif":
		return stripGIF(data)
	}
	return nil, errBroken
}

// pngKept are the chunks beside the critical ones that say how the picture is shown.
var pngKept = map[string]bool{
	"tRNS": true, "gAMA": true, "cHRM": true, "sRGB": true, "iCCP": true, "cICP": true, "sBIT": true, "bKGD": true, "pHYs": true,
	"acTL": true, "fcTL": true, "fdAT": true,
}

var webpKept = map[string]bool{"VP8 ": true, "VP8L": true, "VP8X": true, "ALPH": true, "ANIM": true, "ANMF": true, "ICCP": true}

// walkJPEG shows each segment, its marker included, and gives the picture of those that keep says yes to. What is behind the picture's end is left out.
func walkJPEG(data []byte, keep func(marker byte, segment []byte) bool) ([]byte, error) {
	if len(data) < 4 || data[0] != 0xff || data[1] != 0xd8 {
		return nil, errBroken
	}
	out := append(make([]byte, 0, len(data)), data[:2]...)
	for at := 2; ; {
		if at+2 > len(data) || data[at] != 0xff {
			return nil, errBroken
		}
		marker := data[at+1]
		switch {
		case marker == 0xff: // fill
			at++
			continue
		case marker == 0xd9:
			return append(out, 0xff, 0xd9), nil
		case at+4 > len(data):
			return nil, errBroken
		}
		end := at + 2 + int(binary.BigEndian.Uint16(data[at+2:]))
		if end < at+4 || end > len(data) {
			return nil, errBroken
		}
		if marker == 0xda { // a scan: its data goes on until a marker that is none of its own
			for end+1 < len(data) && (data[end] != 0xff || data[end+1] == 0 || data[end+1] >= 0xd0 && data[end+1] <= 0xd7) {
				end++
			}
			if end+1 >= len(data) {
				return nil, errBroken
			}
		}
		if keep(marker, data[at:end]) {
			out = append(out, data[at:end]...)
		}
		at = end
	}
}

// walkPNG does so with chunks, each with its length, name and checksum.
func walkPNG(data []byte, keep func(name string, chunk []byte) bool) ([]byte, error) {
	const head = 8
	if len(data) < head {
		return nil, errBroken
	}
	out := append(make([]byte, 0, len(data)), data[:head]...)
	for at := int64(head); ; {
		if at+12 > int64(len(data)) {
			return nil, errBroken
		}
		name, end := string(data[at+4:at+8]), at+12+int64(binary.BigEndian.Uint32(data[at:]))
		if end > int64(len(data)) {
			return nil, errBroken
		}
		if keep(name, data[at:end]) {
			out = append(out, data[at:end]...)
		}
		if name == "IEND" {
			return out, nil
		}
		at = end
	}
}

// walkWebP does so with the chunks of a RIFF file, each with its name and length, and padded to even.
func walkWebP(data []byte, keep func(name string, chunk []byte) bool) ([]byte, error) {
	const head = 12
	if len(data) < head || string(data[:4]) != "RIFF" || string(data[8:head]) != "WEBP" {
		return nil, errBroken
	}
	out := append(make([]byte, 0, len(data)), data[:head]...)
	whole := min(int64(len(data)), 8+int64(binary.LittleEndian.Uint32(data[4:])))
	for at := int64(head); at+8 <= whole; {
		name, length := string(data[at:at+4]), int64(binary.LittleEndian.Uint32(data[at+4:]))
		end := at + 8 + length
		if end > whole {
			return nil, errBroken
		}
		if keep(name, data[at:end]) {
			out = append(out, data[at:end]...)
			if length&1 == 1 {
				out = append(out, 0)
			}
		}
		at = end + length&1
	}
	binary.LittleEndian.PutUint32(out[4:], uint32(len(out)-8))
	return out, nil
}

// stripGIF leaves out comments and what programs add; how often an animation repeats stays.
func stripGIF(data []byte) ([]byte, error) {
	if len(data) < 13 {
		return nil, errBroken
	}
	colors := func(at int, flags byte) int {
		if flags&0x80 == 0 {
			return at
		}
		return at + 3<<(flags&7+1)
	}
	blocks := func(at int) int { // behind the sub-blocks that begin there; out of the data: broken
		for at < len(data) && data[at] != 0 {
			at += 1 + int(data[at])
		}
		return at + 1
	}
	at := colors(13, data[10])
	if at > len(data) {
		return nil, errBroken
	}
	out := append(make([]byte, 0, len(data)), data[:at]...)
	for {
		if at >= len(data) {
			return nil, errBroken
		}
		begin, kept := at, true
		switch data[at] {
		case 0x3b:
			return append(out, 0x3b), nil
		case 0x21:
			if at+3 > len(data) {
				return nil, errBroken
			}
			kept = data[at+1] == 0xf9 || data[at+1] == 0xff && (bytes.HasPrefix(data[at+3:], []byte("NETSCAPE2.0")) || bytes.HasPrefix(data[at+3:], []byte("ANIMEXTS1.0")))
			at = blocks(at + 2)
		case 0x2c:
			if at+11 > len(data) {
				return nil, errBroken
			}
			at = blocks(colors(at+10, data[at+9]) + 1)
		default:
			return nil, errBroken
		}
		if at > len(data) {
			return nil, errBroken
		}
		if kept {
			out = append(out, data[begin:at]...)
		}
	}
}

// blankVideo empties the boxes of an ISO file (mp4, mov, 3gp) that tell where, when and with what it was taken, without moving anything.
func blankVideo(data []byte) error { return blankBoxes(data, 0) }

func blankBoxes(data []byte, depth int) error {
	for len(data) > 0 {
		if len(data) < 8 {
			return errBroken
		}
		head, size := uint64(8), uint64(binary.BigEndian.Uint32(data))
		switch size {
		case 0: // to the end
			size = uint64(len(data))
		case 1:
			if len(data) < 16 {
				return errBroken
			}
			head, size = 16, binary.BigEndian.Uint64(data[8:])
		}
		if size < head || size > uint64(len(data)) {
			return errBroken
		}
		box := data[head:size]
		switch name := string(data[4:8]); {
		case name == "udta", name == "meta", name == "uuid":
			copy(data[4:8], "free")
			clear(box)
		case name == "mvhd", name == "tkhd", name == "mdhd": // version, flags, then when it was made and changed: ISO 14496-12, 8.2.2
			times := 8
			if len(box) > 0 && box[0] == 1 {
				times = 16
			}
			clear(box[min(4, len(box)):min(4+times, len(box))])
		case (name == "moov" || name == "trak" || name == "mdia" || name == "moof" || name == "traf") && depth < 4:
			if err := blankBoxes(box, depth+1); err != nil {
				return err
			}
		}
		data = data[size:]
	}
	return nil
}
