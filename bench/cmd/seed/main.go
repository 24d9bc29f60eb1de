// Command seed fills a gateway for a load test: services that all ask one
// address, organizations with a user each, spread over the services, and
// numbers spread over the organizations: the n-th is +1 AREA, then seven digits
// from 1000000 on, which is loadgen's {seven:N}. It prints the webhook URL of
// the first organization.
//
//	seed -addr http://127.0.0.1:9180 -key K -send http://127.0.0.1:9100/send -services 1000 -orgs 10000 -numbers 10000
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"sync"
	"sync/atomic"
)

func main() {
	log.SetFlags(0)
	addr := flag.String("addr", "http://127.0.0.1:9180", "the gateway")
	key := flag.String("key", "", "an account's API key")
	send := flag.String("send", "http://127.0.0.1:9100/send", "where the services send to")
	prefix := flag.String("prefix", "bench", "begins the ids of services and organizations' domains; lower case letters")
	area := flag.String("area", "555", "three digits that begin the numbers")
	services := flag.Int("services", 1, "service files")
	orgs := flag.Int("orgs", 1, "organizations")
	numbers := flag.Int("numbers", 90, "numbers")
	flag.Parse()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 32}}
	call := func(method, path string, body any) map[string]any {
		data, err := json.Marshal(body)
		if err != nil {
			log.Fatal(err)
		}
		req, err := http.NewRequest(method, *addr+path, bytes.NewReader(data))
		if err != nil {
			log.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+*key)
		req.Header.Set("Content-Type", "application/json")
		resp, err := client.Do(req)
		if err != nil {
			log.Fatal(err)
		}
		defer resp.Body.Close()
		said, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode/100 != 2 {
			log.Fatalf("%s %s: %d %.300s %v", method, path, resp.StatusCode, said, err)
		}
		got := map[string]any{}
		if err := json.Unmarshal(said, &got); err != nil {
			log.Fatalf("%s %s: %v", method, path, err)
		}
		return got
	}
	// each runs do for 0 to n-1, 32 at once: the gateway syncs them together.
	each := func(n int, do func(i int)) {
		var next atomic.Int64
		var wg sync.WaitGroup
		for range min(n, 32) {
			wg.Go(func() {
				for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
					do(i)
				}
			})
		}
		wg.Wait()
	}
	service := func(i int) string { return fmt.Sprintf("%s%d", *prefix, i) }
	each(*services, func(i int) {
		call("PUT", "/v1/services/"+service(i), map[string]any{"id": service(i), "name": "Bench", "class": "sms", "properties": []string{"API key"},
			"auth": map[string]any{"type": "Bearer", "token": "$API key$"},
			"API": map[string]any{"SendMessage": map[string]any{"request_method": "POST", "request_url": *send,
				"request_parameters": map[string]any{"from": "$from$", "to": "$to$", "extension": "$extension$", "domain": "$domain$", "content": "$content$"},
				"response_map":       map[string]any{"data": map[string]any{"id": "$messageid$"}}}},
			"Webhook": []any{map[string]any{"event_key": "message", "event_type": "message", "request_parameters": map[string]any{"method": "$event_key$",
				"params": map[string]any{"from": "$from$", "to": "$to$", "content": "$content$"}}}}})
	})
	ids, users, hooks := make([]string, *orgs), make([]string, *orgs), make([]string, *orgs)
	each(*orgs, func(i int) {
		ids[i], _ = call("POST", "/v1/organizations", map[string]any{"name": "Bench", "domain": service(i)})["id"].(string)
		users[i], _ = call("POST", "/v1/organizations/"+ids[i]+"/users", map[string]any{"extension": "101", "name": "Bench"})["id"].(string)
		hooks[i], _ = call("PUT", "/v1/organizations/"+ids[i]+"/integrations/"+service(i%*services), map[string]any{"properties": map[string]any{"API key": "k"}})["webhook_url"].(string)
	})
	each(*numbers, func(i int) {
		o := i % *orgs
		call("POST", "/v1/organizations/"+ids[o]+"/numbers", map[string]any{"service": service(o % *services), "number": fmt.Sprintf("+1%s%d", *area, 1000000+i),
			"name": "n", "users": []string{users[o]}, "country": "US"})
	})
	fmt.Println(hooks[0])
}
