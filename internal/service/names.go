package service

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/gabriel-vasile/mimetype"

	"patchbay/internal/pattern"
	"patchbay/internal/phone"
	"patchbay/internal/tree"
	"patchbay/internal/wire"
)

// The slots of every variable, the same in every scope, so that one list of values serves writing a request and reading its answer.
const (
	slotFrom = iota
	slotTo
	slotContent
	slotText
	slotURL
	slotURLs
	slotFile
	slotFilename
	slotMIMEType
	slotMediaClass
	slotMediaID
	slotExtension
	slotDomain
	slotUsername
	slotOrgID
	slotID
	slotWebhookURL
	slotSegments
	slotEncoding
	slotLength
	slotFiles
	slotCreated
	slotNow
	slotUUID
	slotMessageID
	slotEventKey
	slotErrorCode
	slotErrorText
	slotRetryAfter
	slotTimestamp
	slotChallenge
	slotPart
	slotParts
	slotPartRef
	slotCursor
	slotToken
	slotExpiresIn
	firstProperty // the properties follow, in the order of the file
)

// where is a set of places in which a variable may stand.
type where uint8

const (
	inSend     where = 1 << iota // a request of ours
	inResponse                   // an answer to it, besides everything that the request knew
	inHook                       // a callback, and our reply to it
	inAuth                       // a request of ours, where auth fetches tokens
	inCall                       // a request that is no send, or the answer to it: methodKinds says which
)

// variable is one row of the table of variables.
type variable struct {
	name     string
	places   where
	sentence string
}

// variables is the table, by slot. The reference prints it.
var variables = [firstProperty]variable{
	slotFrom:       {"from", inSend | inHook, "sending: our number; in a callback: the contact. In a receipt either may be ours"},
	slotTo:         {"to", inSend | inHook, "sending: the contact; in a callback: our number. Several are several called numbers of one message"},
	slotContent:    {"content", inSend | inHook, "the text; in `SendFile` the public URL of the file"},
	slotText:       {"text", inSend | inHook, "the text, or the caption of a file"},
	slotURL:        {"url", inSend | inHook, "the public URL of the file"},
	slotURLs:       {"urls", inSend | inHook, "the public URLs of all files of the message"},
	slotFile:       {"file", inSend | inHook, "the bytes of the file"},
	slotFilename:   {"filename", inSend | inHook, "the name of the file"},
	slotMIMEType:   {"mimetype", inSend | inHook, "its media type, `image/jpeg`"},
	slotMediaClass: {"mediaclass", inSend | inHook, "`image`, `video`, `audio` or `file`"},
	slotMediaID:    {"mediaid", inSend | inHook | inCall, "what the provider calls a file for which it gives no URL"},
	slotExtension:  {"extension", inSend, "the extension of the user who sends"},
	slotDomain:     {"domain", inSend, "the domain of the organization"},
	slotUsername:   {"username", inSend, "the name of the user who sends"},
	slotOrgID:      {"orgid", inSend, "the id of the organization"},
	slotID:         {"id", inSend | inHook, "our id of the message, a UUID, the same in every attempt"},
	slotWebhookURL: {"webhook_url", inSend, "the URL for the provider's callbacks; it has no query"},
	slotSegments:   {"segments", inSend, "how many segments a carrier bills for the text"},
	slotEncoding:   {"encoding", inSend, "`gsm7` or `ucs2`"},
	slotLength:     {"length", inSend, "how many characters the text has"},
	slotFiles:      {"files", inSend, "how many files the request carries"},
	slotCreated:    {"created", inSend, "when the message was accepted"},
	slotNow:        {"now", inSend, "when the attempt begins"},
	slotUUID:       {"uuid", inSend, "a UUID of the attempt's own"},
	slotMessageID:  {"messageid", inResponse | inHook | inCall, "the provider's id of the message"},
	slotEventKey:   {"event_key", inHook, "the provider's word for what happened"},
	slotErrorCode:  {"error_code", inResponse | inHook, "the provider's code for what went wrong"},
	slotErrorText:  {"error_text", inResponse | inHook, "what it says about it"},
	slotRetryAfter: {"retry_after", inResponse, "seconds to wait before the next attempt"},
	slotTimestamp:  {"timestamp", inHook, "the provider's time of the event"},
	slotChallenge:  {"challenge", inHook, "what a handshake wants to hear back"},
	slotPart:       {"part", inHook, "the number of this part of a long text, from 1"},
	slotParts:      {"parts", inHook, "how many parts the text has"},
	slotPartRef:    {"part_ref", inHook, "what the parts of one text have in common"},
	slotCursor:     {"cursor", inCall, "how far `Receive` has come, in the provider's words: what the last answer said, or nothing"},
	slotToken:      {"token", inAuth | inCall, "what `Login` or `OAuth2` got, for every request but the one that gets it"},
	slotExpiresIn:  {"expires_in", inCall, "how many seconds that holds"},
}

