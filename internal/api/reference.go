package api

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"patchbay/internal/access"
	"patchbay/internal/wire"
)

// The reference is the document for people: one page, made of nothing else. Its one script looks for words in it; without it the page is whole.

var (
	//go:embed reference.html
	referenceText string
	//go:embed reference.css
	referenceStyle string
	//go:embed reference.js
	referenceScript string
)

var referenceLayout = template.Must(template.New("").Funcs(template.FuncMap{
	"paragraphs": paragraphs, "pieces": pieces, "last": lastOf, "choices": choices, "plain": plainType, "each": eachOf,
}).Parse(referenceText))

// referencePolicy lets the page's own style and script through and nothing else.
func referencePolicy() string {
	hashed := func(text string) string {
		sum := sha256.Sum256([]byte(text))
		return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	return "default-src 'none'; img-src 'self'; style-src " + hashed(referenceStyle) + "; script-src " + hashed(referenceScript) +
		"; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}

// showReference answers the page.
func (s *Server) showReference(w http.ResponseWriter, r *http.Request, _ *access.Principal) error {
	f, err := s.reference()
	if err != nil {
		return err
	}
	f.send(w, r, http.StatusOK)
	return nil
}

// newReference makes the page of a server that is called by publicURL.
func newReference(publicURL string) (*pageFile, error) {
	d, err := describe(access.Matrix, allOperations())
	if err != nil {
		return nil, err
	}
	p := referencePage{document: d, Style: template.CSS(referenceStyle), Script: template.JS(referenceScript), publicURL: publicURL} //nolint:gosec // our own files
	var out bytes.Buffer
	if err := referenceLayout.Execute(&out, &p); err != nil {
		return nil, fmt.Errorf("make the reference: %w", err)
	}
	return newPageFile(".html", out.Bytes(), referencePolicy()), nil
}

// referencePage is the document as the page shows it.
type referencePage struct {
	*document
	Style     template.CSS
	Script    template.JS
	publicURL string
}

type referenceGroup struct {
	documentTag
	Operations []referenceOperation
}

type referenceOperation struct {
	*documentOperation
	Path  *entry[string] // the method, and the path; nil: it is we who call
	Curls []string
}

// Groups are the operations by their tags, and then what we call ourselves.
func (p *referencePage) Groups() (groups []referenceGroup) {
	for _, tag := range p.Tags {
		groups = append(groups, referenceGroup{documentTag: tag})
	}
	for _, path := range p.Paths {
		for _, o := range *path.Value {
			p.resolve(o.Value)
			at := slices.IndexFunc(groups, func(g referenceGroup) bool { return g.Name == o.Value.Tags[0] })
			groups[at].Operations = append(groups[at].Operations, referenceOperation{o.Value, &entry[string]{o.Name, path.Name}, p.curls(o.Name, path.Name, o.Value)})
		}
	}
	told := referenceGroup{documentTag: documentTag{"notifications", "The requests that we make to webhooks; the stream tells the same."}}
	for _, hook := range p.Webhooks {
		for _, o := range *hook.Value {
			told.Operations = append(told.Operations, referenceOperation{documentOperation: o.Value})
		}
	}
	return append(groups, told)
}

// resolve puts the shared parameters and answers in the places of what points at them.
func (p *referencePage) resolve(o *documentOperation) {
	for i, each := range o.Parameters {
		if shared, ok := p.Components.Parameters.get(lastOf(each.Ref)); ok {
			o.Parameters[i] = shared
		}
	}
	for i, each := range o.Responses {
		if shared, ok := p.Components.Responses.get(lastOf(each.Value.Ref)); ok {
			o.Responses[i].Value = shared
		}
	}
}

// Schemas are those that others point at.
func (p *referencePage) Schemas() ordered[*schema] { return p.Components.Schemas }

// Resolve is a schema itself, where another points at it.
func (p *referencePage) Resolve(s *schema) *schema {
	if named, ok := p.Components.Schemas.get(lastOf(s.Ref)); ok {
		return named
	}
	return s
}

// Upper is a method as HTTP spells it.
func (p *referencePage) Upper(method string) string { return strings.ToUpper(method) }

// JSON is an example for reading; one of another kind than JSON is shown as its text.
func (p *referencePage) JSON(v jsontext.Value) (string, error) {
	if text, ok := exampleText(v); ok {
		return text, nil
	}
	v = v.Clone()
	err := v.Indent()
	return string(v), err
}

func exampleText(v jsontext.Value) (text string, ok bool) {
	ok = v.Kind() == '"' && json.Unmarshal(v, &text) == nil
	return text, ok
}

// curls are the examples as commands: one for each kind of body that has one.
func (p *referencePage) curls(method, path string, o *documentOperation) (list []string) {
	r := wire.Request{Method: strings.ToUpper(method), URL: p.publicURL, Header: http.Header{}}
	query := url.Values{}
	for _, each := range o.Parameters {
		switch {
		case each.In == "path" && each.Example != "":
			path = strings.ReplaceAll(path, "{"+each.Name+"}", url.PathEscape(each.Example))
		case each.In == "query" && each.Example != "":
			query.Set(each.Name, each.Example)
		case each.In == "header" && each.Example != "":
			r.Header.Set(each.Name, each.Example)
		}
	}
	if r.URL += path; len(query) > 0 {
		r.URL += "?" + query.Encode()
	}
	if o.Security == nil {
		r.Header.Set("Authorization", "Bearer pbk_…")
	}
	if o.RequestBody == nil || !o.RequestBody.Required {
		list = append(list, wire.Curl(&r))
	}
	if o.RequestBody == nil {
		return list
	}
	for _, content := range o.RequestBody.Content {
		text, isText := exampleText(content.Value.Example)
		if !isText {
			text = string(content.Value.Example)
		}
		if text == "" {
			continue
		}
		with := r
		with.Header, with.Body = r.Header.Clone(), []byte(text)
		with.Header.Set("Content-Type", content.Name)
		list = append(list, wire.Curl(&with))
	}
	return list
}

// piece is a part of a sentence, or what stands between backquotes in it.
type piece struct {
	Text string
	Code bool
}

func pieces(text string) (list []piece) {
	for i, part := range strings.Split(text, "`") {
		if part != "" {
			list = append(list, piece{part, i%2 == 1})
		}
	}
	return list
}

func paragraphs(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n\n")
}

// lastOf is the name that a reference ends with.
func lastOf(ref string) string { return ref[strings.LastIndexByte(ref, '/')+1:] }

// choices are the schemas of which one fits.
func choices(s *schema) []*schema { return append(slices.Clone(s.AnyOf), s.OneOf...) }

// plainType is the type of what is no list and is described nowhere else.
func plainType(s *schema) string {
	var out string
	switch t := s.Type.(type) {
	case string:
		out = t
	case []string:
		out = strings.Join(t, " or ")
	case nil:
		if s.Ref == "" && len(choices(s)) == 0 {
			out = "anything"
		}
	}
	if s.Format != "" {
		out += " (" + s.Format + ")"
	}
	return out
}

// eachOf is the schema of an object's members that have no names of their own; nil: there is none.
func eachOf(s *schema) *schema {
	each, _ := s.Additional.(*schema)
	return each
}

// Requires reports whether a member must be there.
func (s *schema) Requires(name string) bool { return slices.Contains(s.Required, name) }
