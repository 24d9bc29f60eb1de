package service

import (
	"path"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"patchbay/internal/tree"
	"patchbay/internal/wire"
)

// fill sets the variables of uses to what they are in one step of a message.
func fill(v []tree.Value, m *Sending, s step, at Attempt, uses bits) {
	set := func(slot int, text string) {
		if uses.has(slot) && text != "" {
			v[slot] = tree.Text(text)
		}
	}
	set(slotFrom, m.From)
	set(slotTo, m.To)
	set(slotExtension, m.Extension)
	set(slotDomain, m.Domain)
	set(slotUsername, m.Username)
	set(slotOrgID, m.OrgID)
	set(slotID, m.ID)
	set(slotWebhookURL, m.WebhookURL)
	set(slotEncoding, m.Encoding)
	set(slotUUID, at.UUID)
	set(slotToken, at.Token)
	if uses.has(slotText) || uses.has(slotContent) || uses.has(slotLength) {
		text := ""
		if s.text {
			text = wire.Clean(m.Text)
		}
		set(slotText, text)
		if !s.method.file {
			set(slotContent, text)
		}
		if uses.has(slotLength) {
			v[slotLength] = tree.Digits(strconv.Itoa(utf8.RuneCountInString(text)))
		}
	}
	if uses.has(slotSegments) {
		v[slotSegments] = tree.Digits(strconv.Itoa(m.Segments))
	}
	if uses.has(slotFiles) {
		v[slotFiles] = tree.Digits(strconv.Itoa(s.hi - s.lo))
	}
	if uses.has(slotCreated) {
		v[slotCreated] = moment(m.Created)
	}
	if uses.has(slotNow) {
		v[slotNow] = moment(at.Now)
	}
	if files := m.Files[s.lo:s.hi]; len(files) > 0 {
		fillFiles(v, files, s.method.file, uses)
	}
}

// fillFiles sets the variables that have one value per file.
func fillFiles(v []tree.Value, files []File, contentIsURL bool, uses bits) {
	each := func(slot int, of func(*File) tree.Value) {
		if !uses.has(slot) {
			return
		}
		list := make([]tree.Value, len(files))
		for i := range files {
			list[i] = of(&files[i])
		}
		v[slot] = tree.ListOf(list...)
	}
	address := func(f *File) tree.Value { return textOrNothing(f.URL) }
	each(slotURL, address)
	each(slotURLs, address)
	if contentIsURL {
		each(slotContent, address)
	}
	each(slotFile, func(f *File) tree.Value {
		if len(f.Data) == 0 {
			return tree.Value{}
		}
		return tree.FileOf(&tree.Blob{Name: f.name(), MediaType: f.mediaType(), Data: f.Data})
	})
	each(slotMediaID, func(f *File) tree.Value { return textOrNothing(f.MediaID) })
	each(slotFilename, func(f *File) tree.Value { return textOrNothing(f.name()) })
	each(slotMIMEType, func(f *File) tree.Value { return textOrNothing(f.mediaType()) })
	each(slotMediaClass, func(f *File) tree.Value { return tree.Text(f.class()) })
}

func textOrNothing(s string) tree.Value {
	if s == "" {
		return tree.Value{}
	}
	return tree.Text(s)
}

// moment is a time as the patterns' date filters know it.
func moment(t time.Time) tree.Value {
	if t.IsZero() {
		return tree.Value{}
	}
	return tree.Text(t.UTC().Format(time.RFC3339Nano))
}

func (f *File) name() string {
	if f.Name != "" {
		return wire.Clean(f.Name)
	}
	p, _, _ := strings.Cut(f.URL, "?")
	_, p, _ = strings.Cut(p, "://")
	if !strings.Contains(p, "/") {
		return ""
	}
	if base := path.Base(p); base != "/" && base != "." {
		return base
	}
	return ""
}

// mediaTypes is what file names say. The bytes are looked at elsewhere; this is for files of which we have only the address.
var mediaTypes = map[string]string{
	".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".gif": "image/gif", ".webp": "image/webp", ".heic": "image/heic",
	".avif": "image/avif", ".bmp": "image/bmp", ".mp4": "video/mp4", ".m4v": "video/mp4", ".3gp": "video/3gpp", ".mov": "video/quicktime",
	".webm": "video/webm", ".mp3": "audio/mpeg", ".m4a": "audio/mp4", ".aac": "audio/aac", ".amr": "audio/amr", ".ogg": "audio/ogg",
	".wav": "audio/wav", ".pdf": "application/pdf", ".vcf": "text/vcard", ".ics": "text/calendar", ".txt": "text/plain", ".csv": "text/csv",
	".zip": "application/zip", ".doc": "application/msword", ".xls": "application/vnd.ms-excel",
	".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

func (f *File) mediaType() string {
	if f.MediaType != "" {
		return f.MediaType
	}
	return mediaTypes[strings.ToLower(path.Ext(f.name()))]
}

func (f *File) class() string {
	class, _, _ := strings.Cut(f.mediaType(), "/")
	switch class {
	case "image", "video", "audio":
		return class
	}
	return "file"
}
