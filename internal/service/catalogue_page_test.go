package service

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/phone"
	"patchbay/internal/tree"
	"patchbay/services"
)

const (
	servicePages = "../../docs/services"
	generatedBy  = "<!-- written by `make generate` from the service file -->\n"
)

// TestReferencePagesOfTheCatalogue: a page for every file of the catalogue, and the table of all, say what the files say.
func TestReferencePagesOfTheCatalogue(t *testing.T) {
	names, err := fs.Glob(services.Files, "*.json")
	if err != nil || len(names) == 0 {
		t.Fatal("no catalogue", err)
	}
	pages, all := map[string]string{}, []told{}
	for _, name := range names {
		d := tellOf(t, name)
		all = append(all, d)
		pages[d.ID+".md"] = d.page()
	}
	pages["README.md"] = cataloguePage(all)
	for name, want := range pages {
		path := filepath.Join(servicePages, name)
		if *update {
			if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Error(err)
			continue
		}
		if d := cmp.Diff(want, string(got)); d != "" {
			t.Errorf("%s: write it again with: make generate (-want +got)\n%s", name, d)
		}
	}
	there, err := filepath.Glob(servicePages + "/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range there {
		if pages[filepath.Base(path)] != "" {
			continue
		}
		if *update {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			continue
		}
		t.Errorf("%s is the page of no file of the catalogue", path)
	}
}

// told is a service with what its page says.
type told struct {
	*Fake
	root tree.Value
}

func tellOf(t *testing.T, name string) told {
	t.Helper()
	data, err := services.Files.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	s, problems := Parse(data)
	if s == nil {
		t.Fatal(problems)
	}
	f, err := NewFake(s, nil, "https://api.example.com")
	if err != nil {
		t.Fatal(err)
	}
	root, problem := document(s.Source)
	if problem != nil {
		t.Fatal(problem)
	}
	return told{f, root}
}

// filesOut is how files leave.
func (d *told) filesOut() string {
	switch {
	case !d.SendsFiles():
		return "no"
	case slices.ContainsFunc(append(slices.Clone(d.send), d.sendFile...), func(m *method) bool { return m.allFiles }):
		if n := d.Limits.MediaMaxCount; n > 0 {
			return fmt.Sprintf("yes, up to %d in one request", n)
		}
		return "yes, all in one request"
	}
	return "yes, one in each request"
}

// filesIn is how files come.
func (d *told) filesIn() string {
	if !d.Tells(EventMessage, true) {
		return "no"
	}
	var how []string
	for _, row := range []struct {
		slots []int
		says  string
	}{{[]int{slotURLs, slotURL}, "by their address"}, {[]int{slotMediaID}, "by an id"}, {[]int{slotFile}, "inside the callback"}} {
		if slices.ContainsFunc(d.models, func(m *model) bool {
			return m.readsMessages() && slices.ContainsFunc(row.slots, m.read.uses)
		}) {
			how = append(how, row.says)
		}
	}
	out := "yes, " + strings.Join(how, " or ")
	if d.getFile != nil {
		out += ", fetched with the credentials"
	}
	return out
}

// receipts is what the provider says of a message that it took.
func (d *told) receipts() string {
	var out []string
	for _, row := range []struct {
		kind EventType
		word string
	}{{EventSent, "sent"}, {EventDelivered, "delivered"}, {EventFailed, "failed"}, {EventRead, "read"}} {
		if d.Tells(row.kind, false) {
			out = append(out, row.word)
		}
	}
	switch {
	case len(out) > 0:
		return strings.Join(out, ", ")
	case d.Has(GetStatus):
		return "asked for"
	}
	return "none: a message that it took stays `sent`"
}

// checkNames is how a check is called among people.
var checkNames = map[string]string{
	"ed25519": "an Ed25519 signature", "basic": "a user name and a password", "bearer": "a token", "header": "a secret in a header",
	"query": "a secret in the URL", "body": "a secret in the body", "cidr": "its addresses",
}

// proofs is how callbacks prove their sender.
func (d *told) proofs() string {
	v := d.root.Get("Webhook").Get("verify")
	if d.verify == nil {
		return "nothing: the secret URL is all there is"
	}
	out := strings.Join(proofsOf(v), " and ")
	for _, slot := range d.verify.needs() {
		if p := d.names.propertyOf(slot); p.Optional && p.Default == "" {
			return out + ", once “" + p.Name + "” is filled in"
		}
	}
	return out
}

