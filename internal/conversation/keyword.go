package conversation

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Wish is what a contact's whole text asks of us.
type Wish int

const (
	NoWish Wish = iota
	Stop        // no more messages
	Start       // messages again
	Help        // who is this, and how do I end it
)

// words are what people write to say so, in the languages they write in. A text is compared as a whole, so that "stop" ends a
// conversation and "please stop the meeting at 5" does not.
//
// The first of each row is what US carriers require (CTIA Messaging Principles and Best Practices §5.1.2–5.1.3); the others are what
// the same rules and habits have made usual elsewhere. A word that people also answer a question with ("no", "yes", "end of it") is none.
var words = map[Wish][]string{
	Stop: {
		"stop", "stopall", "stop all", "unsubscribe", "cancel", "end", "quit", "revoke", "optout", "opt out", "opt-out",
		"arret", "arrêt", "arrêter", "désabonner", // French
		"alto", "baja", "parar", "cancelar", "detener", // Spanish, Portuguese
		"sair", "descadastrar", // Portuguese
		"stopp", "abmelden", "abbestellen", // German, Norwegian, Swedish
		"stoppen", "afmelden", "uitschrijven", // Dutch
		"ferma", "disiscrivi", "annulla", // Italian
		"rezygnuję", "wypisz", // Polish
		"стоп", "отписаться", "отмена", "скасувати", // Russian, Ukrainian
		"dur", "iptal", "i̇ptal", // Turkish
		"הסר", "الغاء", "إلغاء", "إيقاف", "ايقاف", "توقف", // Hebrew, Arabic
		"退订", "退訂", "取消订阅", "取消訂閱", "停止", "配信停止", // Chinese, Japanese
		"수신거부", "중지", // Korean
		"dừng", "hủy", // Vietnamese
		"रोकें", "बंद", // Hindi
	},
	Start: {
		"start", "unstop", "resume", "subscribe",
		"commencer", "reprendre", "iniciar", "empezar", "alta", "starten", "anmelden", "aanmelden", "inizia", "старт", "возобновить",
		"başlat", "התחל", "ابدأ", "开始", "開始", "再開", "시작", "bắt đầu", "शुरू",
	},
	Help: {
		"help", "info",
		"aide", "ayuda", "ajuda", "hilfe", "aiuto", "pomoc", "помощь", "допомога", "yardım", "עזרה", "مساعدة", "帮助", "幫助", "ヘルプ", "도움말", "trợ giúp", "मदद",
	},
}

// courtesy is what people put around such a word: "Stop. Thank you" is a stop.
var courtesy = []string{
	"please", "pls", "plz", "thank you", "thank u", "thanks", "thx", "ty", "merci", "svp", "s'il vous plaît", "por favor", "gracias", "obrigado",
	"obrigada", "bitte", "danke", "graag", "dank u", "per favore", "grazie", "спасибо", "пожалуйста", "lütfen",
}

var wishes = func() map[string]Wish {
	m := map[string]Wish{}
	for wish, list := range words {
		for _, w := range list {
			m[fold(w)] = wish
		}
	}
	return m
}()

var folder = cases.Fold()

// maxWish is how long a text may be that is looked at: a wish is a word, and courtesy.
const maxWish = 160

// WishOf is what the text asks for. own is the number's own word for a stop; empty: none but the usual ones.
func WishOf(text, own string) Wish {
	if len(text) > maxWish {
		return NoWish
	}
	said := fold(text)
	if said == "" {
		return NoWish
	}
	for _, s := range []string{said, withoutCourtesy(said)} {
		if s != "" && own != "" && s == fold(own) {
			return Stop
		}
		if w := wishes[s]; w != NoWish {
			return w
		}
	}
	return NoWish
}

// MentionsStop reports whether a text that is no wish has a word for a stop in it: somebody may want to look.
func MentionsStop(text, own string) bool {
	own = fold(own)
	for _, w := range strings.Fields(fold(text)) {
		if wishes[w] == Stop || w == own {
			return true
		}
	}
	return false
}

// cherokee is the one script whose small letters fold to the large ones. The folder swaps the two.
func cherokee(r rune) rune {
	switch {
	case r >= 0xAB70 && r <= 0xABBF:
		return r - 0xAB70 + 0x13A0
	case r >= 0x13F8 && r <= 0x13FD:
		return r - 8
	}
	return r
}

// fold brings spellings together: full-width letters, case, accents typed in two characters, punctuation, quotes and spaces around and between.
func fold(s string) string {
	s = norm.NFKC.String(strings.Map(cherokee, folder.String(norm.NFKC.String(strings.ToValidUTF8(s, "\uFFFD")))))
	words := strings.FieldsFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r != '\'' && (unicode.IsPunct(r) || unicode.IsSymbol(r))
	})
	words = slices.DeleteFunc(words, func(w string) bool { return strings.Trim(w, "'") == "" })
	for i, w := range words {
		words[i] = strings.Trim(w, "'")
	}
	return strings.Join(words, " ")
}

var courtesies = func() []string {
	out := make([]string, len(courtesy))
	for i, c := range courtesy {
		out[i] = fold(c)
	}
	return out
}()

// withoutCourtesy takes polite words off both ends of a folded text.
func withoutCourtesy(s string) string {
	for {
		rest := s
		for _, c := range courtesies {
			if cut, ok := strings.CutSuffix(rest, " "+c); ok {
				rest = cut
			}
			if cut, ok := strings.CutPrefix(rest, c+" "); ok {
				rest = cut
			}
		}
		if rest == s {
			return s
		}
		s = rest
	}
}
