package service

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func warningsOf(t testing.TB, source string) []string {
	t.Helper()
	s, problems := Parse([]byte(source))
	if s == nil {
		t.Fatalf("%s: %v", source, problems)
	}
	var out []string
	for _, p := range problems {
		out = append(out, p.String())
	}
	return out
}

func TestAModelThatAnotherAlwaysHidesIsNamed(t *testing.T) {
	const in = `{"from": "$from$", "to": "$to$", "text": "$content$"`
	for _, c := range []struct{ name, models, want string }{
		{"the same again", `{"event_type": "message", "request_parameters": ` + in + `}}, {"event_type": "optout", "request_parameters": ` + in + `}}`, "/Webhook/1: this model never reads anything: /Webhook/0"},
		{"it looks at one thing more, which may be missing", `{"event_type": "message", "request_parameters": ` + in + `}}, {"event_type": "mms", "request_parameters": ` + in + `, "url": "$url?$"}}`, "/Webhook/1: this model never"},
		{"which the first may read, too", `{"event_type": "message", "request_parameters": ` + in + `, "at": "$timestamp?$"}}, {"event_type": "mms", "request_parameters": ` + in + `, "url": "$url?$"}}`, "/Webhook/1: this model never"},
		{"a method of its own comes second", `{"event_type": "message", "request_parameters": ` + in + `}}, {"event_type": "mms", "request_method": "PUT", "request_parameters": ` + in + `, "url": "$url?$"}}`, "/Webhook/1: this model never"},
		{"a table that has its word", `{"events": {"a": "messageSent", "b": "messageRead"}, "request_parameters": {"id": "$messageid$", "s": "$event_key$"}}, {"event_key": "a", "event_type": "messageDelivered", "request_parameters": {"id": "$messageid$", "s": "$event_key$"}}`, "/Webhook/0/events/a: this word is never read here: /Webhook/1"},
		{"in a batch", `{"event_type": "ignore", "request_parameters": [{"id": "$messageid$"}, {"k": "x"}]}, {"event_type": "ignore", "request_parameters": [{"id": "$messageid$", "n": "$error_code?$"}]}`, "/Webhook/1: this model never"},
		{"a property both want", `{"event_type": "ignore", "request_parameters": {"k": "$P$", "id": "$messageid$"}}, {"event_type": "ignore", "request_parameters": {"k": "$P$", "id": "$messageid$", "x": "$error_code?$"}}`, "/Webhook/1: this model never"},

		{"another method", `{"event_type": "message", "request_method": "GET", "request_parameters": ` + in + `}}, {"event_type": "message", "request_method": "PUT", "request_parameters": ` + in + `}}`, ""},
		{"one thing more, which must be there, so it comes first", `{"event_type": "message", "request_parameters": ` + in + `}}, {"event_type": "mms", "request_parameters": ` + in + `, "url": "$url$"}}`, ""},
		{"a filter that may refuse", `{"event_type": "ignore", "request_parameters": {"id": "$messageid|integer$"}}, {"event_type": "ignore", "request_parameters": {"id": "$messageid$"}}`, ""},
		{"another word", `{"event_key": "a", "event_type": "ignore", "request_parameters": {"s": "$event_key$"}}, {"event_key": "b", "event_type": "ignore", "request_parameters": {"s": "$event_key$"}}`, ""},
		{"a key that must be the same twice", `{"event_type": "ignore", "request_parameters": {"a": "$messageid$", "b": "$messageid$"}}, {"event_type": "ignore", "request_parameters": {"a": "$messageid$", "b": "$id$"}}`, ""},
		{"a handshake that comes before all", `{"event_type": "ignore", "request_parameters": {"c": "$challenge$", "k": "$P$"}}, {"event_type": "handshake", "request_parameters": {"c": "$challenge$", "k": "$P$"}}`, ""},
	} {
		got := strings.Join(warningsOf(t, `{"id": "x", "properties": ["P"], "Webhook": [`+c.models+`]}`), "\n")
		if c.want != "" && !strings.Contains(got, c.want) || c.want == "" && strings.Contains(got, "never") {
			t.Errorf("%s: want %q, got\n%s", c.name, c.want, got)
		}
	}
}

