package service

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"patchbay/internal/pattern"
	"patchbay/internal/tree"
	"patchbay/internal/wire"
)

// awsSigner is Amazon's Signature Version 4, in the Authorization header.
type awsSigner struct {
	region, service, access, secret *pattern.Pattern
	session                         *pattern.Pattern // nil: none
}

func compileAWSSigner(l *loader, a *auth, v tree.Value) {
	s := &awsSigner{
		region: l.authText(a, v, "region"), service: l.authText(a, v, "service"),
		access: l.authText(a, v, "access_key"), secret: l.authText(a, v, "secret_key"),
	}
	if v.Get("session_token").Kind() != tree.Absent {
		s.session = l.authText(a, v, "session_token")
	}
	a.signer = s
}

// awsUnsigned are headers that change on their way, or that come after signing.
var awsUnsigned = map[string]bool{"Authorization": true, "User-Agent": true, "X-Amzn-Trace-Id": true}

const awsAlgorithm = "AWS4-HMAC-SHA256"

func (s *awsSigner) sign(b *Bound, r *wire.Request, at Attempt) error {
	var values [5]string
	for i, p := range []*pattern.Pattern{s.region, s.service, s.access, s.secret, s.session} {
		if p == nil {
			continue
		}
		text, err := p.AppendText(nil, &pattern.Input{Values: b.base}, nil)
		if err != nil {
			return err
		}
		values[i] = string(text)
	}
	region, service, access, secret, session := values[0], values[1], values[2], values[3], values[4]
	if access == "" || secret == "" || region == "" {
		return errors.New("region, access_key or secret_key has no value")
	}
	when := at.Now.UTC().Format("20060102T150405Z")
	r.Header["X-Amz-Date"] = []string{when}
	if session != "" {
		if err := wire.CheckHeader("X-Amz-Security-Token", session); err != nil {
			return err
		}
		r.Header["X-Amz-Security-Token"] = []string{session}
	}
	body := hexSum(string(r.Body))
	if service == "s3" {
		r.Header["X-Amz-Content-Sha256"] = []string{body}
	}
	// A plus is a space to whoever reads forms, and a plus to whoever signs: %20 is a space to both.
	before, query, has := strings.Cut(r.URL, "?")
	if has {
		query = strings.ReplaceAll(query, "+", "%20")
		r.URL = before + "?" + query
	}
	u, err := url.Parse(r.URL)
	if err != nil {
		return errors.New("its URL cannot be read")
	}
	path := awsPath(u.EscapedPath(), service)
	headers, signed := awsHeaders(r.Header, u.Host)
	canonical := strings.Join([]string{r.Method, path, awsQuery(query), headers, signed, body}, "\n")
	scope := strings.Join([]string{when[:8], region, service, "aws4_request"}, "/")
	key := []byte("AWS4" + secret)
	for _, part := range strings.Split(scope, "/") {
		key = hmac256(key, part)
	}
	signature := hmac256(key, strings.Join([]string{awsAlgorithm, when, scope, hexSum(canonical)}, "\n"))
	header := awsAlgorithm + " Credential=" + access + "/" + scope + ", SignedHeaders=" + signed + ", Signature=" + hex.EncodeToString(signature)
	if err := wire.CheckHeader("Authorization", header); err != nil {
		return errors.New("region, service or access_key holds a character that a header cannot carry")
	}
	r.Header["Authorization"] = []string{header}
	return nil
}

// awsPath is the path as it is signed: without what means nothing, and escaped once more, because it is signed as the text that it is.
// Only S3, whose keys are paths, signs it as it stands.
func awsPath(escaped, service string) string {
	if escaped == "" {
		return "/"
	}
	if service == "s3" {
		return escaped
	}
	var kept []string
	for segment := range strings.SplitSeq(escaped, "/") {
		switch segment {
		case "", ".":
		case "..":
			kept = kept[:max(len(kept)-1, 0)]
		default:
			kept = append(kept, wire.EscapeSegment(segment))
		}
	}
	path := "/" + strings.Join(kept, "/")
	if len(kept) > 0 && (strings.HasSuffix(escaped, "/") || strings.HasSuffix(escaped, "/.") || strings.HasSuffix(escaped, "/..")) {
		path += "/"
	}
	return path
}

// awsQuery is the members in order, each escaped in the one way.
func awsQuery(query string) string {
	var pairs [][2]string
	for pair := range strings.SplitSeq(query, "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		pairs = append(pairs, [2]string{awsEscape(name), awsEscape(value)})
	}
	slices.SortFunc(pairs, func(a, b [2]string) int {
		if c := strings.Compare(a[0], b[0]); c != 0 {
			return c
		}
		return strings.Compare(a[1], b[1])
	})
	var out strings.Builder
	for i, p := range pairs {
		if i > 0 {
			out.WriteByte('&')
		}
		out.WriteString(p[0] + "=" + p[1])
	}
	return out.String()
}

// awsEscape is a part of a query, unescaped and escaped again.
func awsEscape(s string) string {
	if plain, err := url.PathUnescape(s); err == nil {
		s = plain
	}
	return strings.ReplaceAll(wire.EscapeQuery(s), "+", "%20")
}

// awsHeaders is the headers that are signed, and their names.
func awsHeaders(h http.Header, host string) (headers, names string) {
	var list []string
	lines := map[string]string{"host": host}
	list = append(list, "host")
	for name, values := range h {
		if awsUnsigned[name] {
			continue
		}
		trimmed := make([]string, len(values))
		for i, v := range values {
			trimmed[i] = strings.Join(strings.Fields(v), " ")
		}
		lower := strings.ToLower(name)
		list = append(list, lower)
		lines[lower] = strings.Join(trimmed, ",")
	}
	slices.Sort(list)
	var out strings.Builder
	for _, name := range list {
		out.WriteString(name + ":" + lines[name] + "\n")
	}
	return out.String(), strings.Join(list, ";")
}

func hexSum(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

func hmac256(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}
