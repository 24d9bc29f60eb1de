package service

import (
	"strings"
	"testing"
)

func TestANewFilePassesLintAndAllItsTestsWhateverTheProviderIsLike(t *testing.T) {
	for _, method := range []string{"", "POST", "put", "GET", "DELETE"} {
		for _, contentType := range []string{"", "application/json", "application/x-www-form-urlencoded", "multipart/form-data", "text/xml"} {
			for _, auth := range []string{"", "bearer", "basic", "none"} {
				for _, properties := range [][]string{nil, {"Key"}, {"A", "B", "Sender pool"}} {
					d := Draft{ID: "acme", Method: method, ContentType: contentType, Auth: auth, Properties: properties}
					file, problems := d.File()
					if file == nil {
						t.Errorf("%+v: %v", d, problems)
						continue
					}
					s, problems := Parse(file)
					if s == nil || len(problems) != 1 || !strings.Contains(problems[0].Message, `without "verify"`) {
						t.Errorf("%+v: %v", d, problems)
					}
					results, cover := s.Prove()
					if len(results) < 10 || len(cover.Missed) > 0 || len(Failed(results)) > 0 {
						t.Errorf("%+v: %d tests, %v missed, %v", d, len(results), cover.Missed, Failed(results))
					}
					if formatted, err := Format(file); err != nil || string(formatted) != string(file) {
						t.Errorf("%+v: not in canonical form: %v", d, err)
					}
				}
			}
		}
	}
}

func TestAPropertyInTheAddressIsNoParameter(t *testing.T) {
	file, problems := Draft{ID: "a", URL: "$Base URL$/v1/$Account$/sms", Auth: "none", Properties: []string{"Base URL", "Account", "Pool"}}.File()
	if file == nil {
		t.Fatal(problems)
	}
	if s := string(file); strings.Contains(s, `"account":`) || strings.Contains(s, `"base_url":`) || !strings.Contains(s, `"pool": "$Pool$"`) {
		t.Errorf("got %s", s)
	}
}

func TestADraftThatCannotWorkSaysWhy(t *testing.T) {
	for _, c := range []struct {
		draft Draft
		at    string
	}{
		{Draft{ID: ""}, "/id"},
		{Draft{ID: "a cme"}, "/id"},
		{Draft{ID: "a", URL: "ftp://x"}, "/API/request_url"},
		{Draft{ID: "a", URL: "https://api.example.com/$Acount$"}, "/API/request_url"},
		{Draft{ID: "a", ContentType: "text/plain"}, "/API/request_content_type"},
		{Draft{ID: "a", ContentType: "image/png"}, "/API/SendMessage"},
		{Draft{ID: "a", Method: "GE T"}, "/API/request_method"},
		{Draft{ID: "a", Properties: []string{"content"}}, "/properties/0"},
		{Draft{ID: "a", Properties: []string{"$to$"}}, "/properties/0"},
		{Draft{ID: "a", Properties: []string{"A", "A"}}, "/properties/1"},
	} {
		file, problems := c.draft.File()
		if file != nil || len(problems) == 0 || !strings.HasPrefix(problems[0].Pointer, c.at) {
			t.Errorf("%+v: got %v, want a problem at %s", c.draft, problems, c.at)
		}
	}
}

func TestTheNameOfADraftIsTextAndNothingElse(t *testing.T) {
	for _, name := range []string{"yes", "0123", "~", "Hi: there", "$to$", "{{to}}", "$API key$", `"`, `\`, "é", "😀", strings.Repeat("x", 1600), "\xff", "a\x00b"} {
		file, problems := Draft{ID: "a", Name: name}.File()
		if file == nil {
			t.Errorf("%q: %v", name, problems)
			continue
		}
		if s, _ := Parse(file); s == nil || strings.ToValidUTF8(name, "\ufffd") != s.Name {
			t.Errorf("%q became %q", name, s.Name)
		}
	}
}
