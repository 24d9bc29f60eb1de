package service

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"patchbay/internal/phone"
	"patchbay/internal/tree"
	"patchbay/internal/wire"
	"patchbay/services"
)

// What a message costs on its way through each file of the catalogue, beside encoding/json on a body of the same content: written from a
// struct, read into a map. The messages, answers and callbacks are those of the file's own tests. bench/services.sh makes the table.
//
// ratio is what counts; both sides are timed in turns of which the medians count, so that what else the machine does matters little.
func BenchmarkCatalogue(b *testing.B) {
	floor := make([]byte, 24<<20) // of the heap, as the program has it
	defer runtime.KeepAlive(floor)
	names, err := fs.Glob(services.Files, "*.json")
	if err != nil || len(names) == 0 {
		b.Fatal("no catalogue", err)
	}
	for _, name := range names {
		data, err := services.Files.ReadFile(name)
		if err != nil {
			b.Fatal(err)
		}
		s, problems := Parse(data)
		if s == nil {
			b.Fatal(problems)
		}
		b.Run(strings.TrimSuffix(name, ".json"), func(b *testing.B) {
			for _, c := range costs(b, s) {
				b.Run(c.name, c.measure)
			}
		})
	}
}

// cost is one thing that a file does, and what encoding/json does for as much.
type cost struct {
	name       string
	ours, base func() error
}

func (c cost) measure(b *testing.B) {
	const turn = 8
	var ours, base []time.Duration
	for b.Loop() {
		start := time.Now()
		for range turn {
			if err := c.ours(); err != nil {
				b.Fatal(err)
			}
		}
		middle := time.Now()
		for range turn {
			if err := c.base(); err != nil {
				b.Fatal(err)
			}
		}
		ours, base = append(ours, middle.Sub(start)), append(base, time.Since(middle))
	}
	slices.Sort(ours)
	slices.Sort(base)
	us, them := ours[len(ours)/2], base[len(base)/2]
	b.ReportMetric(float64(us.Nanoseconds())/turn, "ns/op")
	b.ReportMetric(float64(them.Nanoseconds())/turn, "json-ns/op")
	b.ReportMetric(float64(us)/float64(them), "ratio")
}

// costs finds a message, its answer, an inbound message and a receipt among the tests of the file.
func costs(b *testing.B, s *Service) (out []cost) {
	have := map[string]bool{}
	add := func(c cost) {
		if !have[c.name] {
			have[c.name] = true
			out = append(out, c)
		}
	}
	for _, t := range s.testList() {
		r := &testRun{service: s, test: t}
		if !r.ready() {
			b.Fatal(r.result.Failures)
		}
		switch {
		case t.Get("send").Kind() != tree.Absent:
			sendCosts(b, r, add)
		case t.Get("webhook").Kind() != tree.Absent && t.Get("verified").Text() != "false":
			callbackCosts(b, r, add)
		}
	}
	return out
}

func sendCosts(b *testing.B, r *testRun, add func(cost)) {
	m := r.sending(r.test.Get("send"))
	if len(m.Files) > 0 {
		return
	}
	at := Attempt{Now: r.now, UUID: "00000000-0000-4000-8000-000000000001", Token: "t"}
	request, err := r.bound.Request(m, 0, at)
	if err != nil {
		b.Fatal(err)
	}
	add(cost{"write", func() error {
		_, err := r.bound.Request(m, 0, at)
		return err
	}, marshal(content(b, request.Header.Get("Content-Type"), request.Body, request.URL))})
	answer := r.test.Get("response")
	if answer.Kind() == tree.Absent || r.test.Get("result").Get("outcome").Text() != "accepted" {
		return
	}
	response := testResponse(answer)
	add(cost{"answer", func() error {
		if got := r.bound.Response(m, 0, response, r.now); got.Outcome != "accepted" {
			return fmt.Errorf("%+v", got)
		}
		return nil
	}, unmarshal(content(b, response.Header.Get("Content-Type"), response.Body, ""))})
}

