package conversation

import (
	"strings"
	"testing"
)

func TestAWholeTextIsAWish(t *testing.T) {
	for _, c := range []struct {
		text, own string
		want      Wish
	}{
		{"STOP", "", Stop}, {"stop", "", Stop}, {" Stop \n", "", Stop}, {"Stop.", "", Stop}, {"STOP!!!", "", Stop}, {`"stop"`, "", Stop}, {"'STOP'", "", Stop},
		{"ＳＴＯＰ", "", Stop}, {"ｓｔｏｐ。", "", Stop}, {"STOP 🛑", "", Stop}, {"\u200bSTOP\u200b", "", Stop}, {"stop\x00", "", Stop},
		{"stop all", "", Stop}, {"STOPALL", "", Stop}, {"Opt-Out", "", Stop}, {"OPT OUT", "", Stop}, {"unsubscribe", "", Stop}, {"Cancel", "", Stop}, {"END", "", Stop}, {"quit", "", Stop},
		{"Stop. Thank you", "", Stop}, {"please stop", "", Stop}, {"Stop, please, thanks!", "", Stop},
		{"ARRÊT", "", Stop}, {"arre\u0302t", "", Stop}, {"СТОП", "", Stop}, {"退订", "", Stop}, {"配信停止", "", Stop}, {"수신거부", "", Stop}, {"إيقاف", "", Stop}, {"İPTAL", "", Stop},
		{"START", "", Start}, {"unstop", "", Start}, {"HELP", "", Help}, {"info", "", Help}, {"Hilfe!", "", Help},

		{"please stop the meeting at 5", "", NoWish}, {"stop it", "", NoWish}, {"don't stop", "", NoWish}, {"stopped", "", NoWish}, {"st op", "", NoWish},
		{"yes", "", NoWish}, {"no", "", NoWish}, {"0123", "", NoWish}, {"~", "", NoWish}, {"$to$", "", NoWish}, {"{{to}}", "", NoWish}, {"", "", NoWish}, {" ", "", NoWish}, {"…", "", NoWish},
		{"thank you", "", NoWish}, {"please", "", NoWish}, {"\xff", "", NoWish}, {"😀", "", NoWish}, {strings.Repeat("stop ", 400), "", NoWish},

		{"ENOUGH", "enough", Stop}, {"enough!", "ENOUGH", Stop}, {"stop", "enough", Stop}, {"enough of it", "enough", NoWish}, {"help", "help", Stop},
	} {
		if got := WishOf(c.text, c.own); got != c.want {
			t.Errorf("%.40q with %q of its own: %d, want %d", c.text, c.own, got, c.want)
		}
	}
}

func TestAWordInsideATextIsOnlyMentioned(t *testing.T) {
	for text, want := range map[string]bool{
		"please stop the meeting at 5": true, "Can you STOP, now?": true, "unstoppable": false, "yes": false, "": false, "\xff": false, "we had enough": true,
	} {
		if got := MentionsStop(text, "enough"); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

func TestNoWordIsTwoWishes(t *testing.T) {
	seen := map[string]Wish{}
	for wish, list := range words {
		for _, w := range list {
			f := fold(w)
			if f == "" {
				t.Errorf("%q folds to nothing", w)
			}
			if other, ok := seen[f]; ok && other != wish {
				t.Errorf("%q is two wishes", w)
			}
			seen[f] = wish
			for _, c := range courtesies {
				if f == c {
					t.Errorf("%q is a courtesy too", w)
				}
			}
		}
	}
}

func FuzzWishOf(f *testing.F) {
	for _, s := range []string{"STOP", "please stop", "ＳＴＯＰ", "\xff\xfe", "'", "i̇ptal", "Ꮤ", "ꮤ", "ᏸ"} {
		f.Add(s, "enough")
	}
	f.Fuzz(func(t *testing.T, text, own string) {
		if w := WishOf(text, own); w == Stop && !MentionsStop(text, own) && len(strings.Fields(fold(text))) == 1 {
			t.Errorf("%q is a stop that its own text does not mention", text)
		}
		if fold(fold(text)) != fold(text) {
			t.Errorf("%q folds to %q, and that to %q", text, fold(text), fold(fold(text)))
		}
	})
}
