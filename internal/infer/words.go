package infer

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// set is words of one meaning.
type set map[string]bool

func words(s string) set {
	out := set{}
	for _, w := range strings.Fields(s) {
		out[w] = true
	}
	return out
}

// has reports whether one of the tokens is among the words.
func (s set) has(tokens []string) bool {
	return slices.ContainsFunc(tokens, func(t string) bool { return s[t] })
}

// all reports whether all of the tokens are.
func (s set) all(tokens []string) bool {
	return len(tokens) > 0 && !slices.ContainsFunc(tokens, func(t string) bool { return !s[t] })
}

// What names and values say.
var (
	fromWords    = words("from sender source src originator origin originating orig caller author")
	toWords      = words("to recipient recipients receiver destination destinations dest dst called shortcode target")
	contactWords = words("msisdn mobile phone contact customer subscriber handset peer")
	// addressWords alone make the name of an address that is no number: a short code, a sender's name.
	addressWords = words("from to sender recipient recipients receiver originator originating destination source src dst dest number phone phonenumber msisdn mobile short shortcode address addr did value identifier e164 called caller contact")

	idWords = words("id sid uuid guid mid ref refid reference uid messageid msgid")
	// strangerIDs are ids of something else than the message.
	strangerIDs = words("account application app profile organization org user customer integration channel contact connector bulk callback network campaign media client parent original subaccount conversation powerpack api entity event nonce operator custom trace reply project price error status carrier platform owner device sender receiver file attachment included cost billing tenant domain group")
	ourIDWords  = words("client custom callback tag local external reference ref userdata passthrough echo correlation")
	messageWord = words("message msg sms mms messageid msgid smsid")

	textWords = map[string]int{"text": 10, "body": 9, "content": 8, "message": 8, "msg": 9, "messagetext": 9, "messagebody": 9, "smstext": 9, "caption": 7}
	// noText are words beside which a name speaks about the text, and is not it.
	noText = words("type id sid uuid encoding charset status subject original clean count error description keyword time date url uri urls num segment segments parts part intent price callback code direction event state class format length size language name title receipt dlr total units")

	fileWords   = words("media url urls uri image images picture video audio file files attachment attachments content mediaurl mediaurls link")
	noFile      = words("webhook callback failover self status related logo href instance next previous docs documentation error unsubscribe schema")
	mimeWords   = words("mime mimetype contenttype content mediatype type")
	nameOfAFile = words("filename file name")

	kindNames = words("type event kind direction method action object topic notification category record eventtype")
	// firmKinds are names at which any word says the kind; at the others only words of the trade do.
	firmKinds    = words("event method action eventtype")
	kindVocab    = words("message messages sms mms inbound outbound incoming outgoing in out received receive mo mt receipt receipts report delivery delivered status dlr recipient created updated reply inboundmessage deliveryreceipt deliveryreport messagereceived")
	inboundVocab = words("inbound incoming received receive in mo reply messagereceived inboundmessage")
	outVocab     = words("outbound outgoing out mt dlr receipt receipts report status delivery finalized recipient deliveryreceipt deliveryreport statusupdate")
	receiptKinds = words("receipt receipts report dlr status update updates")
	receiptNames = words("receipt dlr deliveryreceipt isreceipt isdlr")

	statusNames = words("status state stat messagestatus deliverystatus smsstatus groupname")
	aboutStatus = words("text description reason detail title info")

	errorWords    = words("error errors err errorcode errcode fault failure")
	errorTextName = words("text description message reason detail title cause errortext errormessage failurereason")
	timeWords     = words("time timestamp date datetime at when received receivedat occurred created ts")
	partWords     = words("concat part parts multipart segment udh")
)

// The words for what became of a message. Failures are looked for first: "delivery_failed" has both.
var statusWords = []struct {
	kind  string
	words set
}{
	{"messageFailed", words("failed failure fail undelivered undeliverable undeliv undelivrd rejected rejectd reject expired expire aborted abort cancelled canceled deleted error blocked bounced unreachable invalid skipped permanent notdelivered deliveryfailed sendingfailed")},
	{"messageRead", words("read seen displayed opened")},
	{"messageSent", words("gateway smsc carrier network")}, // "delivered to the gateway"
	{"messageDelivered", words("delivered delivrd handset")},
	{"messageSent", words("sent send submitted submit dispatched dispatch buffered enroute acceptd sending delivering delivery transmitted")},
	{"messageDelivered", words("success successful successfully complete completed")},
	{"ignore", words("queued accepted acknowledged processing scheduled pending initiated created waiting unknown received")},
}

