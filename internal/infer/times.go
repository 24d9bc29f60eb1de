package infer

import (
	"regexp"
	"time"
)

// timeForms is the forms of times, each with the filter that reads it.
var timeForms = []struct {
	filter string
	shape  *regexp.Regexp
}{
	{"unix", regexp.MustCompile(`^1[0-9]{9}$`)},
	{"unixms", regexp.MustCompile(`^1[0-9]{12}$`)},
	{"date:rfc3339", regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:Z|[+-][0-9]{2}:[0-9]{2})$`)},
	{"date:YYYY-MM-DDTHH:mm:ss.SSSZ", regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}[+-][0-9]{4}$`)},
	{"date:YYYY-MM-DDTHH:mm:ssZ", regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[+-][0-9]{4}$`)},
	{"date:YYYY-MM-DD HH:mm:ss", regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}$`)},
	{"date:YYYYMMDDHHmmss", regexp.MustCompile(`^20[0-9]{12}$`)},
	{"date:compact", regexp.MustCompile(`^[0-9]{8}T[0-9]{6}Z$`)},
}

// timeFilter is the filter that reads every value of the leaf, or "".
func timeFilter(l *leaf) string {
	for _, form := range timeForms {
		if l.every(form.shape.MatchString) {
			return form.filter
		}
	}
	if l.every(func(s string) bool { _, err := time.Parse(time.RFC1123, s); return err == nil }) {
		return "date:rfc1123"
	}
	return ""
}
