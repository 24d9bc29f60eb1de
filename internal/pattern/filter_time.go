package pattern

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"patchbay/internal/tree"
)

// A time is, inside, RFC 3339 text in UTC. Years outside 1..9999 have no such text, and are nobody's message.
const farthest = 253402300800 // 10000-01-01 in seconds

func timeOf(v tree.Value) (time.Time, bool) {
	s, ok := scalarText(v)
	if !ok {
		return time.Time{}, false
	}
	return parseAny(s, time.RFC3339Nano)
}

func parseAny(s string, layouts ...string) (time.Time, bool) {
	s = strings.TrimSpace(s)
	for _, layout := range layouts {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), t.Year() >= 1 && t.Year() <= 9999
		}
	}
	return time.Time{}, false
}

func timeText(t time.Time) tree.Value { return tree.Text(t.UTC().Format(time.RFC3339Nano)) }

func toUnix(unit int64) Conversion {
	return func(_ any, v tree.Value) (tree.Value, bool) {
		t, ok := timeOf(v)
		if !ok {
			return v, false
		}
		perSecond := int64(time.Second) / unit
		return tree.Digits(strconv.FormatInt(t.Unix()*perSecond+int64(t.Nanosecond())/unit, 10)), true
	}
}

func fromUnix(unit int64) Conversion {
	return func(_ any, v tree.Value) (tree.Value, bool) {
		s, ok := scalarText(v)
		if !ok || len(s) > 40 {
			return v, false
		}
		s = strings.TrimSpace(s)
		perSecond := int64(time.Second) / unit
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil { // 1700000000.25
			x, err := strconv.ParseFloat(s, 64)
			if err != nil || math.IsNaN(x) || math.Abs(x) >= farthest*float64(perSecond) {
				return v, false
			}
			whole, part := math.Modf(x)
			n = int64(whole)
			fraction := time.Duration(math.Round(part*1e6)) * time.Duration(unit) / 1e6
			return inYears(time.Unix(n/perSecond, n%perSecond*unit).Add(fraction))
		}
		if n >= farthest*perSecond || n <= -farthest*perSecond {
			return v, false
		}
		return inYears(time.Unix(n/perSecond, n%perSecond*unit))
	}
}

func inYears(t time.Time) (tree.Value, bool) {
	t = t.UTC()
	return timeText(t), t.Year() >= 1 && t.Year() <= 9999
}

// dates is the layouts that have a name: how each is written, and the further ones in which it is read.
var dates = map[string][]string{
	"rfc3339": {time.RFC3339Nano, "2006-01-02T15:04:05.999999999Z0700", "2006-01-02 15:04:05.999999999Z07:00", "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999"},
	"rfc1123": {"Mon, 02 Jan 2006 15:04:05 GMT", time.RFC1123Z, "Mon, 2 Jan 2006 15:04:05 -0700", time.RFC1123, "Mon, 2 Jan 2006 15:04:05 MST"},
	"compact": {"20060102T150405Z", "20060102T150405.999999999Z0700", "20060102150405"},
}

func compileDate(arg string, hasArg bool) (Codec, error) {
	name := Unquote(arg)
	if layouts, ok := dates[name]; ok {
		return Codec{
			Write: timeFilter(func(t time.Time) string { return t.Format(layouts[0]) }),
			Read: func(_ any, v tree.Value) (tree.Value, bool) {
				s, ok := scalarText(v)
				if !ok {
					return v, false
				}
				t, ok := parseAny(s, layouts...)
				return timeText(t), ok
			},
		}, nil
	}
	l, err := parseLayout(name)
	if err != nil {
		return Codec{}, err
	}
	return Codec{
		Write: timeFilter(l.write),
		Read: func(_ any, v tree.Value) (tree.Value, bool) {
			s, ok := scalarText(v)
			if !ok {
				return v, false
			}
			t, ok := l.read(strings.TrimSpace(s))
			return timeText(t), ok
		},
	}, nil
}

func timeFilter(format func(time.Time) string) Conversion {
	return func(_ any, v tree.Value) (tree.Value, bool) {
		t, ok := timeOf(v)
		if !ok {
			return v, false
		}
		return tree.Text(format(t)), true
	}
}

// layout is a date layout of a service file: fields and literal text, in order.
type layout []layoutPart

type layoutPart struct {
	field   string // one of layoutFields, or "" for a literal
	literal string
}

var layoutFields = []string{"YYYY", "MM", "DD", "HH", "mm", "SSS", "ss", "Z"}