func proofsOf(v tree.Value) (out []string) {
	for _, m := range v.Members() {
		switch m.Name {
		case "any", "all":
			var each []string
			var macs []string // of several HMACs only the hash differs
			for _, e := range m.Value.List() {
				for _, one := range proofsOf(e) {
					if hash, is := strings.CutPrefix(one, hmacWith); is && !slices.Contains(macs, hash) {
						macs = append(macs, hash)
					} else if !is && !slices.Contains(each, one) {
						each = append(each, one)
					}
				}
			}
			if len(macs) > 0 {
				each = append(each, hmacWith+strings.Join(macs, ", "))
			}
			out = append(out, strings.Join(each, map[string]string{"any": " or ", "all": " and "}[m.Name]))
		case "hmac":
			out = append(out, hmacWith+algorithmName(m.Value))
		case "digest":
			out = append(out, "a hash ("+algorithmName(m.Value)+") with a secret in it")
		case "jwt":
			out = append(out, "a JSON Web Token ("+strings.Join(texts(m.Value.Get("algorithms")), ", ")+")")
		default:
			out = append(out, checkNames[m.Name])
		}
	}
	return out
}

const hmacWith = "an HMAC with "

func algorithmName(v tree.Value) string {
	name := strings.ToUpper(v.Get("algorithm").Text())
	if bits, is := strings.CutPrefix(name, "SHA"); is {
		return "SHA-" + bits
	}
	return name
}

var numberForm = regexp.MustCompile(`\$(from|to)\??((?:\|[^$|]+)*)\$`)

// numbers is the forms in which numbers are sent.
func (d *told) numberForms() string {
	forms := map[string][]string{}
	var walk func(v tree.Value)
	walk = func(v tree.Value) {
		for _, m := range numberForm.FindAllStringSubmatch(v.Text(), -1) {
			form := strings.Trim(m[2], "|")
			if !slices.Contains(forms[m[1]], form) {
				forms[m[1]] = append(forms[m[1]], form)
			}
		}
		for _, e := range v.List() {
			walk(e)
		}
		for _, m := range v.Members() {
			if m.Name != "responses" && m.Name != "response_map" && m.Name != "GetStatus" {
				walk(m.Value)
			}
		}
	}
	walk(d.root.Get("API"))
	spell := func(name string) string {
		var out []string
		for _, form := range forms[name] {
			switch {
			case form == "":
				out = append(out, "`+15551234567`, or the number's outbound format")
			case phone.Write(form, "+15551234567", "US") != "+15551234567" || form == "e164":
				out = append(out, "`"+phone.Write(form, "+15551234567", "US")+"`")
			default:
				out = append(out, "`"+form+"`")
			}
		}
		return strings.Join(out, ", ")
	}
	from, to := spell("from"), spell("to")
	switch {
	case from == "":
		return "the contact's as " + to + "; ours is not sent, the account decides"
	case from == to:
		return "as " + to
	}
	return "ours as " + from + "; the contact's as " + to
}

// codes is the error codes that mean more than a refusal.
func (d *told) codes() string {
	by := map[string][]string{}
	for _, m := range d.methods() {
		for _, a := range m.answers {
			for code, e := range a.outcomes {
				if word := e.word(); code != "*" && word != "refused" && word != "accepted" && !slices.Contains(by[word], code) {
					by[word] = append(by[word], code)
				}
			}
		}
	}
	var out []string
	for _, row := range []struct{ word, says string }{
		{"opted_out", "the contact wants no messages"}, {"auth_expired", "the credentials no longer hold"}, {"busy", "tried again later"}, {"unclear", "it may have been taken"},
	} {
		if list := by[row.word]; len(list) > 0 {
			slices.Sort(list)
			out = append(out, "`"+strings.Join(list, "` `")+"`: "+row.says)
		}
	}
	return strings.Join(out, "; ")
}

