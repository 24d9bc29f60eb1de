package wire

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"strings"

	"patchbay/internal/tree"
)

// decodeMultipart reads multipart/form-data (RFC 7578). A part is a File when it has a filename, or a type that is not text; else a String.
func decodeMultipart(contentType string, body []byte, lim Limits) (tree.Value, error) {
	_, params, err := mime.ParseMediaType(contentType)
	boundary := params["boundary"]
	if err != nil || boundary == "" {
		if boundary = firstBoundary(body); boundary == "" {
			return tree.Value{}, &DecodeError{Format: Multipart, Offset: -1, Message: "the content type names no boundary"}
		}
	}
	r := multipart.NewReader(bytes.NewReader(body), boundary)
	var ms []tree.Member
	for {
		part, err := r.NextPart()
		if errors.Is(err, io.EOF) {
			if ms == nil && !bytes.Contains(body, []byte("--"+boundary+"--")) {
				return tree.Value{}, &DecodeError{Format: Multipart, Offset: -1, Message: "there is no part"}
			}
			return tree.ObjectOf(ms...), nil
		}
		if err != nil {
			return tree.Value{}, &DecodeError{Format: Multipart, Offset: -1, Message: "a part is broken: " + err.Error(), Err: err}
		}
		if len(ms) >= lim.Nodes {
			return tree.Value{}, limitError(Multipart, -1, "parts", lim.Nodes)
		}
		data, err := io.ReadAll(part)
		if err != nil {
			return tree.Value{}, &DecodeError{Format: Multipart, Offset: -1, Message: "a part has no end: " + err.Error(), Err: err}
		}
		ms = append(ms, readPart(part, data, params["charset"]))
	}
}

func readPart(part *multipart.Part, data []byte, charset string) tree.Member {
	_, disposition, _ := mime.ParseMediaType(part.Header.Get("Content-Disposition"))
	name := Clean(disposition["name"])
	contentType := part.Header.Get("Content-Type")
	_, named := disposition["filename"]
	if named || isFileType(contentType) {
		mediaType, _, _ := mime.ParseMediaType(contentType)
		return tree.Member{Name: name, Value: tree.FileOf(&tree.Blob{Name: Clean(part.FileName()), MediaType: Clean(mediaType), Data: data})}
	}
	if own := charsetOf(contentType); own != "" {
		charset = own
	}
	return tree.Member{Name: name, Value: tree.Text(inUTF8(data, charset))}
}

func isFileType(contentType string) bool {
	t, _, _ := strings.Cut(contentType, ";")
	t = strings.ToLower(strings.TrimSpace(t))
	return t != "" && !strings.HasPrefix(t, "text/") && FormatOf(contentType) == Unknown
}

// firstBoundary is the boundary that the first line of a body shows, for senders that forget to name it.
func firstBoundary(body []byte) string {
	line, _, found := bytes.Cut(bytes.TrimLeft(body, "\r\n"), []byte("\n"))
	line = bytes.TrimRight(line, "\r \t")
	if !found || len(line) < 3 || len(line) > 72 || !bytes.HasPrefix(line, []byte("--")) {
		return ""
	}
	return string(line[2:])
}

// EncodeMultipart writes an object as multipart/form-data, in the order of its members; a member that holds a list repeats its name.
// Without a boundary it makes one from the content, so that the same tree is always the same bytes and nobody who writes a part can
// know the boundary beforehand.
func EncodeMultipart(v tree.Value, boundary string) (body []byte, contentType string, err error) {
	var parts [][]byte
	if err := eachField(v, Multipart, func(name string, value tree.Value) error {
		parts = append(parts, appendPart(nil, name, value))
		return nil
	}); err != nil {
		return nil, "", err
	}
	if boundary == "" {
		boundary = boundaryFor(parts)
	} else if within(parts, boundary) {
		return nil, "", &EncodeError{Format: Multipart, Message: "a part holds the boundary itself"}
	}
	for _, p := range parts {
		body = append(body, "--"+boundary+"\r\n"...)
		body = append(body, p...)
		body = append(body, '\r', '\n')
	}
	body = append(body, "--"+boundary+"--\r\n"...)
	return body, mime.FormatMediaType("multipart/form-data", map[string]string{"boundary": boundary}), nil
}

func appendPart(dst []byte, name string, v tree.Value) []byte {
	dst = append(dst, `Content-Disposition: form-data; name="`+quoteParam(Clean(name))+`"`...)
	f := v.File()
	if f == nil {
		return append(dst, "\r\n\r\n"+v.Text()...)
	}
	fileName, mediaType := f.Name, f.MediaType
	if fileName == "" {
		fileName = "file" // without a filename many servers take the part for text
	}
	if mediaType == "" || CheckHeader("Content-Type", mediaType) != nil {
		mediaType = "application/octet-stream"
	}
	dst = append(dst, `; filename="`+quoteParam(Clean(fileName))+`"`+"\r\nContent-Type: "+mediaType+"\r\n\r\n"...)
	return append(dst, f.Data...)
}

// quoteParam escapes as RFC 7578 §5.1 leaves it to RFC 2183; line ends and other control characters, which no header can hold, as browsers
// escape line ends. Whoever reads the part sees the escape.
func quoteParam(s string) string {
	b := make([]byte, 0, len(s)+8)
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < ' ' || c == 0x7f:
			b = append(b, '%', upperHex[c>>4], upperHex[c&0xf])
		default:
			b = append(b, c)
		}
	}
	return string(b)
}

func within(parts [][]byte, boundary string) bool {
	for _, p := range parts {
		if bytes.Contains(p, []byte("--"+boundary)) {
			return true
		}
	}
	return false
}

func boundaryFor(parts [][]byte) string {
	h := sha256.New()
	for {
		for _, p := range parts {
			h.Write(p)
		}
		b := "patchbay-" + hex.EncodeToString(h.Sum(nil)[:12])
		if !within(parts, b) {
			return b
		}
		h.Write([]byte(b))
	}
}