func TestAWordThatIsNeverReadIsNamed(t *testing.T) {
	for _, c := range []struct{ models, want string }{
		{`{"events": {"a": "messageSent", "b": "messageRead"}, "request_parameters": {"id": "$messageid$", "s": "$event_key$"}},
			{"events": {"b": "ignore", "c": "messageFailed"}, "request_parameters": {"id": "$messageid$", "s": "$event_key$"}}`, "/Webhook/1/events/b: this word is never read here: /Webhook/0"},
		{`{"event_type": "messageSent", "request_parameters": {"id": "$messageid$", "s": "sent"}},
			{"events": {"sent": "messageSent", "*": "ignore"}, "request_parameters": {"id": "$messageid$", "s": "$event_key$"}}`, "/Webhook/1/events/sent: this word is never"},
		{`{"events": {"Sent": "messageSent", "read": "messageRead"}, "request_parameters": {"id": "$messageid$", "s": "$event_key|lower$"}}`, `/Webhook/0/events/Sent: "Sent" never stands here: the filter lower makes it "sent"`},
		{`{"event_key": "sent", "event_type": "messageSent", "request_parameters": {"id": "$messageid$", "s": "$event_key|upper$"}}`, `/Webhook/0/event_key: "sent" never stands here`},
	} {
		got := strings.Join(warningsOf(t, `{"id": "x", "Webhook": [`+c.models+`]}`), "\n")
		if strings.Count(got, "never") != 1 || !strings.Contains(got, c.want) {
			t.Errorf("want one %q, got\n%s", c.want, got)
		}
	}
}

func TestPartsOfATextNeedAllThreeOfTheirVariables(t *testing.T) {
	for models, want := range map[string]bool{
		`{"event_type": "message", "request_parameters": {"from": "$from$", "to": "$to$", "text": "$content$", "n": "$part?$", "of": "$parts?$"}}`:                       true,
		`{"event_type": "message", "request_parameters": {"from": "$from$", "to": "$to$", "text": "$content$", "n": "$part?$", "of": "$parts?$", "ref": "$part_ref?$"}}`: false,
		`{"event_type": "messageSent", "request_parameters": {"id": "$messageid$", "n": "$part?$", "of": "$parts?$", "ref": "$part_ref?$"}}`:                             true,
	} {
		got := strings.Join(warningsOf(t, `{"id": "x", "Webhook": [`+models+`]}`), "\n")
		if strings.Contains(got, "part") != want {
			t.Errorf("%s: got\n%s", models, got)
		}
	}
}

func TestAnEntryThatDecidesOverNothingIsNamed(t *testing.T) {
	const entry = `{"status": "2xx", "body": {"messages": [{"id": "$messageid$"}]}, "outcome": "accepted"}`
	for responses, want := range map[string]string{
		entry: `{"messages":[]}, fits too`,
		`{"status": "2xx", "body": {"messages": null}, "outcome": "unclear"}, ` + entry:                                                                          "",
		`{"status": "2xx", "body": {"messages": [{"id": "$messageid$", "ok": true}]}}, ` + entry:                                                                 "",
		`{"status": 202, "body": {"messages": null}, "outcome": "unclear"}, ` + entry:                                                                            "fits too",
		`{"status": "2xx", "body": {"ok": true, "messages": [{"id": "$messageid$"}]}, "outcome": "accepted"}`:                                                    "",
		`{"status": "2xx", "body": {"data": {"errors": [{"code": "$error_code$"}]}}, "outcome": "refused"}, ` + strings.Replace(entry, "accepted", "unclear", 1): `{"data":{"errors":[]}}, fits too`,
		`{"status": "2xx", "body": {"errors": {"$all": [{"$not": null}, [{"code": "$error_code$"}]]}}, "outcome": "refused"}`:                                    "",
		`{"status": "2xx", "body": {"errors": [{"code": "$error_code$"}]}, "outcomes": {"1": "refused", "*": "busy"}}`:                                           "",
	} {
		got := strings.Join(warningsOf(t, `{"id": "x", "API": {"SendMessage": {"request_url": "https://api.example.com/", "responses": [`+responses+`]}}}`), "\n")
		if want == "" && strings.Contains(got, "about nothing") || !strings.Contains(got, want) {
			t.Errorf("%s: want %q, got\n%s", responses, want, got)
		}
	}
}

