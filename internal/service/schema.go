package service

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"

	"patchbay/internal/pattern"
	"patchbay/internal/tree"
)

// SchemaPath is where a server gives the schema to editors, by "$schema" in a file.
const SchemaPath = "/service.schema.json"

// Schema is the JSON Schema (2020-12) of a service file, for editors. It is made from the tables by which files are loaded. It is the
// stricter of the two: a member that nothing reads, which the loader warns about, is a mistake to it. What it cannot know (the names of
// the file's own properties, what a filter takes) is left to lint.
var Schema = sync.OnceValue(func() []byte {
	return append(appendPretty(nil, newSayings().schema(), 0, 0), '\n')
})

// jsonOf makes an object: jsonOf("type", "string", "minLength", 1).
func jsonOf(pairs ...any) tree.Value {
	var ms []tree.Member
	for i := 0; i+1 < len(pairs); i += 2 {
		ms = append(ms, tree.Member{Name: pairs[i].(string), Value: valueOf(pairs[i+1])})
	}
	return tree.ObjectOf(ms...)
}

// plus is an object with more members.
func plus(v tree.Value, pairs ...any) tree.Value {
	return tree.ObjectOf(slices.Concat(v.Members(), jsonOf(pairs...).Members())...)
}

func valueOf(v any) tree.Value {
	switch v := v.(type) {
	case tree.Value:
		return v
	case string:
		return tree.Text(v)
	case bool:
		return tree.Truth(v)
	case digits:
		return tree.Digits(string(v))
	case []string:
		var list []tree.Value
		for _, s := range v {
			list = append(list, tree.Text(s))
		}
		return tree.ListOf(list...)
	case []tree.Value:
		return tree.ListOf(v...)
	}
	return tree.Nil
}

// digits is a JSON number as it is written.
type digits string

func listOf(vs ...tree.Value) tree.Value { return tree.ListOf(vs...) }

func ref(name string) tree.Value { return jsonOf("$ref", "#/$defs/"+name) }

// described is a shape with what people read about it.
func described(shape tree.Value, sentence string) tree.Value {
	if sentence == "" {
		return shape
	}
	return tree.ObjectOf(append([]tree.Member{{Name: "description", Value: tree.Text(strings.ReplaceAll(sentence, "`", ""))}}, shape.Members()...)...)
}

// object is the shape of an object with the members that the loader knows, no others, and those that it must have.
func (s sayings) object(group string, known []string, required ...string) tree.Value {
	var ms []tree.Member
	for _, name := range known {
		row := s[group][name]
		shape := row.shape
		if shape.Kind() == tree.Absent {
			shape = jsonOf()
		}
		ms = append(ms, tree.Member{Name: name, Value: described(shape, row.sentence)})
	}
	return closed(jsonOf("type", "object", "properties", tree.ObjectOf(ms...)), required)
}

// closed closes an object's shape: what it must have, and nothing else.
func closed(shape tree.Value, required []string) tree.Value {
	if len(required) > 0 {
		shape = plus(shape, "required", required)
	}
	return plus(shape, "additionalProperties", false)
}

// wordShape is a string out of a table, each with its sentence.
func wordShape(rows [][2]string) tree.Value {
	var list []tree.Value
	for _, r := range rows {
		list = append(list, described(jsonOf("const", r[0]), r[1]))
	}
	return jsonOf("anyOf", list)
}

// either is the one shape for what passes the test, the other for what does not: unlike anyOf it leaves one clear complaint.
func either(test, then, otherwise tree.Value) tree.Value {
	return jsonOf("if", test, "then", then, "else", otherwise)
}

// anyCase is a regular expression for a word in any case.
func anyCase(word string) string {
	var b strings.Builder
	b.WriteByte('^')
	for _, r := range word {
		if lower, upper := unicode.ToLower(r), unicode.ToUpper(r); lower != upper {
			b.WriteString("[" + string(upper) + string(lower) + "]")
		} else {
			b.WriteString(regexp.QuoteMeta(string(r)))
		}
	}
	b.WriteByte('$')
	return b.String()
}

func (s sayings) schema() tree.Value {
	file := s.object("file", fileMembers, "id")
	return tree.ObjectOf(slices.Concat(jsonOf(
		"$schema", "https://json-schema.org/draft/2020-12/schema",
		"title", "Patchbay service file",
		"description", "One SMS/MMS provider: what to send, how to read its answers and its callbacks, and tests that prove it.",
	).Members(), plus(file, "$defs", s.definitions()).Members())...)
}

