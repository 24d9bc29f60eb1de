package service

import (
	"crypto"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/pattern"
	"patchbay/internal/tree"
)

const reference = "../../docs/service-file.md"

// generated is the tables of the reference that come from the tables of the code.
var generated = map[string]func() string{
	"auth": func() string {
		return table("`type`|members|what a request carries|as in", func(row func(...string)) {
			for _, k := range authKinds {
				names := ""
				if all := slices.Concat(k.members, k.more); len(all) > 0 {
					names = "`" + strings.Join(all, "`, `") + "`"
				}
				row("`"+k.name+"`", names, k.sentence, code(k.example))
			}
		})
	},
	"filters": func() string {
		return table("filter|what it does|pattern|value|on the wire|read back", func(row func(...string)) {
			for _, f := range append(append([]pattern.Filter(nil), numberFilters...), pattern.Filters()...) {
				name := f.Name
				if f.Argument != "" {
					name += ":" + f.Argument
				}
				for i, e := range f.Examples {
					back := e.Back
					switch back {
					case "":
						back = e.Value
					case "-":
						back = ""
					}
					if i > 0 {
						row("", "", code(e.Pattern), code(e.Value), code(e.Wire), code(back))
						continue
					}
					row(code(name), f.Sentence, code(e.Pattern), code(e.Value), code(e.Wire), code(back))
				}
			}
		})
	},
	"operators": func() string {
		return table("operator|reads|as in|reads for example|but not", func(row func(...string)) {
			for _, o := range pattern.Operators() {
				row("`"+o.Name+"`", o.Sentence, code(o.Example), code(o.Reads), code(o.Not))
			}
		})
	},
	"variables": func() string {
		return table("variable|request|response|callback|call|what it is", func(row func(...string)) {
			yes := func(v variable, w where) string {
				if v.places&w != 0 {
					return "•"
				}
				return ""
			}
			for _, v := range variables {
				row("`$"+v.name+"$`", yes(v, inSend|inAuth), yes(v, inResponse), yes(v, inHook), yes(v, inCall), v.sentence)
			}
		}) + "\nIn a response the variables of the request are known, and so literals.\n"
	},
	"methods": func() string {
		return table("method|what it does|written from, besides properties|its answer yields", func(row func(...string)) {
			list := func(slots []int) string {
				var names []string
				for _, slot := range slots {
					names = append(names, "`$"+variables[slot].name+"$`")
				}
				return strings.Join(names, " ")
			}
			for _, k := range methodKinds {
				asks := list(k.asks)
				if k.asks == nil {
					asks = "the message"
				}
				row("`"+k.name+"`", k.sentence, asks, list(k.yields))
			}
		})
	},
	"events": func() string {
		return table("`event_type`|what it says|a model of it needs", func(row func(...string)) {
			for _, e := range eventKinds {
				var needs []string
				for _, n := range e.needs {
					var names []string
					for _, slot := range n.slots {
						names = append(names, "`$"+variables[slot].name+"$`")
					}
					needs = append(needs, strings.Join(names, " or "))
				}
				if e.kind == EventMessage {
					needs = append(needs, "`$to$`, unless the URL carries the number")
				}
				row("`"+e.word+"`", e.sentence, strings.Join(needs, "; "))
			}
		})
	},
	"verify": func() string {
		return table("check|what it wants|for example", func(row func(...string)) {
			for _, k := range checkKinds {
				row("`"+k.name+"`", k.sentence, code(k.example))
			}
		})
	},
	"over": func() string {
		return table("in `over`|is", func(row func(...string)) {
			for _, o := range overNames {
				row("`$"+o.name+"$`", o.sentence)
			}
			row("`$header.x-name$`", "a header")
			row("`$query.name$`", "a member of the query")
			row("`$body.member.member$`", "a member of the body")
		})
	},
}