func parseLayout(s string) (layout, error) {
	var l layout
	seen := map[string]bool{}
	for s != "" {
		field := ""
		for _, f := range layoutFields {
			if strings.HasPrefix(s, f) {
				field = f
				break
			}
		}
		if field == "" {
			if n := len(l); n > 0 && l[n-1].field == "" {
				l[n-1].literal += s[:1]
			} else {
				l = append(l, layoutPart{literal: s[:1]})
			}
			s = s[1:]
			continue
		}
		if seen[field] {
			return nil, fmt.Errorf("%s stands twice", field)
		}
		seen[field] = true
		l = append(l, layoutPart{field: field})
		s = s[len(field):]
	}
	if !seen["YYYY"] || !seen["MM"] || !seen["DD"] {
		return nil, errors.New("say rfc3339, rfc1123, compact, or a layout such as YYYY-MM-DD HH:mm:ss with at least a year, month and day")
	}
	return l, nil
}

func (l layout) write(t time.Time) string {
	b := make([]byte, 0, 32)
	for _, p := range l {
		switch p.field {
		case "":
			b = append(b, p.literal...)
		case "YYYY":
			b = fmt.Appendf(b, "%04d", t.Year())
		case "MM":
			b = fmt.Appendf(b, "%02d", int(t.Month()))
		case "DD":
			b = fmt.Appendf(b, "%02d", t.Day())
		case "HH":
			b = fmt.Appendf(b, "%02d", t.Hour())
		case "mm":
			b = fmt.Appendf(b, "%02d", t.Minute())
		case "ss":
			b = fmt.Appendf(b, "%02d", t.Second())
		case "SSS":
			b = fmt.Appendf(b, "%03d", t.Nanosecond()/1e6)
		case "Z":
			b = append(b, 'Z')
		}
	}
	return string(b)
}

func (l layout) read(s string) (time.Time, bool) {
	year, month, day, hour, minute, second, nano, east := 0, 0, 0, 0, 0, 0, 0, 0
	for _, p := range l {
		ok := true
		switch p.field {
		case "":
			s, ok = strings.CutPrefix(s, p.literal)
		case "YYYY":
			year, s, ok = digitsOf(s, 4, 4)
		case "MM":
			month, s, ok = digitsOf(s, 2, 2)
		case "DD":
			day, s, ok = digitsOf(s, 2, 2)
		case "HH":
			hour, s, ok = digitsOf(s, 2, 2)
		case "mm":
			minute, s, ok = digitsOf(s, 2, 2)
		case "ss":
			second, s, ok = digitsOf(s, 2, 2)
		case "SSS":
			before := len(s)
			nano, s, ok = digitsOf(s, 1, 9)
			for range 9 - (before - len(s)) {
				nano *= 10
			}
		case "Z":
			east, s, ok = zoneOf(s)
		}
		if !ok {
			return time.Time{}, false
		}
	}
	if s != "" || year < 1 || hour > 23 || minute > 59 || second > 60 {
		return time.Time{}, false
	}
	t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	if t.Day() != day || int(t.Month()) != month {
		return time.Time{}, false // the 30th of February
	}
	t = t.Add(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute + time.Duration(second-east)*time.Second + time.Duration(nano))
	return t, t.Year() >= 1 && t.Year() <= 9999
}

// digitsOf reads at least min and at most max digits from the front of s.
func digitsOf(s string, min, max int) (n int, rest string, ok bool) {
	i := 0
	for i < len(s) && i < max && s[i] >= '0' && s[i] <= '9' {
		n = n*10 + int(s[i]-'0')
		i++
	}
	return n, s[i:], i >= min
}

// zoneOf reads Z, UTC, +hh, +hhmm or +hh:mm, as seconds east.
func zoneOf(s string) (east int, rest string, ok bool) {
	for _, utc := range []string{"Z", "z", "UTC", "GMT"} {
		if rest, ok := strings.CutPrefix(s, utc); ok {
			return 0, rest, true
		}
	}
	if s == "" || s[0] != '+' && s[0] != '-' {
		return 0, s, false
	}
	sign := 1
	if s[0] == '-' {
		sign = -1
	}
	hours, rest, ok := digitsOf(s[1:], 2, 2)
	if !ok {
		return 0, s, false
	}
	minutes, after, has := digitsOf(strings.TrimPrefix(rest, ":"), 2, 2)
	if has {
		rest = after
	} else {
		minutes = 0
	}
	return sign * (hours*3600 + minutes*60), rest, hours <= 23 && minutes <= 59
}