// definitions is the shapes that have names.
func (s sayings) definitions() tree.Value {
	return jsonOf(
		"text", jsonOf("description", textSentence(pattern.Writes), "type", "string", "pattern", patternText(pattern.Writes)),
		"writes", patternShape("writes", pattern.Writes),
		"reads", patternShape("reads", pattern.Reads),
		"property", tree.ObjectOf(append(jsonOf("type", listOf(tree.Text("string"), tree.Text("object")),
			"minLength", digits("1"), "pattern", `^[^$|\r\n]*$`, "not", jsonOf("enum", reserved)).Members(),
			s.object("property", propertyMembers, "name").Members()[1:]...)...),
		"auth", s.authShape(),
		"OAuth2", s.object("auth", oauth2Members(), "client_id", "token_endpoint"),
		"variant", s.object("method", methodMembers),
		"methods", methodsShape(ref("variant")),
		"answer", withNot(s.object("answer", answerMembers), "outcome", "outcomes"),
		"status", jsonOf("type", []string{"integer", "string", "array"}, "minimum", digits("100"), "maximum", digits("599"),
			"pattern", `^[1-5](?:[0-9][0-9]|[xX][xX])$`, "minItems", digits("1"), "items", jsonOf("type", []string{"integer", "string"},
				"minimum", digits("100"), "maximum", digits("599"), "pattern", `^[1-5](?:[0-9][0-9]|[xX][xX])$`)),
		"outcome", outcomeShape(),
		"reply", s.object("reply", replyMembers),
		"replies", s.object("reply", repliesMembers),
		"confirm", s.object("confirm", confirmMembers, confirmMembers...),
		"webhook", either(isContainerShape(), s.object("webhook", webhookMembers), ref("models")),
		"models", either(jsonOf("type", "array"), jsonOf("maxItems", digits("200"), "items", ref("model")),
			either(anyOfRequired("event_type", "event_key", "request_parameters", "query"), ref("model"),
				jsonOf("type", "object", "maxProperties", digits("200"), "additionalProperties", ref("model")))),
		"model", s.modelShape(),
		"event", eventShape(),
		"check", s.checkShape(),
		"test", s.testShape(),
	)
}

// methodsShape is one method, or a list of variants of it.
func methodsShape(variant tree.Value) tree.Value {
	return either(jsonOf("type", "array"), jsonOf("minItems", digits("1"), "items", variant), variant)
}

// withNot is an object that cannot have both of two members.
func withNot(shape tree.Value, a, b string) tree.Value {
	return plus(shape, "not", jsonOf("required", []string{a, b}))
}

func anyOfRequired(names ...string) tree.Value {
	var list []tree.Value
	for _, n := range names {
		list = append(list, jsonOf("required", []string{n}))
	}
	return jsonOf("anyOf", list)
}

// isContainerShape is isContainer as a schema.
func isContainerShape() tree.Value {
	return jsonOf("type", "object", "not", anyOfRequired("event_type", "event_key", "request_parameters", "query"),
		"anyOf", anyOfRequired(webhookMembers...).Get("anyOf"))
}

func outcomeShape() tree.Value {
	rows := make([][2]string, len(effectNames))
	for i, name := range effectNames {
		rows[i] = [2]string{name, effectSentences[name]}
	}
	return wordShape(rows)
}

func eventShape() tree.Value {
	rows := make([][2]string, len(eventKinds))
	for i, k := range eventKinds {
		rows[i] = [2]string{k.word, k.sentence}
	}
	return wordShape(rows)
}

// repliesShape is a reply for each outcome of a callback.
func repliesShape() tree.Value {
	var ms []tree.Member
	for _, k := range eventKinds {
		ms = append(ms, tree.Member{Name: k.word, Value: described(ref("reply"), k.sentence)})
	}
	ms = append(ms, tree.Member{Name: string(outcomeUnmatched), Value: described(ref("reply"), "no model reads it")})
	return closed(jsonOf("type", "object", "properties", tree.ObjectOf(ms...)), nil)
}

// modelShape: a table in "events" takes the place of event_type and event_key, and something must be there to know a callback by.
func (s sayings) modelShape() tree.Value {
	shape := s.object("model", modelMembers)
	return plus(shape,
		"anyOf", anyOfRequired("request_parameters", "query", "headers").Get("anyOf"),
		"if", jsonOf("required", []string{"events"}),
		"then", jsonOf("not", anyOfRequired("event_type", "event_key")),
		"else", jsonOf("required", []string{"event_type"}),
	)
}

