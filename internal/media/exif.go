package media

import (
	"bytes"
	"encoding/binary"
)

// orientation is how a picture is to be turned before it is shown, as EXIF counts: 1 not at all, 2 to 8 mirrored, turned or both.
func orientation(data []byte, format string) int {
	exif := exifOf(data, format)
	if len(exif) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.LittleEndian
	if string(exif[:2]) == "MM" {
		order = binary.BigEndian
	} else if string(exif[:2]) != "II" {
		return 1
	}
	at := int64(order.Uint32(exif[4:]))
	if at+2 > int64(len(exif)) {
		return 1
	}
	entries := exif[at+2:]
	for range order.Uint16(exif[at:]) {
		if len(entries) < 12 {
			break
		}
		if order.Uint16(entries) == 0x0112 && order.Uint16(entries[2:]) == 3 { // Orientation, a SHORT
			if v := int(order.Uint16(entries[8:])); v >= 1 && v <= 8 {
				return v
			}
			break
		}
		entries = entries[12:]
	}
	return 1
}

var exifHead = []byte("Exif\x00\x00")

// exifOf finds the TIFF structure that EXIF is, or nothing.
func exifOf(data []byte, format string) (exif []byte) {
	switch format {
	case "jpeg":
		_, _ = walkJPEG(data, func(marker byte, segment []byte) bool {
			if marker == 0xe1 && len(segment) > 4 && bytes.HasPrefix(segment[4:], exifHead) {
				exif = segment[4+len(exifHead):]
			}
			return true
		})
	case "png":
		_, _ = walkPNG(data, func(name string, chunk []byte) bool {
			if name == "eXIf" {
				exif = chunk[8 : len(chunk)-4]
			}
			return true
		})
	case "webp":
		_, _ = walkWebP(data, func(name string, chunk []byte) bool {
			if name == "EXIF" {
				exif = bytes.TrimPrefix(chunk[8:], exifHead)
			}
			return true
		})
	}
	return exif
}