// meaning is the event that a provider's word stands for, and whether it is such a word at all.
func meaning(word string) (kind string, ok bool) {
	if len(word) > 80 || strings.Contains(word, "://") {
		return "", false
	}
	ts := tokens(word)
	if len(ts) == 0 || len(ts) > 8 {
		return "", false
	}
	if receiptKinds.has(ts) {
		return "", false // it names a kind of callback, and not what became of the message
	}
	if slices.Contains(ts, "not") && slices.Contains(ts, "delivered") {
		return "messageFailed", true
	}
	if slices.Contains(ts, "received") && slices.Contains(ts, "recipient") {
		return "messageDelivered", true
	}
	for _, row := range statusWords {
		if row.words.has(ts) {
			return row.kind, true
		}
	}
	return "", false
}

// tokens is a name or a word in its parts, in small letters: "MessageSid", "message_sid" and "message-sid" are the same two.
func tokens(name string) []string {
	if len(name) > 200 {
		name = name[:200]
	}
	var out []string
	var b strings.Builder
	flush := func() {
		if b.Len() > 0 {
			out = append(out, b.String())
			b.Reset()
		}
	}
	runes := []rune(name)
	for i, r := range runes {
		switch {
		case !unicode.IsLetter(r):
			flush() // digits and marks tell nothing
		case unicode.IsUpper(r) && i > 0 && (unicode.IsLower(runes[i-1]) || unicode.IsUpper(runes[i-1]) && i+1 < len(runes) && unicode.IsLower(runes[i+1])):
			flush()
			b.WriteRune(unicode.ToLower(r))
		default:
			b.WriteRune(unicode.ToLower(r))
		}
	}
	flush()
	return out
}

// near is how much the names of a leaf say that it is one of the words: its own name most, each one above less.
func near(l *leaf, s set) int {
	for i, name := range l.names[:min(len(l.names), 4)] {
		if s.has(name) {
			return 10 - 2*i
		}
	}
	return 0
}

// own is the tokens of the name at which a value stands.
func (l *leaf) own() []string {
	if len(l.names) == 0 {
		return nil
	}
	return l.names[0]
}

// above is the tokens of the names of the objects around it.
func (l *leaf) above() []string {
	if len(l.names) < 2 {
		return nil
	}
	return slices.Concat(l.names[1:]...)
}

var (
	phoneShape   = regexp.MustCompile(`^\+?[0-9(][0-9 ()./-]{5,22}$`)
	dateShape    = regexp.MustCompile(`^[0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}`)
	decimalShape = regexp.MustCompile(`^[0-9]*\.[0-9]*(?:\.[0-9.]*)?$`)
	addressShape = regexp.MustCompile(`(?i)^https?://\S+$`)
	mediaShape   = regexp.MustCompile(`(?i)^(?:image|video|audio|text|application|multipart)/[a-z0-9.+-]+(?:;.*)?$`)
	uuidShape    = regexp.MustCompile(`(?i)^[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}$`)
	longIDShape  = regexp.MustCompile(`^[A-Za-z0-9_:.=+/-]{8,512}$`)
	fileShape    = regexp.MustCompile(`(?i)^[^/\\]{1,200}\.[a-z0-9]{2,5}$`)
	receiptShape = regexp.MustCompile(`(?i)\bstat:\s*(\w+)`)
	errShape     = regexp.MustCompile(`(?i)\berr:\s*(\w+)`)
)

// isPhone reports whether a text looks like a phone number in some spelling.
func isPhone(s string) bool {
	s = strings.TrimSpace(s)
	if !phoneShape.MatchString(s) || dateShape.MatchString(s) || decimalShape.MatchString(s) {
		return false
	}
	n := 0
	for _, r := range s {
		if r >= '0' && r <= '9' {
			n++
		}
	}
	return n >= 7 && n <= 15
}

func isAddress(s string) bool {
	return addressShape.MatchString(s) && !strings.Contains(s, ",http")
}

// isAddresses reports whether a text is several addresses with commas between them.
func isAddresses(s string) bool {
	for one := range strings.SplitSeq(s, ",") {
		if !isAddress(strings.TrimSpace(one)) {
			return false
		}
	}
	return strings.Contains(s, ",")
}

// isSize reports whether a word tells a text from a message with files: both are messages, so it tells nothing here.
func isSize(s string) bool { return strings.EqualFold(s, "sms") || strings.EqualFold(s, "mms") }

// isFileWord reports whether a text is an address or a media type: what comes in numbered families.
func isFileWord(s string) bool { return isAddress(s) || mediaShape.MatchString(s) }
