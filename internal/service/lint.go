package service

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"patchbay/internal/pattern"
	"patchbay/internal/tree"
)

// loader turns a document into a Service and gathers every problem on the way: people mend a file in one go, not one by one.
type loader struct {
	svc      *Service
	problems Problems
	names    *names
	looksOf  []lookSource
	asked    map[string]string // property → its pointer
	telling  *methodKind       // whose answers the models are for; nil: callbacks
	lapses   Problems          // checks that an empty property turns off
}

func (l *loader) fail(ptr, format string, args ...any) {
	l.problems = append(l.problems, Problem{Pointer: ptr, Message: fmt.Sprintf(format, args...)})
}

func (l *loader) warn(ptr, format string, args ...any) {
	l.problems = append(l.problems, Problem{Pointer: ptr, Message: fmt.Sprintf(format, args...), Warning: true})
}

// object reports whether v is an object, and warns about members that nobody reads.
func (l *loader) object(v tree.Value, ptr string, known []string) bool {
	if v.Kind() != tree.Object {
		l.fail(ptr, "this must be an object {…}, not %s", kindName(v))
		return false
	}
	for _, m := range v.Members() {
		if !contains(known, m.Name) {
			l.warn(pointer(ptr, m.Name), "nothing reads this member%s", hint(m.Name, known))
		}
	}
	return true
}

// text is a member that must be a string; absent gives "".
func (l *loader) text(v tree.Value, ptr string) string {
	if v.Kind() != tree.Absent && v.Kind() != tree.String {
		l.fail(ptr, "this must be a string, not %s", kindName(v))
		return ""
	}
	return v.Text()
}

func (l *loader) truth(v tree.Value, ptr string) bool {
	if v.Kind() != tree.Absent && v.Kind() != tree.Bool {
		l.fail(ptr, "this must be true or false, not %s", kindName(v))
		return false
	}
	return v.Text() == "true"
}

// number is a member that must be a number from lo to hi; absent gives 0.
func (l *loader) number(v tree.Value, ptr string, lo, hi float64) float64 {
	if v.Kind() == tree.Absent {
		return 0
	}
	f, err := strconv.ParseFloat(v.Text(), 64)
	if v.Kind() != tree.Number || err != nil || f < lo || f > hi {
		l.fail(ptr, "this must be a number from %v to %v", strconv.FormatFloat(lo, 'f', -1, 64), strconv.FormatFloat(hi, 'f', -1, 64))
		return 0
	}
	return f
}

func (l *loader) whole(v tree.Value, ptr string, hi int) int {
	f := l.number(v, ptr, 1, float64(hi))
	if f != float64(int64(f)) {
		l.fail(ptr, "this must be a whole number")
	}
	return int(f)
}

// texts is a member that must be a list of strings.
func (l *loader) texts(v tree.Value, ptr string) []string {
	if v.Kind() == tree.Absent {
		return nil
	}
	if v.Kind() != tree.List {
		l.fail(ptr, "this must be a list of strings, not %s", kindName(v))
		return nil
	}
	var out []string
	for i, e := range v.List() {
		if e.Kind() != tree.String {
			l.fail(pointer(ptr, i), "this must be a string, not %s", kindName(e))
			continue
		}
		out = append(out, e.Text())
	}
	return out
}

// duration reads "5m", "30s" or a number of seconds.
func (l *loader) duration(v tree.Value, ptr string, lo, hi time.Duration) time.Duration {
	if v.Kind() == tree.Absent {
		return 0
	}
	d, err := time.ParseDuration(v.Text())
	if v.Kind() == tree.Number {
		d, err = time.ParseDuration(v.Text() + "s")
	}
	if err != nil || d < lo || d > hi {
		l.fail(ptr, `this must be a time from %v to %v, written like "30s" or "5m"`, lo, hi)
		return 0
	}
	return d
}

var idShape = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// heading reads what the file says about itself.
func (l *loader) heading(v tree.Value) {
	s := l.svc
	s.ID = l.text(v.Get("id"), "/id")
	switch {
	case s.ID == "" && v.Get("id").IsEmpty():
		l.fail("/id", `every service needs an id, like "id": "acme": it is part of its webhook URL`)
	case s.ID != "" && !idShape.MatchString(s.ID):
		l.fail("/id", "%q is no id: use 1 to 64 letters, digits, dots, dashes and underscores", s.ID)
	case s.ID == "." || s.ID == "..":
		l.fail("/id", "%q means something else in a URL; choose another id", s.ID)
	}
	s.Name = l.text(v.Get("name"), "/name")
	if s.Name == "" {
		s.Name = s.ID
	}
	s.Logo = l.webAddress(v.Get("logo"), "/logo")
	s.Class = l.text(v.Get("class"), "/class")
	if s.Class == "" {
		s.Class = "sms"
	} else if !strings.EqualFold(s.Class, "sms") {
		l.warn("/class", `%q is no class that is listed anywhere; "sms" is`, s.Class)
	}
	s.Documentation = l.webAddress(v.Get("documentation"), "/documentation")
	s.Setup = l.texts(v.Get("setup"), "/setup")
	s.DedupeWindow = l.duration(v.Get("dedupe_window"), "/dedupe_window", time.Second, 24*time.Hour)
}