// What lint says is never read is never read: random models, random callbacks.
func TestWhatIsCalledHiddenIsHidden(t *testing.T) {
	leaf := rapid.SampledFrom([]string{`"x"`, `"y"`, `"$messageid$"`, `"$messageid?$"`, `"$id?$"`, `"$from$"`, `"$content?$"`, `"$event_key$"`, `"$event_key$"`, `"$event_key?$"`,
		`{"$any": ["x", "$id$"]}`, `{"$not": "x"}`, `null`, `["x", "$messageid$"]`, `["$content$"]`, `[{"b": "$messageid$"}]`, `{"b": "$event_key$"}`, `{"b": "$id?$"}`, `"$P$"`, `"$P?$"`, `"p$id$"`, `"$error_code|lower$"`})
	value := rapid.SampledFrom([]string{`"x"`, `"y"`, `"p"`, `"pq"`, `""`, `7`, `null`, `[]`, `["x"]`, `["x", "y", {"b": "y"}]`, `{}`, `{"b": "x"}`, `{"b": "y"}`, `[{"b": "x"}, {"b": "y"}]`})
	object := func(t *rapid.T, from *rapid.Generator[string], label string) string {
		var ms []string
		for _, name := range []string{"a", "b", "c"} {
			if rapid.Bool().Draw(t, label+name) {
				ms = append(ms, fmt.Sprintf("%q: %s", name, from.Draw(t, label+name+" value")))
			}
		}
		return "{" + strings.Join(ms, ", ") + "}"
	}
	kinds := rapid.SampledFrom([]string{`"event_type": "ignore"`, `"event_type": "ignore", "event_key": "x"`, `"events": {"x": "ignore"}`, `"events": {"x": "ignore", "y": "ignore"}`, `"events": {"y": "ignore", "*": "ignore"}`})
	// A shape that no model can have is left for one that every model can: what is drawn loads.
	loads := func(kind, shape string) string {
		model := fmt.Sprintf(`{%s, "request_parameters": %s}`, kind, shape)
		if s, _ := Parse([]byte(`{"id": "x", "properties": ["P"], "Webhook": [` + model + `]}`)); s == nil {
			return fmt.Sprintf(`{%s, "request_parameters": {"a": "$event_key$"}}`, kind)
		}
		return model
	}
	hidden := 0
	rapid.Check(t, func(t *rapid.T) {
		var models []string
		first := object(t, leaf, "first ")
		for i := range rapid.IntRange(2, 3).Draw(t, "models") {
			shape := first
			if rapid.Bool().Draw(t, "another") {
				shape = object(t, leaf, fmt.Sprint(i, " "))
			}
			models = append(models, loads(kinds.Draw(t, "kind"), shape))
		}
		s, problems := Parse([]byte(`{"id": "x", "properties": ["P"], "Webhook": [` + strings.Join(models, ", ") + `]}`))
		if s == nil {
			t.Fatalf("%v; models %s", problems, models)
		}
		b, err := s.Bind(map[string]string{"P": "p"})
		if err != nil {
			t.Fatal(err)
		}
		for range 20 {
			r := b.Read(post("application/json", object(t, value, "callback ")))
			for _, p := range problems {
				if !strings.Contains(p.Message, "comes first") {
					continue
				}
				hidden++
				for _, e := range r.Events {
					if e.Model == p.Pointer || e.Model+"/events/"+e.Word == p.Pointer {
						t.Fatalf("%v, but it read %+v; models %s", p, e, models)
					}
				}
			}
		}
	})
	if hidden == 0 {
		t.Error("nothing was ever called hidden: this shows nothing")
	}
}