// page is the page of a service.
func (d *told) page() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("# %s\n\n%s", d.Name, generatedBy)
	line("The service `%s`, described by `services/%s.json`. The provider's own documentation: <%s>.\n", d.ID, d.ID, d.Documentation)
	b.WriteString(table("what|how", func(row func(...string)) {
		row("texts out", yes(d.Sends()))
		row("files out", d.filesOut())
		row("texts in", yes(d.Receives()))
		row("files in", d.filesIn())
		row("receipts", d.receipts())
		row("callbacks prove themselves by", d.proofs())
		row("numbers", d.numberForms())
		if codes := d.codes(); codes != "" {
			row("error codes", codes)
		}
		if slices.ContainsFunc(d.methods(), func(m *method) bool { return m.idempotent }) {
			row("an unclear attempt", "is repeated: the provider takes the same message twice as one")
		}
		for _, k := range methodKinds {
			if !k.sends && d.Has(k.name) {
				row("`"+k.name+"`", k.sentence)
			}
		}
		row("proven by", fmt.Sprintf("%d tests inside the file", len(d.testList())))
	}))
	line("\n## Set up\n")
	for i, step := range d.Setup {
		line("%d. %s", i+1, step)
	}
	line("\nThe webhook URL is `https://<your server>/services/%s/a<accountid>`; enabling the service shows it whole.", d.ID)
	if slices.ContainsFunc(d.models, func(m *model) bool { return m.readsMessages() && !m.read.uses(slotTo) }) {
		line("This provider does not say which number was called, so each number has a URL of its own, with `?number=`.")
	}
	if len(d.Properties) > 0 {
		line("\n## Properties\n")
		b.WriteString(table("property|value|what it is", func(row func(...string)) {
			for _, p := range d.Properties {
				row(p.Name, p.kind(), p.Help)
			}
		}))
	}
	if limits := d.limits(); len(limits) > 0 {
		line("\n## Limits\n")
		for _, l := range limits {
			line("- %s", l)
		}
	}
	return b.String()
}

func yes(is bool) string {
	if is {
		return "yes"
	}
	return "no"
}

func (p *Property) kind() string {
	var out []string
	if p.Secret {
		out = append(out, "secret")
	}
	if p.Optional {
		out = append(out, "optional")
	}
	if len(p.Choices) > 0 {
		out = append(out, "one of `"+strings.Join(p.Choices, "` `")+"`")
	}
	if p.Default != "" {
		out = append(out, "`"+p.Default+"` unless said otherwise")
	}
	return strings.Join(out, ", ")
}

// limits is what the provider allows, in sentences.
func (d *told) limits() (out []string) {
	say := func(when bool, format string, args ...any) {
		if when {
			out = append(out, fmt.Sprintf(format, args...))
		}
	}
	l := &d.Limits
	per := "number"
	if l.PerIntegration {
		per = "integration"
	}
	say(l.MessagesPerSecond > 0, "%g messages a second for each %s; what is more waits", l.MessagesPerSecond, per)
	say(l.Concurrency > 0, "%d requests at once", l.Concurrency)
	say(l.Timeout > 0, "%v for an answer", l.Timeout.Round(time.Second))
	say(l.MaxLength > 0, "texts of at most %d characters", l.MaxLength)
	say(l.MediaMaxBytes > 0, "files of at most %s", bytesOfSize(l.MediaMaxBytes))
	say(l.MediaMaxCount > 0, "%d files in one request; more become several", l.MediaMaxCount)
	say(len(l.MediaTypes) > 0, "files of type %s", strings.Join(l.MediaTypes, ", "))
	return out
}

func bytesOfSize(n int64) string {
	switch {
	case n%1_000_000 == 0:
		return fmt.Sprintf("%d MB", n/1_000_000)
	case n > 1_000_000:
		return fmt.Sprintf("%.2f MB", float64(n)/1e6)
	}
	return fmt.Sprintf("%d kB", n/1000)
}

// cataloguePage is the table of all.
func cataloguePage(all []told) string {
	var b strings.Builder
	b.WriteString("# The catalogue\n\n" + generatedBy + "\n")
	b.WriteString(`Providers that work out of the box, each described by one file in ` + "`services/`" + ` that carries its own tests. They are proven offline against what each provider
documents, and through the whole program against a provider that is made of the same file; not all of them against live accounts yet. The consoles of providers change their menus: where the
words of a step are not there any more, look into the messaging settings of the number or of the application.

`)
	b.WriteString(table("service|texts|files out|files in|receipts|callbacks prove themselves by", func(row func(...string)) {
		for _, d := range all {
			short := func(s string) string { head, _, _ := strings.Cut(s, ", "); return head }
			receipts := d.receipts()
			receipts, _, _ = strings.Cut(receipts, ":")
			texts := "out"
			if d.Receives() {
				texts = "out and in"
			}
			row("["+d.Name+"]("+d.ID+".md)", texts, short(d.filesOut()), short(d.filesIn()), receipts, d.proofs())
		}
	}))
	b.WriteString("\nAny other provider is one file of your own: [../service-file.md](../service-file.md).\n")
	return b.String()
}
