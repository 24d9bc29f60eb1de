package pattern

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"unicode/utf16"

	"patchbay/internal/tree"
)

// bytesOf is the bytes of a text or a file.
func bytesOf(v tree.Value) string {
	if f := v.File(); f != nil {
		return string(f.Data)
	}
	return v.Text()
}

func hasBytes(v tree.Value) bool {
	return v.Kind() != tree.List && v.Kind() != tree.Object
}

var (
	stdBase64 = base64.StdEncoding
	urlBase64 = base64.RawURLEncoding
)

func encoded64(e *base64.Encoding) Conversion {
	return func(_ any, v tree.Value) (tree.Value, bool) {
		if f := v.File(); f != nil {
			return tree.Text(e.EncodeToString(f.Data)), true
		}
		return tree.Text(e.EncodeToString([]byte(v.Text()))), hasBytes(v)
	}
}

// decoded64 reads either alphabet, padded or not, broken into lines or not: providers differ, and nothing is ambiguous.
func decoded64(_ any, v tree.Value) (tree.Value, bool) {
	s, ok := scalarText(v)
	if !ok {
		return v, false
	}
	s = strings.Map(func(r rune) rune {
		switch r {
		case ' ', '\t', '\r', '\n':
			return -1
		case '-':
			return '+'
		case '_':
			return '/'
		}
		return r
	}, s)
	b, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(s, "="))
	return tree.Text(string(b)), err == nil
}

func toHex(_ any, v tree.Value) (tree.Value, bool) {
	return tree.Text(hex.EncodeToString([]byte(bytesOf(v)))), hasBytes(v)
}

func fromHex(_ any, v tree.Value) (tree.Value, bool) {
	s, ok := scalarText(v)
	if !ok {
		return v, false
	}
	b, err := hex.DecodeString(strings.TrimSpace(s))
	return tree.Text(string(b)), err == nil
}

func toUTF16(_ any, v tree.Value) (tree.Value, bool) {
	s, ok := scalarText(v)
	units := utf16.Encode([]rune(s))
	b := make([]byte, 0, 2*len(units)+2)
	if len(units) > 0 && (units[0] == 0xFEFF || units[0] == 0xFFFE) {
		b = append(b, 0xFE, 0xFF) // a text that begins as a byte order mark does gets one, which its reader takes off
	}
	for _, u := range units {
		b = append(b, byte(u>>8), byte(u))
	}
	return tree.Text(string(b)), ok
}

// fromUTF16 is big-endian unless a byte order mark says otherwise: RFC 2781 §4.3.
func fromUTF16(_ any, v tree.Value) (tree.Value, bool) {
	s, ok := v.Scalar()
	if !ok || len(s)%2 != 0 {
		return v, false
	}
	high, low := 0, 1
	switch {
	case strings.HasPrefix(s, "\xfe\xff"):
		s = s[2:]
	case strings.HasPrefix(s, "\xff\xfe"):
		s = s[2:]
		high, low = 1, 0
	}
	units := make([]uint16, 0, len(s)/2)
	for i := 0; i < len(s); i += 2 {
		units = append(units, uint16(s[i+high])<<8|uint16(s[i+low]))
	}
	return tree.Text(string(utf16.Decode(units))), true
}

func digest(sum func([]byte) []byte) Conversion {
	return func(_ any, v tree.Value) (tree.Value, bool) {
		return tree.Text(string(sum([]byte(bytesOf(v))))), hasBytes(v) || v.IsEmpty()
	}
}

// MD5 and SHA-1 are here because providers sign with them; nothing of ours does.
func sumMD5(b []byte) []byte    { s := md5.Sum(b); return s[:] }
func sumSHA1(b []byte) []byte   { s := sha1.Sum(b); return s[:] }
func sumSHA256(b []byte) []byte { s := sha256.Sum256(b); return s[:] }
func sumSHA512(b []byte) []byte { s := sha512.Sum512(b); return s[:] }