func callbackCosts(b *testing.B, r *testRun, add func(cost)) {
	events := r.test.Get("events").List()
	if len(events) == 0 {
		return
	}
	name, known := map[string]string{"message": "message", "mms": "message", "messageDelivered": "receipt"}[events[0].Get("type").Text()]
	if !known {
		return
	}
	cb, err := r.callback()
	if err != nil {
		b.Fatal(err)
	}
	if cb.Numbers == nil { // as they are in a gateway: found, with their country
		var ours []Number
		for _, e := range r.bound.Read(cb).Events {
			ours = append(ours, Number{Value: e.To, Country: phone.Country(e.To)}, Number{Value: e.From, Country: phone.Country(e.From)})
		}
		cb.Numbers = NewNumbers(ours)
	}
	add(cost{name, func() error {
		one := Callback{Request: cb.Request, Now: cb.Now, Number: cb.Number, Numbers: cb.Numbers}
		if got := r.bound.Read(&one); len(got.Events) != len(events) {
			return fmt.Errorf("%+v", got)
		}
		return nil
	}, unmarshal(content(b, cb.Request.Header.Get("Content-Type"), cb.Request.Body, cb.Request.URL))})
}

// content is what a body says, or the query where there is none.
func content(b *testing.B, contentType string, body []byte, url string) tree.Value {
	if len(body) == 0 {
		_, query, _ := strings.Cut(url, "?")
		v, err := wire.DecodeQuery(query, wire.Limits{})
		if err != nil {
			b.Fatal(err)
		}
		return v
	}
	v, err := wire.Decode(contentType, body, wire.Limits{})
	if err != nil {
		b.Fatal(err)
	}
	if v.Kind() != tree.Object && v.Kind() != tree.List {
		v = tree.ObjectOf(tree.Member{Name: "text", Value: v})
	}
	return v
}

// marshal writes a struct that was made for the content.
func marshal(v tree.Value) func() error {
	it := reflect.New(goType(v))
	setTo(it.Elem(), v)
	value := it.Interface()
	return func() error {
		_, err := json.Marshal(value)
		return err
	}
}

func unmarshal(v tree.Value) func() error {
	body := wire.AppendJSON(nil, v)
	return func() error {
		var into any
		return json.Unmarshal(body, &into)
	}
}

// goType is the type that a programmer would give the content.
func goType(v tree.Value) reflect.Type {
	switch v.Kind() {
	case tree.Object:
		var fields []reflect.StructField
		seen := map[string]bool{}
		for _, m := range v.Members() {
			if !seen[m.Name] {
				seen[m.Name] = true
				fields = append(fields, reflect.StructField{Name: fmt.Sprint("F", len(fields)), Type: goType(m.Value), Tag: reflect.StructTag(`json:"` + m.Name + `"`)})
			}
		}
		return reflect.StructOf(fields)
	case tree.List:
		if len(v.List()) > 0 {
			return reflect.SliceOf(goType(v.List()[0]))
		}
		return reflect.TypeFor[[]string]()
	case tree.Bool:
		return reflect.TypeFor[bool]()
	case tree.Number:
		return reflect.TypeFor[json.Number]()
	}
	return reflect.TypeFor[string]()
}

func setTo(at reflect.Value, v tree.Value) {
	switch v.Kind() {
	case tree.Object:
		names := map[string]int{}
		for _, m := range v.Members() {
			i, ok := names[m.Name]
			if !ok {
				i = len(names)
				names[m.Name] = i
			}
			if at.Kind() == reflect.Struct && i < at.NumField() && at.Field(i).Type() == goType(m.Value) {
				setTo(at.Field(i), m.Value)
			}
		}
	case tree.List:
		for _, e := range v.List() {
			one := reflect.New(at.Type().Elem()).Elem()
			if one.Type() == goType(e) {
				setTo(one, e)
			}
			at.Set(reflect.Append(at, one))
		}
	case tree.Bool:
		at.SetBool(v.Text() == "true")
	default:
		at.SetString(v.Text())
	}
}