// names makes the scopes for one file: the variables above and the file's properties.
type names struct {
	properties []Property
	count      int  // slots, properties included
	token      bool // auth fetches tokens, so requests may say $token$

	scopes map[string]*pattern.Scope // those that were made, for files have many patterns of few kinds
}

// kept is the scope of a kind, made once while a file is loaded.
func (n *names) kept(kind string, of func() pattern.Scope) *pattern.Scope {
	if s := n.scopes[kind]; s != nil {
		return s
	}
	if n.scopes == nil {
		n.scopes = map[string]*pattern.Scope{}
	}
	s := pattern.NewScope(of())
	n.scopes[kind] = s
	return s
}

func newNames(properties []Property) *names {
	return &names{properties: properties, count: firstProperty + len(properties)}
}

// noName is a name that no pattern can spell.
const noName = "|"

// vars is the rows of a scope. A variable that may not stand there keeps its slot and loses its name.
func (n *names) vars(places where, known bool) []pattern.Var {
	vars := make([]pattern.Var, n.count)
	for slot, v := range variables {
		if v.places&places != 0 {
			vars[slot].Name = v.name
		} else {
			vars[slot].Name = noName
		}
	}
	for i, p := range n.properties {
		vars[firstProperty+i] = pattern.Var{Name: p.Name, Known: known, Use: pattern.First}
	}
	return vars
}

// of is the rows of a scope that has these variables.
func (n *names) of(slots bits, known bool) []pattern.Var {
	vars := n.vars(0, known)
	for slot, v := range variables {
		if slots.has(slot) {
			vars[slot].Name = v.name
		}
	}
	return vars
}

func numberGive(env any, v tree.Value) tree.Value {
	m, ok := env.(*Sending)
	if !ok || m.OutboundFormat == "" {
		return v
	}
	return tree.Text(phone.Format(v.Text(), m.OutboundFormat, m.Country))
}

// fileVars marks what has one value per file.
func fileVars(vars []pattern.Var) {
	for _, slot := range []int{slotURL, slotFile, slotFilename, slotMIMEType, slotMediaClass} {
		vars[slot].PerFile = true
	}
	vars[slotURLs].EachFile = true
	vars[slotFile].Bytes = true
}

// askScope is for requests. In SendFile $content$ is the URL of the file.
func (n *names) askScope(k *methodKind) *pattern.Scope {
	return n.kept("request of "+k.name, func() pattern.Scope {
		vars := n.of(k.asked(), false)
		file := k.name == sendFile || k.name == UploadFile
		fileVars(vars)
		vars[slotMediaID].PerFile = true
		if k.name != Login {
			n.giveToken(vars)
		}
		vars[slotFrom].Give = numberGive
		vars[slotTo].Give = numberGive
		vars[slotText].FirstFile, vars[slotContent].FirstFile = true, !file // a caption stands once
		vars[slotContent].PerFile = file
		return pattern.Scope{
			Direction: pattern.Writes, Vars: vars, Filters: numberFilters, FormatJSON: formatJSON, AppendJSON: wire.AppendJSON, ParseJSON: parseJSON,
		}
	})
}

// giveToken lets requests say $token$ where there is one. A property of that name hides it.
func (n *names) giveToken(vars []pattern.Var) {
	vars[slotToken] = pattern.Var{Name: variables[slotToken].name, Elsewhere: !n.token}
}

// textScope is for texts made of properties alone: auth, secrets in headers.
func (n *names) textScope() *pattern.Scope {
	return n.kept("text", func() pattern.Scope {
		return pattern.Scope{Direction: pattern.Writes, Vars: n.vars(0, false), Filters: numberFilters, FormatJSON: formatJSON, ParseJSON: parseJSON}
	})
}

