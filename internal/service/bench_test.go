package service

import (
	"encoding/json"
	"testing"

	"patchbay/internal/wire"
)

// What a message costs on its way through a service, beside encoding/json of the body alone.
func BenchmarkRequest(b *testing.B) {
	bound := base(b)
	m := &Sending{ID: "m1", From: "+61123456789", To: "+61855555555", Text: "Hello there! This is a text of ordinary length for a gateway.", Extension: "101", Domain: "acme"}
	at := Attempt{Now: now, UUID: "u"}
	b.Run("service", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := bound.Request(m, 0, at); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("encoding-json-struct", func(b *testing.B) {
		b.ReportAllocs()
		body := struct {
			From      string `json:"from"`
			To        string `json:"to"`
			Extension string `json:"extension"`
			Domain    string `json:"domain"`
			Content   string `json:"content"`
		}{m.From, m.To, m.Extension, m.Domain, m.Text}
		for b.Loop() {
			if _, err := json.Marshal(&body); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkResponse(b *testing.B) {
	bound := base(b)
	m := &Sending{ID: "m1", From: "+61123456789", To: "+61855555555", Text: "x"}
	r := &wire.Response{Status: 200, Header: map[string][]string{"Content-Type": {"application/json"}}, Body: []byte(`{"data": {"id": "9612c4e2-27f8-4463-a517-c6306ffdabff"}}`)}
	b.ReportAllocs()
	for b.Loop() {
		if got := bound.Response(m, 0, r, now); len(got.MessageIDs) != 1 {
			b.Fatal(got)
		}
	}
}

func BenchmarkReadCallback(b *testing.B) {
	bound := base(b)
	body := `{"method": "message", "params": {"from": "+61855555555", "to": "+61123456789", "content": "Hello there! This is a text of ordinary length for a gateway."}}`
	numbers := NewNumbers([]Number{{Value: "+61123456789", Country: "AU"}})
	request := hook(body).Request
	b.Run("service", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			cb := Callback{Request: request, Now: now, Numbers: numbers}
			if got := bound.Read(&cb); len(got.Events) != 1 {
				b.Fatal(got)
			}
		}
	})
	b.Run("encoding-json-map", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var v map[string]any
			if err := json.Unmarshal([]byte(body), &v); err != nil {
				b.Fatal(err)
			}
		}
	})
}
