package wire

import (
	"mime"
	"strings"

	"patchbay/internal/tree"
)

func encode(contentType string, v tree.Value) ([]byte, string, error) {
	if v.Kind() == tree.Absent {
		return nil, "", nil
	}
	f := FormatOf(contentType)
	if file := v.File(); file != nil {
		if f != Unknown && f != PlainText || contentType == "" {
			contentType = file.MediaType
		}
		if contentType == "" {
			contentType = "application/octet-stream"
		}
		return file.Data, contentType, nil
	}
	switch f {
	case JSON:
		return AppendJSON(make([]byte, 0, 256), v), contentType, nil
	case XML:
		body, err := EncodeXML(v)
		return body, contentType, err
	case Form:
		charset, err := writerOf(contentType)
		if err != nil {
			return nil, "", err
		}
		body, err := appendForm(make([]byte, 0, 256), v, Form, charset)
		return body, contentType, err
	case Multipart:
		_, params, _ := mime.ParseMediaType(contentType)
		return EncodeMultipart(v, params["boundary"])
	}
	text, ok := v.Scalar()
	if !ok && v.Kind() != tree.Null {
		return nil, "", &EncodeError{Format: f, Message: "the content type holds one text: write a string, or use a content type for objects"}
	}
	if f == PlainText && !strings.Contains(strings.ToLower(contentType), "charset") {
		contentType += "; charset=utf-8" // text/plain alone means ASCII (RFC 2046 §4.1.2)
	}
	charset, err := writerOf(contentType)
	if err != nil {
		return nil, "", err
	}
	text, err = charset.bytes(text, f)
	return []byte(text), contentType, err
}
