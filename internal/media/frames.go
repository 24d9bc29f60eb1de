package media

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
)

// countFrames walks a picture's blocks, decoding nothing, and says why it is too much to show, if it is.
func countFrames(r io.Reader, format string) string {
	in := bufio.NewReader(r)
	switch format {
	case "gif":
		_, tooMuch := walkGIF(in)
		return tooMuch
	case "png":
		return walkChunks(in, 8, binary.BigEndian, true, "fcTL")
	case "webp":
		return walkChunks(in, 12, binary.LittleEndian, false, "ANMF")
	}
	return ""
}

var tooManyFrames = fmt.Sprintf("the animation has more than %d frames", MaxFrames)

// walkChunks counts chunks called name. PNG has length, name, data, checksum; RIFF has name, length, data padded to even.
func walkChunks(in *bufio.Reader, skip int, order binary.ByteOrder, lengthFirst bool, name string) string {
	if _, err := in.Discard(skip); err != nil {
		return ""
	}
	var head [8]byte
	for frames := 0; ; {
		if _, err := io.ReadFull(in, head[:]); err != nil {
			return "" // its end, or a break that a viewer meets as well
		}
		called, length := string(head[:4]), int64(order.Uint32(head[4:]))
		length += length & 1
		if lengthFirst {
			called, length = string(head[4:]), int64(order.Uint32(head[:4]))+4
		}
		if called == name {
			if frames++; frames > MaxFrames {
				return tooManyFrames
			}
		}
		if _, err := io.CopyN(io.Discard, in, length); err != nil {
			return ""
		}
	}
}

// walkGIF counts frames. It follows GIF89a: a frame may be larger than the screen that the header speaks of.
func walkGIF(in *bufio.Reader) (frames int, tooMuch string) {
	var screen [13]byte
	if _, err := io.ReadFull(in, screen[:]); err != nil || !skipColors(in, screen[10]) {
		return frames, ""
	}
	for {
		kind, err := in.ReadByte()
		if err != nil {
			return frames, ""
		}
		switch kind {
		case 0x21: // extension: label, then sub-blocks
			if _, err := in.Discard(1); err != nil || !skipBlocks(in) {
				return frames, ""
			}
		case 0x2c: // image: place, size, flags, colors, code size, sub-blocks
			var d [9]byte
			if _, err := io.ReadFull(in, d[:]); err != nil {
				return frames, ""
			}
			w, h := int64(binary.LittleEndian.Uint16(d[4:])), int64(binary.LittleEndian.Uint16(d[6:]))
			if w*h > MaxPixels {
				return frames, fmt.Sprintf("a frame has %d × %d pixels", w, h)
			}
			if frames++; frames > MaxFrames {
				return frames, tooManyFrames
			}
			if !skipColors(in, d[8]) {
				return frames, ""
			}
			if _, err := in.Discard(1); err != nil || !skipBlocks(in) {
				return frames, ""
			}
		default: // the trailer, or nothing that a viewer goes on from
			return frames, ""
		}
	}
}

// skipColors leaves out a colour table, when flags say that there is one.
func skipColors(in *bufio.Reader, flags byte) bool {
	if flags&0x80 == 0 {
		return true
	}
	_, err := in.Discard(3 << (flags&7 + 1))
	return err == nil
}

func skipBlocks(in *bufio.Reader) bool {
	for {
		n, err := in.ReadByte()
		if err != nil || n == 0 {
			return err == nil
		}
		if _, err := in.Discard(int(n)); err != nil {
			return false
		}
	}
}

// isMP4 reads as much of an ISO file as its first box: "ftyp" with a sane size, and a box behind it.
func isMP4(head []byte) bool {
	if len(head) < 16 || string(head[4:8]) != "ftyp" {
		return false
	}
	size := int64(binary.BigEndian.Uint32(head))
	if size < 16 || size%4 != 0 || size > 1024 || int64(len(head)) < size+8 {
		return false
	}
	switch string(head[size+4 : size+8]) {
	case "moov", "moof", "mdat", "free", "skip", "wide", "uuid", "pdin", "sidx", "styp", "emsg", "meta":
		return true
	}
	return false
}

// isMP3 wants an ID3v2 tag with a legal size, or the header of a frame of layer III.
func isMP3(head []byte) bool {
	if len(head) > 10 && string(head[:3]) == "ID3" {
		return head[3] < 5 && (head[6]|head[7]|head[8]|head[9])&0x80 == 0
	}
	return len(head) > 4 && head[0] == 0xff && head[1]&0xe6 == 0xe2 && head[2]>>4 != 15 && head[2]>>2&3 != 3
}
