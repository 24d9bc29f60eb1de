package app_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

func TestTheReferenceShowsEveryRouteAndRunsNothingThatIsNotItsOwn(t *testing.T) {
	w := start(t)
	a := w.as("").call(200, "GET", "/v1/docs", nil)
	policy := a.header.Get("Content-Security-Policy")
	if !strings.HasPrefix(policy, "default-src 'none'; ") || strings.Contains(policy, "unsafe") || strings.Contains(policy, "http") || strings.Contains(policy, "*") {
		t.Errorf("the policy is %s", policy)
	}
	root, err := html.Parse(bytes.NewReader(a.body))
	if err != nil {
		t.Fatal(err)
	}
	ids, links := map[string]bool{}, []string{}
	for n := range root.Descendants() {
		switch n.Data {
		case "script", "style":
			if sum := sha256.Sum256([]byte(n.FirstChild.Data)); !strings.Contains(policy, n.Data+"-src 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"';") {
				t.Errorf("the policy %s does not let the page's own %s through", policy, n.Data)
			}
		case "form", "iframe", "img":
			t.Errorf("there is a %s", n.Data)
		}
		for _, attr := range n.Attr {
			switch {
			case strings.HasPrefix(attr.Key, "on") || attr.Key == "style":
				t.Errorf("%s has %s, which the policy forbids", n.Data, attr.Key)
			case attr.Key == "id" && ids[attr.Val]:
				t.Errorf("two are called %s", attr.Val)
			case attr.Key == "id":
				ids[attr.Val] = true
			case attr.Key == "href" || attr.Key == "src":
				links = append(links, attr.Val)
			}
		}
	}
	for _, link := range links {
		if name, inside := strings.CutPrefix(link, "#"); inside && !ids[name] {
			t.Errorf("%s leads nowhere", link)
		} else if !inside && !strings.HasPrefix(link, "/") {
			t.Errorf("%s leads away", link)
		}
	}
	for path, item := range theDocument().tree["paths"].(map[string]any) {
		for _, o := range item.(map[string]any) {
			if id := o.(map[string]any)["operationId"].(string); !ids[id] {
				t.Errorf("%s of %s is not shown", id, path)
			}
		}
	}
	for name := range theDocument().tree["components"].(map[string]any)["schemas"].(map[string]any) {
		if !ids["schema-"+name] {
			t.Errorf("the schema %s is not shown", name)
		}
	}
	if text := string(a.body); !strings.Contains(text, "curl -X POST "+w.app.URL()+"/v1/messages") || strings.Contains(text, "ZgotmplZ") || strings.Contains(text, "%!") {
		t.Error("an example is not what one can type")
	}
	if a := w.as("").try("GET", "/v1/docs", nil, "If-None-Match", a.header.Get("ETag")); a.status != http.StatusNotModified {
		t.Errorf("what has not changed is sent again: %d", a.status)
	}
}
