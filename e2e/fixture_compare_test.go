package e2e

import (
	"encoding/json"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/url"
	"reflect"
	"slices"
	"strings"
)

// sameBody compares JSON as JSON, forms as sets of pairs, the rest byte for byte.
func (f *fixtureRun) sameBody(what, gotKind, got, wantKind, want string) {
	f.Helper()
	read := func(kind, body string) (any, error) {
		switch plain, parameters, _ := mime.ParseMediaType(kind); {
		case strings.Contains(plain, "json"):
			var v any
			err := json.Unmarshal([]byte(body), &v)
			return v, err
		case plain == "application/x-www-form-urlencoded":
			pairs, err := url.ParseQuery(body)
			return sorted(pairs), err
		case plain == "multipart/form-data":
			return parts(body, parameters["boundary"])
		}
		return body, nil
	}
	a, err := read(gotKind, got)
	b, wrong := read(wantKind, want)
	if err != nil || wrong != nil || !reflect.DeepEqual(a, b) {
		f.Errorf("%s (%v, %v)\n got %s\nwant %s", what, err, wrong, got, want)
	}
}

func sorted(pairs map[string][]string) map[string][]string {
	for values := range maps.Values(pairs) {
		slices.Sort(values)
	}
	return pairs
}

// parts are those of a multipart form: by name the contents, for files behind their name and type.
func parts(body, boundary string) (map[string][]string, error) {
	out := map[string][]string{}
	for r := multipart.NewReader(strings.NewReader(body), boundary); ; {
		p, err := r.NextRawPart()
		if err == io.EOF {
			return sorted(out), nil
		}
		if err != nil {
			return nil, err
		}
		content, err := io.ReadAll(p)
		if err != nil {
			return nil, err
		}
		value := string(content)
		if p.FileName() != "" {
			value = p.FileName() + " " + p.Header.Get("Content-Type") + " " + value
		}
		out[p.FormName()] = append(out[p.FormName()], value)
	}
}

// withoutBoundary is a content type without what every request chooses anew.
func withoutBoundary(kind string) string {
	plain, parameters, err := mime.ParseMediaType(kind)
	if _, there := parameters["boundary"]; err != nil || !there {
		return kind
	}
	delete(parameters, "boundary")
	return mime.FormatMediaType(plain, parameters)
}