func (l *loader) webAddress(v tree.Value, ptr string) string {
	s := l.text(v, ptr)
	if s != "" && !strings.HasPrefix(s, "https://") && !strings.HasPrefix(s, "http://") {
		l.fail(ptr, "%q is no address; it must begin with https://", s)
		return ""
	}
	return s
}

var (
	propertyMembers = []string{"name", "optional", "secret", "default", "choices", "help"}
	limitMembers    = []string{"messages_per_second", "segments_per_second", "per", "concurrency", "timeout", "max_length", "media"}
	mediaMembers    = []string{"max_bytes", "max_count", "types"}
)

// reserved are the names that a property cannot take: they carry the message.
var reserved = []string{"from", "to", "content", "text", "url", "urls", "file", "messageid", "id", "event_key"}

func (l *loader) properties(v tree.Value) {
	const ptr = "/properties"
	if v.Kind() == tree.Absent {
		return
	}
	if v.Kind() != tree.List {
		l.fail(ptr, `this must be a list, like ["API key"], not %s`, kindName(v))
		return
	}
	for i, e := range v.List() {
		at := pointer(ptr, i)
		p := Property{Secret: true}
		switch e.Kind() {
		case tree.String:
			p.Name = e.Text()
		case tree.Object:
			l.object(e, at, propertyMembers)
			p.Name = l.text(e.Get("name"), pointer(at, "name"))
			p.Optional = l.truth(e.Get("optional"), pointer(at, "optional"))
			if s := e.Get("secret"); s.Kind() != tree.Absent {
				p.Secret = l.truth(s, pointer(at, "secret"))
			}
			p.Default = l.text(e.Get("default"), pointer(at, "default"))
			p.Choices = l.texts(e.Get("choices"), pointer(at, "choices"))
			p.Help = l.text(e.Get("help"), pointer(at, "help"))
			if len(p.Choices) > 0 && p.Default != "" && !contains(p.Choices, p.Default) {
				l.fail(pointer(at, "default"), "%q is not among the choices", p.Default)
			}
		default:
			l.fail(at, `a property is a name, or an object with a "name"; not %s`, kindName(e))
			continue
		}
		switch {
		case p.Name == "":
			l.fail(at, "a property needs a name")
			continue
		case strings.ContainsAny(p.Name, "$|\r\n\x00"):
			l.fail(at, "the name %q holds a character that a $variable$ cannot have", p.Name)
			continue
		case contains(reserved, p.Name):
			l.fail(at, "%q is the name of a part of every message; call the property something else", p.Name)
			continue
		}
		if _, taken := l.svc.property(p.Name); taken {
			l.fail(at, "the property %q stands here twice", p.Name)
			continue
		}
		l.svc.Properties = append(l.svc.Properties, p)
		l.asked[p.Name] = at
	}
}

func (s *Service) property(name string) (Property, bool) {
	for _, p := range s.Properties {
		if p.Name == name {
			return p, true
		}
	}
	return Property{}, false
}

func (l *loader) limits(v tree.Value) {
	const ptr = "/limits"
	if v.Kind() == tree.Absent {
		return
	}
	if !l.object(v, ptr, limitMembers) {
		return
	}
	lim := &l.svc.Limits
	lim.MessagesPerSecond = l.number(v.Get("messages_per_second"), ptr+"/messages_per_second", 0.001, 100_000)
	lim.SegmentsPerSecond = l.number(v.Get("segments_per_second"), ptr+"/segments_per_second", 0.001, 100_000)
	switch per := l.text(v.Get("per"), ptr+"/per"); per {
	case "", "number":
	case "integration":
		lim.PerIntegration = true
	default:
		l.fail(ptr+"/per", `%q counts nothing; write "number" or "integration"`, per)
	}
	lim.Concurrency = l.whole(v.Get("concurrency"), ptr+"/concurrency", 1000)
	lim.Timeout = l.duration(v.Get("timeout"), ptr+"/timeout", time.Second, 5*time.Minute)
	lim.MaxLength = l.whole(v.Get("max_length"), ptr+"/max_length", 1_000_000)
	if m := v.Get("media"); m.Kind() != tree.Absent && l.object(m, ptr+"/media", mediaMembers) {
		lim.MediaMaxBytes = int64(l.number(m.Get("max_bytes"), ptr+"/media/max_bytes", 1, 1<<40))
		lim.MediaMaxCount = l.whole(m.Get("max_count"), ptr+"/media/max_count", 1000)
		lim.MediaTypes = l.texts(m.Get("types"), ptr+"/media/types")
	}
}

func kindName(v tree.Value) string {
	switch v.Kind() {
	case tree.Absent:
		return "nothing"
	case tree.Null:
		return "null"
	case tree.Bool:
		return "true or false"
	case tree.Number:
		return "a number"
	case tree.String:
		return "a string"
	case tree.List:
		return "a list"
	default:
		return "an object"
	}
}

func contains(list []string, s string) bool {
	for _, e := range list {
		if e == s {
			return true
		}
	}
	return false
}

// hint is ` (did you mean "…"?)` with the nearest name, or nothing when none is near.
func hint(name string, known []string) string {
	if near := pattern.Nearest(name, known); near != "" {
		return fmt.Sprintf(" (did you mean %q?)", near)
	}
	return ""
}
