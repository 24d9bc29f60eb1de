package secret

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// encodings are ways in which a secret leaves: each hides v somewhere in a longer text.
var encodings = map[string]func(v string) string{
	"raw":        func(v string) string { return "Bearer " + v },
	"json":       func(v string) string { b, _ := json.Marshal(map[string]string{"k": v}); return string(b) },
	"json twice": func(v string) string { b, _ := json.Marshal(v); b, _ = json.Marshal(string(b)); return string(b) },
	"query":      func(v string) string { return url.Values{"k": {v}, "z": {"1"}}.Encode() },
	"path":       func(v string) string { return "/a/" + url.PathEscape(v) + "/b" },
	"url": func(v string) string {
		return (&url.URL{Scheme: "https", Host: "h", Path: "/x", RawQuery: "k=" + url.QueryEscape(v)}).String()
	},
	"path, slashes kept": func(v string) string { return (&url.URL{Path: "/a/" + v}).String() },
	"go quoted":          func(v string) string { return fmt.Sprintf("Get %q: EOF", v) },
	"hex":                func(v string) string { return hex.EncodeToString([]byte("ab" + v + "c")) },
	"HEX":                func(v string) string { return strings.ToUpper(hex.EncodeToString([]byte(v))) },
	"base64":             func(v string) string { return base64.StdEncoding.EncodeToString([]byte(v)) },
	"base64 raw":         func(v string) string { return base64.RawStdEncoding.EncodeToString([]byte(v)) },
	"base64url":          func(v string) string { return base64.URLEncoding.EncodeToString([]byte(v)) },
	"basic":              func(v string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte("user:"+v)) },
	"basic user":         func(v string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(v+":password")) },
	"basic 1":            func(v string) string { return base64.StdEncoding.EncodeToString([]byte("u" + v + "w")) },
	"basic url":          func(v string) string { return base64.RawURLEncoding.EncodeToString([]byte("us" + v + "w")) },
	"basic in query": func(v string) string {
		return url.QueryEscape(base64.StdEncoding.EncodeToString([]byte("user:" + v)))
	},
	"xml": func(v string) string { var b strings.Builder; _ = xml.EscapeText(&b, []byte(v)); return b.String() },
}

func TestACanaryIsTakenOutInEveryForm(t *testing.T) {
	for _, v := range []string{canary, "AC0123456789abcdef", "p@ss word/+=?", "pässwörd😀", "<&>'\"\\\n", "0123", "~~~~???>>>", "$to$ {{to}}"} {
		r := NewRedactor("other-secret", v)
		for name, in := range encodings {
			text := "before " + in(v) + " after"
			got := r.Redact(text)
			if !strings.Contains(got, Mask) || !strings.HasPrefix(got, "before ") || !strings.HasSuffix(got, " after") {
				t.Errorf("%s of %q: %q became %q", name, v, text, got)
			}
			if strings.Contains(got, v) {
				t.Errorf("%s of %q is still there: %q", name, v, got)
			}
		}
	}
}

func TestBase64AroundASecretTellsNothingOfIt(t *testing.T) {
	r := NewRedactor("hunter22")
	for _, c := range []struct{ in, want string }{
		{"user:hunter22", "dXNlcjp" /* user: and 2 bits of what was masked are gone */},
		{"u:hunter22", "dT"},
		{"us:hunter22", "dXM6"},
	} {
		got := r.Redact(base64.StdEncoding.EncodeToString([]byte(c.in)))
		kept, _, _ := strings.Cut(got, Mask)
		if !strings.HasPrefix(c.want, kept) || strings.TrimRight(strings.TrimPrefix(got, kept+Mask), "=") != "" {
			t.Errorf("%s: got %q", c.in, got)
		}
	}
}

func TestTextWithoutSecretsIsUntouched(t *testing.T) {
	r := NewRedactor("s3cr3t-token", "", "abc", "12")
	for _, text := range []string{"", "yes", "0123", "abc 12 abc", "$to$", "\x00\xff", "s3cr3t-toke", strings.Repeat("s3cr3t-", 300)} {
		if got := r.Redact(text); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
	if got := (*Redactor)(nil).Redact("x"); got != "x" {
		t.Errorf("nil: got %q", got)
	}
}

func TestClipTakesOutASecretAcrossTheEdge(t *testing.T) {
	const v = "s3cr3t-token"
	r := NewRedactor(v)
	text := "0123456789" + v + "rest" + v
	for n := range len(text) + 2 {
		got := r.Clip(text, n)
		if strings.Contains(got, "s3") || n > 10 && !strings.HasPrefix(got, "0123456789"+Mask) || n <= 10 && got != text[:n] {
			t.Errorf("first %d bytes: got %q", n, got)
		}
	}
}

func TestTailTakesOutTheBeginningOfASecret(t *testing.T) {
	r := NewRedactor("s3cr3t-token")
	for in, want := range map[string]string{"a s3cr3t-": "a " + Mask, "a s3cr": "a " + Mask, "a s3c": "a s3c", "": "", "s3cr3t-toke": Mask} {
		if got := r.Tail(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestNoSecretSurvivesAnywhere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		secrets := rapid.SliceOfN(rapid.StringN(4, 20, 60), 1, 4).Draw(t, "secrets")
		var text strings.Builder
		for range rapid.IntRange(0, 6).Draw(t, "n") {
			text.WriteString(rapid.String().Draw(t, "between"))
			text.WriteString(rapid.SampledFrom(secrets).Draw(t, "secret"))
		}
		n := rapid.IntRange(0, text.Len()).Draw(t, "clip")
		got := NewRedactor(secrets...).Clip(text.String(), n)
		for _, s := range secrets {
			// What is left of two neighbours may spell a secret only together with a mask; none holds a mask here.
			if !strings.Contains(s, Mask) && strings.Contains(strings.ReplaceAll(got, Mask, "\x01"), s) && !strings.Contains(s, "\x01") {
				t.Fatalf("%q is still in %q", s, got)
			}
		}
	})
}

func BenchmarkRedact(b *testing.B) {
	r := NewRedactor("ACdeadbeefdeadbeefdeadbeefdeadbeef", "0123456789abcdef0123456789abcdef")
	text := "POST /2010-04-01/Accounts/ACdeadbeefdeadbeefdeadbeefdeadbeef/Messages.json HTTP/1.1\r\n" + strings.Repeat("Header: some value of it\r\n", 10) + strings.Repeat("body text ", 40)
	b.ReportAllocs()
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		r.Redact(text)
	}
}
