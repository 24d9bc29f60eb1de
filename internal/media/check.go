package media

import (
	"fmt"
	"image"
	_ "image/gif" // headers only: DecodeConfig
	_ "image/jpeg"
	_ "image/png"
	"io"
	"mime"
	"strings"

	"github.com/gabriel-vasile/mimetype"
	_ "golang.org/x/image/webp"
)

const octets = "application/octet-stream"

// verdict is what may be done with a file.
type verdict struct {
	Type    string // as found in the bytes; octets when they and what was said about them do not agree, or when a browser might run it
	Blocked string // why it is not kept at all
}

// headSize is what types are told from.
const headSize = 4096

// judge looks at the bytes. claims are the types that somebody declared, name what it was called.
//
// A file is shown inside a page only when its first bytes, its header and everything that was said about it agree on one of a few
// harmless types; everything else is something to save.
func judge(f io.ReadSeeker, claims []string, name string) (verdict, error) {
	head := make([]byte, headSize)
	n, err := io.ReadFull(f, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return verdict{}, err
	}
	found := mimetype.Detect(head[:n])
	kind := base(found.String())
	if isActive(found) {
		return verdict{Type: octets}, nil
	}
	for _, claim := range claims {
		if !agrees(found, claim) {
			return verdict{Type: octets}, nil
		}
	}
	if strings.HasPrefix(kind, "image/") {
		v, ok, err := judgeImage(f, kind)
		if err != nil || v.Blocked != "" {
			return v, err
		}
		if !ok && Inline(kind) {
			return verdict{Type: octets}, nil
		}
	}
	if ext := extension(name); Inline(kind) && ext != "" && !agrees(found, extensions[ext]) {
		return verdict{Type: octets}, nil
	}
	if kind == "video/mp4" && !isMP4(head[:n]) || kind == "audio/mpeg" && !isMP3(head[:n]) {
		return verdict{Type: octets}, nil
	}
	return verdict{Type: kind}, nil
}

// Inline reports whether a file of this type, as judge found it, may be shown inside a page.
func Inline(kind string) bool {
	switch kind {
	case "image/png", "image/jpeg", "image/gif", "image/webp", "video/mp4", "audio/mpeg":
		return true
	}
	return false
}

// isActive reports whether a browser or a viewer may run what is in it, whatever it calls itself.
func isActive(m *mimetype.MIME) bool {
	for ; m != nil; m = m.Parent() {
		switch base(m.String()) {
		case "text/html", "text/xml", "application/xml", "application/xhtml+xml", "image/svg+xml", "text/javascript", "application/javascript",
			"text/x-php", "application/x-shockwave-flash", "message/rfc822", "multipart/related", "text/x-shellscript",
			"application/vnd.microsoft.portable-executable", "application/x-elf", "application/x-mach-binary", "application/jar", "application/java-archive":
			return true
		}
	}
	return false
}

// judgeImage reads an image's header, and no pixel. ok says that there is one.
func judgeImage(f io.ReadSeeker, kind string) (v verdict, ok bool, err error) {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return v, false, err
	}
	c, format, err := image.DecodeConfig(f)
	if err != nil || "image/"+format != kind {
		return v, false, nil // not a header of that type; an error of the disk shows itself when the file is kept
	}
	if pixels := int64(c.Width) * int64(c.Height); pixels > MaxPixels {
		return verdict{Blocked: fmt.Sprintf("the picture has %d × %d pixels; %d million are shown", c.Width, c.Height, MaxPixels/1_000_000)}, true, nil
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return v, false, err
	}
	if tooMany := countFrames(f, format); tooMany != "" {
		return verdict{Blocked: tooMany}, true, nil
	}
	return v, c.Width > 0 && c.Height > 0, nil
}

// agrees reports whether a declared type may be what was found. One that says nothing agrees with everything.
func agrees(found *mimetype.MIME, claim string) bool {
	claim = base(claim)
	switch claim {
	case "", "*/*", octets, "binary/octet-stream", "application/binary", "application/x-download", "application/download", "application/force-download":
		return true
	}
	if family, ok := strings.CutSuffix(claim, "/*"); ok {
		return strings.HasPrefix(found.String(), family+"/")
	}
	kind := base(found.String())
	if kind == octets { // we cannot tell: then it is not shown inline either, and what was said stays a saying
		return false
	}
	if same, ok := otherNames[claim]; ok {
		claim = same
	}
	if found.Is(claim) {
		return true
	}
	// One container, many names: what is inside an ISO file cannot be told from its first bytes.
	if iso[kind] && iso[claim] {
		return true
	}
	// Text is text: nothing but its kind is known of most.
	return kind == "text/plain" && strings.HasPrefix(claim, "text/") || strings.HasPrefix(kind, "text/") && claim == "text/plain"
}

var otherNames = map[string]string{
	"image/jpg": "image/jpeg", "image/pjpeg": "image/jpeg", "image/x-png": "image/png", "audio/mp3": "audio/mpeg", "audio/x-mp3": "audio/mpeg", "audio/mpg": "audio/mpeg",
	"text/x-vcard": "text/vcard", "text/directory": "text/vcard", "application/x-pdf": "application/pdf",
}

var iso = map[string]bool{
	"video/mp4": true, "audio/mp4": true, "audio/x-m4a": true, "video/x-m4v": true, "video/3gpp": true, "audio/3gpp": true, "video/3gpp2": true,
	"audio/3gpp2": true, "video/quicktime": true, "audio/m4a": true, "audio/aac": true,
}

// extensions are the ends of names that we know.
var extensions = map[string]string{
	".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".jfif": "image/jpeg", ".gif": "image/gif", ".webp": "image/webp", ".heic": "image/heic",
	".bmp": "image/bmp", ".tif": "image/tiff", ".tiff": "image/tiff", ".mp4": "video/mp4", ".m4v": "video/mp4", ".mov": "video/quicktime", ".3gp": "video/3gpp",
	".3g2": "video/3gpp2", ".webm": "video/webm", ".mp3": "audio/mpeg", ".m4a": "audio/mp4", ".aac": "audio/aac", ".amr": "audio/amr", ".ogg": "audio/ogg",
	".wav": "audio/wav", ".pdf": "application/pdf", ".vcf": "text/vcard", ".txt": "text/plain", ".csv": "text/csv", ".ics": "text/calendar",
	".doc": "application/msword", ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".zip": "application/zip", ".html": "text/html", ".htm": "text/html",
	".svg": "image/svg+xml", ".xml": "text/xml", ".js": "text/javascript", ".exe": "application/vnd.microsoft.portable-executable", ".php": "text/x-php",
}

// extension is the known end of a name, or "".
func extension(name string) string {
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		if ext := strings.ToLower(name[i:]); extensions[ext] != "" {
			return ext
		}
	}
	return ""
}

func typeOfName(name string) string { return extensions[extension(name)] }

// base is a media type without its parameters, in lower case.
func base(mediaType string) string {
	if t, _, err := mime.ParseMediaType(mediaType); err == nil {
		return t
	}
	t, _, _ := strings.Cut(mediaType, ";")
	return strings.ToLower(strings.TrimSpace(t))
}