// keyScope is for the keys of signatures: bytes, from what a provider shows in the form that the filters name.
func (n *names) keyScope() *pattern.Scope {
	return n.kept("key", func() pattern.Scope {
		return pattern.Scope{Direction: pattern.Writes, Vars: n.vars(0, false), RawText: true, Decodes: true, FormatJSON: formatJSON, ParseJSON: parseJSON}
	})
}

// whenScope reads the sending variables, which stand there as members of one object.
func (n *names) whenScope() *pattern.Scope {
	return n.kept("when", func() pattern.Scope {
		return pattern.Scope{Direction: pattern.Reads, Vars: n.vars(0, true), Filters: numberFilters, FormatJSON: formatJSON, ParseJSON: parseJSON}
	})
}

// answerScope is for answers. What the request knew has a value, and so is a literal, unless the answer yields it anew.
func (n *names) answerScope(k *methodKind) *pattern.Scope {
	return n.kept("answer to "+k.name, func() pattern.Scope {
		known := k.asked()
		read := bits(1<<slotErrorCode | 1<<slotErrorText | 1<<slotRetryAfter)
		for _, slot := range k.yields {
			read |= 1 << slot
		}
		vars := n.of(known|read, true)
		for slot := range variables {
			switch {
			case read.has(slot):
				vars[slot].Use = pattern.First
			case known.has(slot):
				vars[slot].Known = true
			}
		}
		vars[slotErrorCode].Take, vars[slotErrorText].Take = takeShort, takeText
		vars[slotMediaID].Take, vars[slotToken].Take, vars[slotCursor].Take = takeID, takeToken, takeToken
		for _, slot := range []int{slotMessageID, slotCursor} {
			if read.has(slot) {
				vars[slot].Use = pattern.Key
			}
		}
		if read.has(slotMessageID) {
			vars[slotMessageID].Take = takeID
		}
		vars[slotFrom].Same, vars[slotTo].Same = sameNumber, sameNumber
		return pattern.Scope{
			Direction: pattern.Reads, Vars: vars, Filters: numberFilters, FormatJSON: formatJSON, ParseJSON: parseJSON, EveryElement: true,
		}
	})
}

// hookVars is the variables of callbacks. Properties are literals, except to Peek, which knows no values and takes any.
func (n *names) hookVars(known bool) []pattern.Var {
	vars := n.vars(inHook, known)
	fileVars(vars)
	vars[slotMediaID].PerFile = true
	for _, slot := range []int{slotMessageID, slotID, slotEventKey, slotFrom} {
		vars[slot].Use = pattern.Key
	}
	for _, slot := range []int{slotContent, slotText} {
		vars[slot].Use = pattern.Join
	}
	for _, slot := range []int{slotErrorCode, slotErrorText, slotTimestamp, slotChallenge, slotPart, slotParts, slotPartRef} {
		vars[slot].Use = pattern.First
	}
	vars[slotMessageID].Take, vars[slotID].Take = takeID, takeID
	vars[slotErrorCode].Take, vars[slotErrorText].Take = takeShort, takeText
	vars[slotPartRef].Take = takeID
	vars[slotURL].Take, vars[slotURLs].Take = takeURL, takeURL
	vars[slotFile].Take = takeFile
	vars[slotFrom].Same = sameNumber
	return vars
}

// hookScope is for callbacks. tells: the place of $event_key$ says more than any other.
func (n *names) hookScope(known, tells bool) *pattern.Scope {
	return n.kept(fmt.Sprint("callback ", known, tells), func() pattern.Scope {
		vars := n.hookVars(known)
		vars[slotEventKey].Tells = tells
		return hooked(vars)
	})
}

// wordScope is for a model whose $event_key$ is a word of a table.
func (n *names) wordScope(table map[string]EventType) *pattern.Scope {
	vars := n.hookVars(true)
	vars[slotEventKey].Tells = true
	vars[slotEventKey].Take = func(_ any, v tree.Value) (tree.Value, bool) {
		_, known := table[v.Text()]
		return v, known && v.Text() != "*"
	}
	return pattern.NewScope(hooked(vars))
}

func hooked(vars []pattern.Var) pattern.Scope {
	return pattern.Scope{Direction: pattern.Reads, Vars: vars, Filters: numberFilters, FormatJSON: formatJSON, ParseJSON: parseJSON}
}