// authShape has a shape for each type, whose name is compared without case.
func (s sayings) authShape() tree.Value {
	var kinds []tree.Value
	for _, k := range authKinds {
		shape := s.object("auth", slices.Concat(k.members, k.more))
		ms := append([]tree.Member{{Name: "type", Value: jsonOf("anyOf", listOf(jsonOf("const", k.name), jsonOf("pattern", anyCase(k.name))))}}, shape.Get("properties").Members()...)
		kinds = append(kinds, described(closed(jsonOf("type", "object", "properties", tree.ObjectOf(ms...)), append([]string{"type"}, k.members...)), k.sentence))
	}
	return jsonOf("anyOf", kinds)
}

// checkShape is the checks of "verify", which may stand side by side.
func (s sayings) checkShape() tree.Value {
	var ms []tree.Member
	for _, k := range checkKinds {
		shape := textsOf(ref("text"))
		switch {
		case k.members != nil:
			shape = s.object("check", k.members)
		case k.name == "cidr":
			shape = jsonOf("type", "array", "minItems", digits("1"), "items", ref("text"))
		case k.name == "any" || k.name == "all":
			shape = jsonOf("type", "array", "minItems", digits("1"), "items", ref("check"))
		}
		ms = append(ms, tree.Member{Name: k.name, Value: described(shape, k.sentence)})
	}
	return closed(jsonOf("type", "object", "minProperties", digits("1"), "properties", tree.ObjectOf(ms...)), nil)
}

// testShape is a message of ours, another request of ours, or a callback of the provider's.
func (s sayings) testShape() tree.Value {
	shape := s.object("test", testMembers)
	return plus(shape, "oneOf", anyOfRequired("send", "webhook", "call").Get("anyOf"))
}

// patternShape is a pattern of one direction: its texts, lists and objects, and the operators that stand in the place of a value. Each
// keyword speaks of its own kind of value, so that no mistake is told as "fits none of five".
func patternShape(name string, d pattern.Direction) tree.Value {
	var ops, alone []tree.Member
	var names []string
	for _, o := range pattern.Operators() {
		if d == pattern.Writes && o.Name != "$json" {
			continue
		}
		shape, only := ref(name), jsonOf("maxProperties", digits("1"))
		switch o.Name {
		case "$any", "$all":
			shape = jsonOf("type", "array", "minItems", digits("1"), "items", ref(name))
		case "$match":
			shape = jsonOf("type", "string", "maxLength", digits("1000"))
		case "$gt", "$lt":
			shape = jsonOf("type", []string{"number", "string"})
			only = jsonOf("propertyNames", jsonOf("enum", []string{"$gt", "$lt"}))
		}
		names = append(names, o.Name)
		ops = append(ops, tree.Member{Name: o.Name, Value: described(shape, o.Sentence)})
		alone = append(alone, tree.Member{Name: o.Name, Value: only})
	}
	return jsonOf(
		"description", textSentence(d),
		"pattern", patternText(d),
		"items", ref(name),
		"properties", tree.ObjectOf(ops...),
		"additionalProperties", ref(name),
		"propertyNames", jsonOf("anyOf", listOf(jsonOf("enum", names), jsonOf("pattern", `^(?:[^$]|\$[^$]*\$|\$?$)`))),
		"dependentSchemas", tree.ObjectOf(alone...),
	)
}

// textSentence is what an editor says about a text with variables.
func textSentence(d pattern.Direction) string {
	return "$name$ is a variable, $$ a dollar sign; $name?$ may be empty. Filters, by |: " + strings.Join(filterNames(d), ", ")
}

// filterNames is the filters that have this direction.
func filterNames(d pattern.Direction) []string {
	var names []string
	for _, f := range append(slices.Clone(numberFilters), pattern.Filters()...) {
		reads := slices.ContainsFunc(f.Examples, func(e pattern.Example) bool { return e.Back != "-" })
		if reads || d == pattern.Writes {
			names = append(names, f.Name)
		}
	}
	return names
}

// patternText is a regular expression for a text of a pattern: $$, $name$ with filters that exist, and everything else. It keeps to what
// ECMA-262 and RE2 have in common.
func patternText(d pattern.Direction) string {
	argument := `(?::(?:'[^']*'|[^|$'])*)?`
	return `^(?:[^$]|\$\$|\$[^$|]+(?:\|(?:` + strings.Join(filterNames(d), "|") + `)` + argument + `)*\$)*(?:\$[^$]*)?$`
}
