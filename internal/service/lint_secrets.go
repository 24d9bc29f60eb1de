package service

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"patchbay/internal/tree"
)

// Everybody who may see a service file sees what is written in it. A secret belongs to an integration: as a $property$.

// secretName is the names of what is secret: a whole word of the name, so that "tokens" and "keyword" are none.
var secretName = regexp.MustCompile(`(?i)(?:^|[^a-z])(?:(?:api|access|auth|secret|private|account|license)[ _.-]?key|apikey|token|secret|passw(?:or)?d|passwd|pwd|pass|authorization|credentials?)(?:$|[^a-z])`)

// aboutSecret is names that say something about a secret, and are none.
var aboutSecret = regexp.MustCompile(`(?i)[ _.-](?:endpoint|auth|type|ur[li]|parameters?|name|length|lifetime|expires|in|header|field|format|mode|method|id)$`)

// secretShapes is what only secrets look like.
var secretShapes = []*regexp.Regexp{
	regexp.MustCompile(`^(?i:Bearer|Basic|Token|Digest|Key)\s+[A-Za-z0-9+/=._~:-]{8,}$`),
	regexp.MustCompile(`^eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.`), // a JSON Web Token
	regexp.MustCompile(`-----BEGIN [A-Z ]*PRIVATE KEY-----`),
	regexp.MustCompile(`^(?:AKIA|ASIA)[A-Z0-9]{16}$`),
	regexp.MustCompile(`^(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{8,}$`),
	regexp.MustCompile(`^(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}|[0-9A-F]{32,64})$`),
}

// secrets warns about what looks like a secret in what the file sends. Where a key is wanted the loader has spoken of it, and the keys of
// tests open nothing.
func (l *loader) secrets(file tree.Value) {
	for _, member := range []string{"auth", "OAuth2", "API"} {
		l.secretsIn(file.Get(member), "/"+member, "")
	}
	for _, p := range l.svc.Properties {
		if p.Secret && p.Default != "" {
			l.warn(l.asked[p.Name], `the default of a secret is written in the file, where everybody can read it; leave it out, or say "secret": false`)
		}
	}
}

// patternsOfAnswers are the members that read what others write.
var patternsOfAnswers = []string{"response_map", "responses", "when", "claims", "hosts"}

func (l *loader) secretsIn(v tree.Value, ptr, name string) {
	switch v.Kind() {
	case tree.Object:
		for _, m := range v.Members() {
			if !contains(patternsOfAnswers, m.Name) {
				l.secretsIn(m.Value, pointer(ptr, m.Name), m.Name)
			}
		}
	case tree.List:
		for i, e := range v.List() {
			l.secretsIn(e, pointer(ptr, i), name)
		}
	case tree.String:
		if name == "request_url" {
			l.secretsInURL(v.Text(), ptr)
		} else if looksSecret(name, v.Text()) && !l.spoke(ptr) {
			l.warn(ptr, "this looks like a secret, and everybody who sees the file can read it; make it a property, like $API key$")
		}
	}
}

// spoke reports whether the secret at a place has been spoken of: a key that is wanted there.
func (l *loader) spoke(ptr string) bool {
	return slices.ContainsFunc(l.problems, func(p Problem) bool { return p.Pointer == ptr && strings.Contains(p.Message, "everybody can read it") })
}

// looksSecret reports whether a literal is a secret by its name or by its looks.
func looksSecret(name, text string) bool {
	if strings.Contains(withoutDollars(text), "$") {
		return false
	}
	for _, shape := range secretShapes {
		if shape.MatchString(text) {
			return true
		}
	}
	name = snake(name)
	return secretName.MatchString(name) && !aboutSecret.MatchString(name) && len(text) >= 4 && !isPlaceholder(text)
}

// withoutDollars takes out what is a dollar sign and no variable.
func withoutDollars(s string) string { return strings.ReplaceAll(s, "$$", "") }

// snake parts a name at its capitals: apiKey is two words.
func snake(name string) string {
	var b strings.Builder
	for i, r := range name {
		if i > 0 && r >= 'A' && r <= 'Z' && name[i-1] >= 'a' && name[i-1] <= 'z' {
			b.WriteByte('_')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// isPlaceholder reports whether a text is a word about a secret, or a setting beside one: "Bearer", "client_credentials", "true".
func isPlaceholder(s string) bool {
	plain := strings.ToLower(strings.TrimSpace(s))
	switch plain {
	case "bearer", "basic", "token", "none", "null", "true", "false", "header", "query", "parameters", "login", "oauth2", "hmac", "jwt", "aws4", "password", "client_credentials", "authorization_code":
		return true
	}
	return strings.HasPrefix(plain, "http://") || strings.HasPrefix(plain, "https://") || strings.Contains(plain, "application/")
}

// secretsInURL looks at the query of an address. A name and password before its host are refused anyway.
func (l *loader) secretsInURL(raw, ptr string) {
	_, query, _ := cutQuery(raw)
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		if plain, err := url.QueryUnescape(value); err == nil && looksSecret(name, plain) {
			l.warn(ptr, "%q in this address looks like a secret, and everybody who sees the file can read it; make it a property, like $API key$", clip(name))
		}
	}
}
