package s3test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// check is S3's code for what is wrong with a request's signature, or "". After "Authenticating Requests (AWS Signature Version 4)".
func check(r *http.Request, body []byte) string {
	fields := map[string]string{}
	rest, ok := strings.CutPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 ")
	for part := range strings.SplitSeq(rest, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		fields[name] = value
	}
	scope := strings.Split(fields["Credential"], "/")
	at, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	switch {
	case !ok || len(scope) != 5:
		return "AccessDenied"
	case scope[0] != AccessKey:
		return "InvalidAccessKeyId"
	case err != nil || time.Since(at).Abs() > 15*time.Minute:
		return "RequestTimeTooSkewed"
	case scope[1] != at.Format("20060102") || scope[2] != Region || scope[3] != "s3" || scope[4] != "aws4_request":
		return "AuthorizationHeaderMalformed"
	case r.Header.Get("X-Amz-Content-Sha256") != hash(body):
		return "XAmzContentSHA256Mismatch"
	}
	signed := strings.Split(fields["SignedHeaders"], ";")
	for _, needed := range []string{"host", "x-amz-date", "x-amz-content-sha256"} {
		if !slices.Contains(signed, needed) {
			return "AccessDenied"
		}
	}
	var head strings.Builder
	for _, name := range signed {
		value := strings.Join(r.Header.Values(name), ",")
		if name == "host" {
			value = r.Host
		}
		head.WriteString(name + ":" + strings.TrimSpace(value) + "\n")
	}
	canonical := strings.Join([]string{
		r.Method, (&url.URL{Path: r.URL.Path}).EscapedPath(), query(r.URL.Query()), head.String(), fields["SignedHeaders"], r.Header.Get("X-Amz-Content-Sha256"),
	}, "\n")
	key := []byte("AWS4" + SecretKey)
	for _, part := range scope[1:] {
		key = mac(key, part)
	}
	want := mac(key, "AWS4-HMAC-SHA256\n"+r.Header.Get("X-Amz-Date")+"\n"+strings.Join(scope[1:], "/")+"\n"+hash([]byte(canonical)))
	if fields["Signature"] != hex.EncodeToString(want) {
		return "SignatureDoesNotMatch"
	}
	return ""
}

func query(values url.Values) string {
	return strings.ReplaceAll(values.Encode(), "+", "%20")
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}