func table(head string, rows func(row func(...string))) string {
	var b strings.Builder
	line := func(cells ...string) { fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | ")) }
	columns := strings.Split(head, "|")
	line(columns...)
	b.WriteString("|" + strings.Repeat("---|", len(columns)) + "\n")
	rows(func(cells ...string) {
		for i, c := range cells { // a bar inside a cell ends it, in code too
			cells[i] = strings.ReplaceAll(c, "|", `\|`)
		}
		line(cells...)
	})
	return b.String()
}

func code(s string) string {
	if s == "" {
		return ""
	}
	return "`" + s + "`"
}

var section = regexp.MustCompile(`(?s)(<!-- generated: (\w+) -->\n)(.*?)(<!-- end -->)`)

func TestReferenceIsInStepWithTheCode(t *testing.T) {
	page, err := os.ReadFile(reference)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	want := section.ReplaceAllStringFunc(string(page), func(s string) string {
		m := section.FindStringSubmatch(s)
		seen[m[2]] = true
		make, ok := generated[m[2]]
		if !ok {
			t.Errorf("nothing generates the section %q", m[2])
			return s
		}
		return m[1] + "\n" + make() + "\n" + m[4]
	})
	for name := range generated {
		if !seen[name] {
			t.Errorf("the page has no section %q", name)
		}
	}
	if *update {
		if err := os.WriteFile(reference, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if d := cmp.Diff(want, string(page)); d != "" {
		t.Errorf("write it again with: make generate (-want +got)\n%s", d)
	}
}

func TestReferenceSaysWhatTheCodeKnows(t *testing.T) {
	page, err := os.ReadFile(reference)
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]bool{}
	for _, m := range regexp.MustCompile("[A-Za-z_0-9]+").FindAllString(string(page), -1) {
		said[m] = true
	}
	for _, list := range [][]string{
		fileMembers[1:], methodMembers, modelMembers, webhookMembers, answerMembers, effectNames, replyMembers, kindOf(Receive).more, reserved,
		testMembers, testSendMembers, testRequestMembers, testAnswerMembers, testResultMembers, testWebhookMembers, testEventMembers, testReplyMembers,
	} {
		for _, name := range list {
			if !said[name] && name != "request_content_type" {
				t.Errorf("%q is not on the page", name)
			}
		}
	}
}

// webhook loads a model, or a reply beside one.
func webhook(t *testing.T, v tree.Value) {
	t.Helper()
	model, hook := v, []any{}
	if r := v.Get("reply"); r.Kind() != tree.Absent {
		hook, model = append(hook, "reply", r), jsonOf("event_type", "typing", "request_parameters", jsonOf("from", "$from$"))
	}
	file := jsonOf("id", "x", "properties", []string{"Topic ARN"}, "Webhook", jsonOf(append(hook, "events", listOf(model))...))
	_, problems := Parse(formatJSON(file))
	for _, p := range problems {
		if !p.Warning || strings.HasPrefix(p.Pointer, "/Webhook/") {
			t.Errorf("%s\n%s", p, formatJSON(v))
		}
	}
}

func TestServiceFilesOfTheReferencePassTheirTests(t *testing.T) {
	page, err := os.ReadFile(reference)
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```json\n(.*?)```").FindAllStringSubmatch(string(page), -1)
	services := 0
	for _, b := range blocks {
		v, p := document([]byte(b[1]))
		if p != nil {
			t.Errorf("%s\n%s", p, b[1])
			continue
		}
		switch {
		case v.Get("id").Kind() != tree.Absent:
			services++
			if _, problems := Check([]byte(b[1])); problems.Err() != nil {
				t.Errorf("%v", problems.Errors())
			}
		case v.Get("hmac").Kind() != tree.Absent, v.Get("jwt").Kind() != tree.Absent, v.Get("any").Kind() != tree.Absent:
			services++
			verifying(t, b[1], "Secret", "s", "Old secret", "o")
		case v.Get("event_type").Kind() != tree.Absent, v.Get("reply").Kind() != tree.Absent:
			services++
			webhook(t, v)
		default:
			t.Errorf("nobody knows what this is:\n%s", b[1])
		}
	}
	if services < 2 {
		t.Errorf("%d blocks were tried; the test does not see the page", services)
	}
}

func TestEveryCheckProvesWhatItsExampleSays(t *testing.T) {
	private, err := edKey.pair()
	if err != nil {
		t.Fatal(err)
	}
	spoil := map[string]func(*Callback){
		"body":  func(cb *Callback) { cb.Request.Body = []byte(`{"id": "m2", "auth": {"token": "x"}}`); cb.decoded = nil },
		"query": func(cb *Callback) { cb.Request.URL = strings.Replace(cb.Request.URL, "=", "=x", 1); cb.decoded = nil },
		"cidr":  func(cb *Callback) { cb.RemoteIP = "198.51.100.1" },
		"":      func(cb *Callback) { cb.Request.Header = http.Header{"Content-Type": {"application/json"}} },
	}
	spoil["digest"] = spoil["query"]
	for _, k := range checkKinds {
		if k.sentence == "" || k.example == "" {
			t.Errorf("%s: a row has a sentence and an example", k.name)
			continue
		}
		s, problems := Parse([]byte(`{"id": "x", "properties": ["Secret", "Old secret", "Public key", "Addresses"],
			"Webhook": {"verify": {"` + k.name + `": ` + k.example + `}, "events": ` + model1 + `}}`))
		if s == nil {
			t.Errorf("%s: %v", k.name, problems)
			continue
		}
		props := map[string]string{"Secret": "s", "Old secret": "o", "Addresses": "198.51.100.7"}
		leaves(s.verify, func(c check) {
			if p, ok := c.(particular); ok {
				p.examples(func(slot int, value string, signer crypto.Signer) {
					if signer != nil {
						private, props[s.names.propertyOf(slot).Name] = signer, value
					}
				})
			}
		})
		if props["Public key"] == "" {
			props["Public key"] = "x"
		}
		b, err := s.Bind(props)
		if err != nil {
			t.Errorf("%s: %v", k.name, err)
			continue
		}
		good := post("application/json", `{"id": "m1", "auth": {"token": ""}}`)
		good.Signer = private
		if err := b.Sign(good); err != nil {
			t.Errorf("%s: %v", k.name, err)
		}
		if err := b.Verify(good); err != nil {
			t.Errorf("%s: what is signed does not verify: %v", k.name, err)
		}
		wrong := spoil[k.name]
		if wrong == nil {
			wrong = spoil[""]
		}
		if wrong(good); b.Verify(good) == nil {
			t.Errorf("%s: spoilt, it verifies", k.name)
		}
	}
}

func TestNumberFiltersDoWhatTheirExamplesSay(t *testing.T) {
	scopeOf := func(d pattern.Direction) *pattern.Scope {
		return pattern.NewScope(pattern.Scope{Direction: d, Vars: []pattern.Var{{Name: "v"}}, Filters: numberFilters})
	}
	for _, f := range numberFilters {
		for _, e := range f.Examples {
			source := tree.Text(e.Pattern)
			value, _ := document([]byte(e.Value))
			wired, _ := document([]byte(e.Wire))
			country := "US"
			if strings.Contains(e.Value, "+61") {
				country = "AU"
			}
			p, problems := pattern.Compile(source, scopeOf(pattern.Writes))
			if p == nil {
				t.Fatal(problems)
			}
			in := &pattern.Input{Values: []tree.Value{value}, Env: &Sending{Country: country}}
			if got, err := p.Write(in); err != nil || got.Text() != wired.Text() {
				t.Errorf("%s of %s: got %q, %v; want %s", e.Pattern, e.Value, got.Text(), err, e.Wire)
			}
			if p, problems = pattern.Compile(source, scopeOf(pattern.Reads)); p == nil {
				t.Fatal(problems)
			}
			r := p.Read(wired, &pattern.Input{Env: &Sending{Country: country}})
			if !r.Matched || r.Events[0].Get(0).Text() != value.Text() {
				t.Errorf("%s reads %s: got %+v; want %s", e.Pattern, e.Wire, r.Events, e.Value)
			}
		}
	}
}