// replyScope writes our answer to a callback, from what was read of it.
func (n *names) replyScope() *pattern.Scope {
	return n.kept("reply", func() pattern.Scope {
		vars := n.vars(inHook, false)
		return pattern.Scope{Direction: pattern.Writes, Vars: vars, Filters: numberFilters, FormatJSON: formatJSON, ParseJSON: parseJSON}
	})
}

// confirmScope writes an address that a handshake wants called. Properties have no place in it.
func (n *names) confirmScope() *pattern.Scope {
	vars := n.vars(inHook, false)
	for i := range n.properties {
		vars[firstProperty+i].Name = noName
	}
	return pattern.NewScope(pattern.Scope{Direction: pattern.Writes, Vars: vars, Filters: numberFilters, FormatJSON: formatJSON, ParseJSON: parseJSON})
}

func parseJSON(b []byte) (tree.Value, error) { return wire.DecodeJSON(b, wire.Limits{}) }
func formatJSON(v tree.Value) []byte         { return wire.AppendJSON(nil, v) }

// maxID is how long a provider's id may be. What is longer is no id: it would be kept for every message and looked up by.
const maxID = 512

func takeID(_ any, v tree.Value) (tree.Value, bool) {
	s, scalar := v.Scalar()
	return v, scalar && v.Kind() != tree.Bool && s != "" && len(s) <= maxID
}

// takeToken keeps what is said back to the provider as it came: tokens are longer than ids.
func takeToken(_ any, v tree.Value) (tree.Value, bool) {
	s, scalar := v.Scalar()
	return v, scalar && v.Kind() != tree.Bool && s != "" && len(s) <= maxToken
}

// maxCode is how much of an error code is kept.
const maxCode = 128

func takeShort(_ any, v tree.Value) (tree.Value, bool) { return takeAtMost(v, maxCode) }
func takeText(_ any, v tree.Value) (tree.Value, bool)  { return takeAtMost(v, 1000) }

func takeAtMost(v tree.Value, n int) (tree.Value, bool) {
	s, scalar := v.Scalar()
	if !scalar {
		return v, false
	}
	if len(s) > n {
		return tree.Text(strings.ToValidUTF8(s[:n], "")), true
	}
	return v, true
}

func takeURL(_ any, v tree.Value) (tree.Value, bool) {
	s, scalar := v.Scalar()
	if !scalar {
		return v, false
	}
	scheme, _, ok := strings.Cut(s, ":")
	if !ok || len(scheme) > 5 {
		return v, false
	}
	switch strings.ToLower(scheme) {
	case "http", "https", "data":
		return v, true
	}
	return v, false
}

// takeFile keeps bytes whose type is known: a multipart body says it, or they show it themselves. So a text that merely looks like base64 is no file.
func takeFile(_ any, v tree.Value) (tree.Value, bool) {
	f := v.File()
	if f == nil || len(f.Data) == 0 {
		return v, false
	}
	if t, _, _ := strings.Cut(strings.ToLower(f.MediaType), ";"); strings.TrimSpace(t) != "" && t != octets {
		return v, true
	}
	found := mimetype.Detect(f.Data[:min(len(f.Data), headSize)])
	if found.Is(octets) || strings.HasPrefix(found.String(), "text/plain") && !utf8.Valid(f.Data) {
		return v, false
	}
	kind, _, _ := strings.Cut(found.String(), ";")
	return tree.FileOf(&tree.Blob{Name: f.Name, MediaType: kind, Data: f.Data}), true
}

const (
	octets   = "application/octet-stream"
	headSize = 4096 // of a file, from which its type is told
)

func sameNumber(_ any, known, read tree.Value) bool {
	a, b := known.Text(), read.Text()
	return a == b || digitsOf(a) != "" && digitsOf(a) == digitsOf(b)
}

func digitsOf(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			b.WriteByte(byte(r))
		case strings.ContainsRune("+ .-()/", r):
		default:
			return ""
		}
	}
	return strings.TrimPrefix(b.String(), "00")
}

// property is the slot of a property, or -1.
func (n *names) property(name string) int {
	for i, p := range n.properties {
		if p.Name == name {
			return firstProperty + i
		}
	}
	return -1
}

func (n *names) propertyNames() []string {
	out := make([]string, len(n.properties))
	for i, p := range n.properties {
		out[i] = p.Name
	}
	return out
}

func (n *names) propertyOf(slot int) *Property { return &n.properties[slot-firstProperty] }
