package app_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// csvOf is a file of one column's name and more, a row each.
func csvOf(rows ...[]string) string {
	var b strings.Builder
	for _, row := range rows {
		for i, cell := range row {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(`"` + strings.ReplaceAll(cell, `"`, `""`) + `"`)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func TestUsersAndNumbersGoRoundAsFiles(t *testing.T) {
	p := newProvider(t)
	w := start(t, p.host())
	w.account.call(201, "PUT", "/v1/services/acme", p.file("acme"))
	organization := func(domain string) string {
		org := w.account.call(201, "POST", "/v1/organizations", map[string]any{"name": domain, "domain": domain}).str("id")
		w.account.call(200, "PUT", "/v1/organizations/"+org+"/integrations/acme", map[string]any{"enabled": true, "properties": map[string]any{"API key": "k"}})
		return "/v1/organizations/" + org
	}
	from, to := organization("from"), organization("to")
	var extensions []string
	ids := map[string]string{}
	for i, name := range append(nasty, "'=1", "''+1", "-1", "@x", "a;b", " [x] ") {
		if len(name) > 200 {
			name = name[:200]
		}
		extension := fmt.Sprint(100 + i)
		if len(strings.TrimSpace(name)) < 20 {
			extension = strings.TrimSpace(name)
		}
		u := w.account.call(201, "POST", from+"/users", map[string]any{"extension": extension, "name": name, "email": fmt.Sprintf("u%d@example.com", i),
			"status": i % 2, "role": []string{"user", "admin"}[i%2], "extra": map[string]any{"note": name}})
		extensions = append(extensions, extension)
		ids[extension] = u.str("id")
	}
	for i, name := range nasty {
		if len(name) > 200 {
			name = name[:200]
		}
		w.account.call(201, "POST", from+"/numbers", map[string]any{
			"service": "acme", "number": fmt.Sprintf("+1555000%04d", 2000+i), "name": name, "header": name, "footer": name, "sendName": i%2 == 0, "sessionTimeout": i, "users": []string{ids[extensions[i]], ids[extensions[len(extensions)-1]]},
			"autoreply": []any{map[string]any{"key": "*", "value": name}}, "strip_metadata": []any{true, false, nil}[i%3], "validity": 60 * i,
			"daily_cap": map[string]any{"messages": i + 1}, "outboundFormat": []string{"", "national"}[i%2],
		})
	}
	users, numbers := w.account.call(200, "GET", from+"/users.csv", nil), w.account.call(200, "GET", from+"/numbers.csv", nil)
	if len(users.table(t)) != len(extensions) || len(numbers.table(t)) != len(nasty) || !strings.HasPrefix(users.header.Get("Content-Type"), "text/csv") {
		t.Fatalf("%s\n%s", users.body, numbers.body)
	}
	for _, row := range users.table(t) {
		for column, cell := range row {
			if cell != "" && strings.ContainsRune("=@\t\r", rune(cell[0])) {
				t.Errorf("a spreadsheet would compute %q of %s", cell, column)
			}
		}
	}
	upload := func(path, text string) answer {
		return w.account.call(200, "POST", path, text, "Content-Type", "text/csv")
	}
	if a := upload(to+"/users.csv?check=true", string(users.body)); a.json["added"] != float64(len(extensions)) || a.json["checked"] != true {
		t.Errorf("checked %s", a.body)
	}
	if rows := w.account.call(200, "GET", to+"/users", nil).list("data"); len(rows) != 0 {
		t.Errorf("a check added %d users", len(rows))
	}
	if a := upload(to+"/users.csv", string(users.body)); a.json["added"] != float64(len(extensions)) {
		t.Errorf("added %s", a.body)
	}
	if again := w.account.call(200, "GET", to+"/users.csv", nil); string(again.body) != string(users.body) {
		t.Errorf("users came back as\n%s\nwant\n%s", again.body, users.body)
	}
	if a := upload(to+"/users.csv", string(users.body)); a.json["added"] != 0.0 || a.json["unchanged"] != float64(len(extensions)) {
		t.Errorf("a second time: %s", a.body)
	}
	// A number is one organization's: they move.
	a := w.account.refused(422, "invalid", "POST", to+"/numbers.csv", string(numbers.body), "Content-Type", "text/csv")
	if len(a.pointers()) != len(nasty) {
		t.Errorf("numbers of another organization: %s", a.body)
	}
	if a := upload(from+"/numbers.csv", string(numbers.body)); a.json["unchanged"] != float64(len(nasty)) {
		t.Errorf("unchanged: %s", a.body)
	}
	for _, n := range w.account.call(200, "GET", from+"/numbers?limit=200", nil).list("data") {
		w.account.call(204, "DELETE", from+"/numbers/"+n["id"].(string), nil)
	}
	if a := upload(to+"/numbers.csv?check=true", string(numbers.body)); a.json["added"] != float64(len(nasty)) {
		t.Errorf("checked %s", a.body)
	}
	upload(to+"/numbers.csv", string(numbers.body))
	if again := w.account.call(200, "GET", to+"/numbers.csv", nil); string(again.body) != string(numbers.body) {
		t.Errorf("numbers came back as\n%s\nwant\n%s", again.body, numbers.body)
	}
	log := w.account.call(200, "GET", "/v1/audit?what=number.created&limit=200", nil).list("data")
	if len(log) != len(nasty)+1 || log[0]["name"] != fmt.Sprintf("%d numbers of a file", len(nasty)) {
		t.Errorf("on record: %d lines, %v", len(log), log[0])
	}
}

func TestAFileWithAMistakeAddsNothingAndEveryMistakeIsSaidWithItsLine(t *testing.T) {
	p := newProvider(t)
	w := start(t, p.host())
	w.account.call(201, "PUT", "/v1/services/acme", p.file("acme"))
	tm := w.account.newTeam("a", "acme", "+15550001001", map[string]string{"API key": "k"})
	org := "/v1/organizations/" + tm.org
	wrong := func(path, text string, want ...string) {
		t.Helper()
		a := w.account.refused(422, "invalid", "POST", path, text, "Content-Type", "text/csv")
		got := a.pointers()
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s: mistakes at %q, want %q: %s", path, got, want, a.body)
		}
	}
	wrong(org+"/users.csv", "")
	wrong(org+"/users.csv", "name\nx\n", "/1/extension")
	wrong(org+"/users.csv", "extension,extension,shoe\n", "/1/extension", "/1/shoe")
	wrong(org+"/users.csv", "extension,name\n\"1\n", "/2/")
	wrong(org+"/users.csv", csvOf(
		[]string{"Extension", "NAME", "email", "status", "role", "extra"},
		[]string{"201", "good\nname", "a@example.com", "1", "user", `{"a": 1}`},
		[]string{"", "x", "", "", "", ""},
		[]string{"202", strings.Repeat("x", 201), "none", "2", "king", `[1]`},
		[]string{"201", "again", "", "", "", ""},
		[]string{"101", "there already", "", "", "", ""},
		[]string{"203", "x", "", "one", "", `{`},
		[]string{"204"},
	), "/4/extension", "/5/email", "/5/extra", "/5/name", "/5/role", "/5/status", "/6/extension", "/7/extension", "/8/extra", "/8/status", "/9/")
	wrong(org+"/numbers.csv", csvOf(
		[]string{"number", "service", "users", "country", "sendName", "sessionTimeout", "optout", "inboundFormat", "failover"},
		[]string{"+15550003001", "acme", "101", "us", "TRUE", "60", "", "", ""},
		[]string{"", "acme", "", "", "", "", "", "", ""},
		[]string{"+15550003003", "nobody", "", "", "", "", "", "", ""},
		[]string{"+15550003004", "acme", "101; 101", "XX", "maybe", "-1", "{", "loud", "nobody"},
		[]string{"+15550003001", "acme", "", "", "", "", "", "", ""},
		[]string{"+15550001001", "acme", "", "", "", "", "", "", ""},
		[]string{"+15550003007", "acme", "nobody", "", "", "", "", "", ""},
	), "/3/number", "/4/service", "/5/country", "/5/failover/service", "/5/inboundFormat", "/5/optout", "/5/sendName", "/5/sessionTimeout", "/5/users", "/6/number", "/7/number", "/8/users")
	if users, numbers := w.account.call(200, "GET", org+"/users", nil).list("data"), w.account.call(200, "GET", org+"/numbers", nil).list("data"); len(users) != 2 || len(numbers) != 1 {
		t.Errorf("%d users and %d numbers after files with mistakes", len(users), len(numbers))
	}
	w.account.refused(422, "invalid", "POST", org+"/users.csv?check=perhaps", "extension\n1\n", "Content-Type", "text/csv")
	w.account.refused(413, "too_large", "POST", org+"/users.csv", strings.Repeat("x", 4<<20+1), "Content-Type", "text/csv")
	w.account.refused(413, "too_large", "POST", org+"/users.csv", "extension\n"+strings.Repeat("1\n", 10_001), "Content-Type", "text/csv")
	a := w.account.call(200, "POST", org+"/users.csv", "\ufeffname,extension\r\nStray \xff and \x00,301\r\n", "Content-Type", "text/csv")
	if a.json["added"] != 1.0 || !strings.Contains(string(w.account.call(200, "GET", org+"/users.csv", nil).body), "Stray \ufffd and \ufffd") {
		t.Errorf("bytes that are no text: %s", a.body)
	}
}
