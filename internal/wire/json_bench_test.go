package wire

import (
	"bytes"
	"encoding/json"
	"net/url"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"patchbay/internal/tree"
)

// A webhook as a carrier sends it, 600 bytes and some.
const webhook = `{"data":{"event_type":"message.received","id":"bf6307bd-884d-4c1f-b6ea-c62b8c495d3c","occurred_at":"2019-01-23T18:10:02.574+00:00",` +
	`"payload":{"cc":[],"completed_at":null,"cost":{"amount":"0.0051","currency":"USD"},"direction":"inbound","encoding":"GSM-7","errors":[],` +
	`"from":{"phone_number":"+18665550001","carrier":"","line_type":""},"id":"84cca175-9755-4859-b67f-4730d7f58aa3","media":[],` +
	`"messaging_profile_id":"740572b6-099c-44a1-89b9-6c92163bc68d","parts":1,"received_at":"2019-01-23T18:10:02.574+00:00",` +
	`"text":"Hello from a handset!\nSecond line.","to":[{"phone_number":"+18445550001"}],"type":"SMS","valid_until":null}}}`

func BenchmarkDecodeJSON(b *testing.B) {
	body := []byte(webhook)
	run := func(name string, f func() error) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				if err := f(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	run("wire", func() error { _, err := Decode("application/json", body, Limits{}); return err })
	run("encoding-json-map", func() error { var m map[string]any; return json.Unmarshal(body, &m) })
	run("jsontext-tokens-to-tree", func() error {
		d := jsontext.NewDecoder(bytes.NewReader(body), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
		_, err := fromTokens(d)
		return err
	})
}

func BenchmarkDecodeForm(b *testing.B) {
	body := []byte("ToCountry=US&ToState=District+Of+Columbia&SmsMessageSid=SMe287d7109a5a925f182f0e07fe5b223b&NumMedia=0&ToCity=&FromZip=01022" +
		"&SmsSid=SMe287d7109a5a925f182f0e07fe5b223b&FromState=MA&SmsStatus=received&FromCity=CHICOPEE&Body=Msg&FromCountry=US&To=%2B12028831111" +
		"&ToZip=&NumSegments=1&MessageSid=SMe287d7109a5a925f182f0e07fe5b223b&AccountSid=ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa&From=%2B14133408676&ApiVersion=2010-04-01")
	b.Run("net-url", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := url.ParseQuery(string(body)); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("wire", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := Decode("application/x-www-form-urlencoded; charset=UTF-8", body, Limits{}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkAppendJSON(b *testing.B) {
	m := struct {
		From   string `json:"from"`
		To     string `json:"to"`
		Text   string `json:"text"`
		Ref    string `json:"reference"`
		Hook   string `json:"callback_url"`
		Status bool   `json:"status_report"`
	}{"+15550001111", "+15551234567", "Hello \"Ana\", your code is 123456.\nIt is good for 10 minutes.", "01J9ZQ4T6V8N2M5K7R3S1W0X9Y", "https://gw.example.org/in/acme/dlr", true}
	b.Run("encoding-json-struct", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := json.Marshal(&m); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("wire", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			v := tree.ObjectOf(
				tree.Member{Name: "from", Value: tree.Text(m.From)}, tree.Member{Name: "to", Value: tree.Text(m.To)},
				tree.Member{Name: "text", Value: tree.Text(m.Text)}, tree.Member{Name: "reference", Value: tree.Text(m.Ref)},
				tree.Member{Name: "callback_url", Value: tree.Text(m.Hook)}, tree.Member{Name: "status_report", Value: tree.Truth(m.Status)})
			if len(AppendJSON(make([]byte, 0, 256), v)) == 0 {
				b.Fatal("nothing")
			}
		}
	})
}

func fromTokens(d *jsontext.Decoder) (tree.Value, error) {
	t, err := d.ReadToken()
	if err != nil {
		return tree.Value{}, err
	}
	switch t.Kind() {
	case '"':
		return tree.Text(t.String()), nil
	case '0':
		return tree.Digits(t.String()), nil
	case 't', 'f':
		return tree.Truth(t.Bool()), nil
	case '[':
		var vs []tree.Value
		for d.PeekKind() != ']' {
			v, err := fromTokens(d)
			if err != nil {
				return tree.Value{}, err
			}
			vs = append(vs, v)
		}
		_, err := d.ReadToken()
		return tree.ListOf(vs...), err
	case '{':
		var ms []tree.Member
		for d.PeekKind() != '}' {
			name, err := d.ReadToken()
			if err != nil {
				return tree.Value{}, err
			}
			m := tree.Member{Name: name.String()}
			if m.Value, err = fromTokens(d); err != nil {
				return tree.Value{}, err
			}
			ms = append(ms, m)
		}
		_, err := d.ReadToken()
		return tree.ObjectOf(ms...), err
	}
	return tree.Nil, nil
}
