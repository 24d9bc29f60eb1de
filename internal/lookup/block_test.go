package lookup

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// postings are some, of few tokens and places so that many meet, in no order.
func postings(size int) *rapid.Generator[[]Posting] {
	return rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) Posting {
		t := rapid.SampledFrom([]Token{0, 1, 2, 1 << 20, 1<<32 - 2, 1<<32 - 1}).Draw(rt, "token")
		return Post(t, rapid.IntRange(0, size-1).Draw(rt, "place"))
	}), 0, 400)
}

func all(t interface{ Fatal(...any) }, block []byte) (list []Posting) {
	if err := Join([][]byte{block}, 0, func(tok Token, places []uint32) {
		for _, at := range places {
			list = append(list, Post(tok, int(at)))
		}
	}); err != nil {
		t.Fatal(err)
	}
	return list
}

func sorted(list []Posting) []Posting { return slices.Compact(slices.Sorted(slices.Values(list))) }

func TestABlockHasWhatWasPutIntoItAndNothingThatWasTakenOut(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		const size = 256
		var want []Posting
		var block []byte
		for range rapid.IntRange(1, 4).Draw(rt, "times") {
			add := postings(size).Draw(rt, "add")
			without := NewSet(size)
			for _, at := range rapid.SliceOfN(rapid.IntRange(0, size-1), 0, 100).Draw(rt, "without") {
				without.Add(at)
			}
			want = slices.DeleteFunc(want, func(p Posting) bool { return without.Has(int(p.place())) })
			want = sorted(append(want, add...))
			var err error
			if block, err = Rewrite(block, without, add); err != nil {
				rt.Fatal(err)
			}
		}
		if got := all(rt, block); !slices.Equal(got, want) {
			rt.Fatalf("%v, want %v", got, want)
		}
		if len(want) == 0 && block != nil {
			rt.Fatal("a block of nothing is something")
		}
		tokens := []Token{0, 2, 3, 1<<32 - 1}
		found := map[Token]Set{}
		if err := Find(block, tokens, func(tok Token, p Places) error { found[tok] = NewSet(size); return p.AddTo(found[tok]) }); err != nil {
			rt.Fatal(err)
		}
		for _, tok := range tokens {
			for at := range size {
				if _, is := slices.BinarySearch(want, Post(tok, at)); is != (found[tok] != nil && found[tok].Has(at)) {
					rt.Fatalf("token %d at %d: %v", tok, at, !is)
				}
			}
		}
	})
}

func TestBlocksThatAreJoinedHaveWhatEachHad(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var want []Posting
		blocks := make([][]byte, rapid.IntRange(1, 8).Draw(rt, "blocks"))
		for i := range blocks {
			list := postings(64).Draw(rt, "block")
			for _, p := range list {
				want = append(want, p+Posting(i<<6))
			}
			blocks[i], _ = Rewrite(nil, nil, list)
		}
		var p Packer
		if err := Join(blocks, 6, p.Add); err != nil {
			rt.Fatal(err)
		}
		if got := all(rt, p.Block); !slices.Equal(got, sorted(want)) {
			rt.Fatalf("%v, want %v", got, sorted(want))
		}
	})
}

func TestASetCountsDownFromBelowALimit(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := NewSet(200)
		places := rapid.SliceOfN(rapid.IntRange(0, 199), 0, 50).Draw(rt, "places")
		below := rapid.IntRange(0, 200).Draw(rt, "below")
		var want []int64
		for _, at := range places {
			s.Add(at)
			if at < below {
				want = append(want, 1000+int64(at))
			}
		}
		slices.Sort(want)
		want = slices.Compact(want)
		slices.Reverse(want)
		if got := s.Descending(below, 1000, nil); !slices.Equal(got, want) {
			rt.Fatalf("%v below %d, want %v", got, below, want)
		}
	})
}

// What a disk gives back may be anything.
func FuzzABlockOfAnythingIsReadOrRefused(f *testing.F) {
	good, _ := Rewrite(nil, nil, []Posting{Post(1, 1), Post(1, 2), Post(7, 60)})
	f.Add(good)
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 1, 3})
	f.Add([]byte{1, 0x80})
	f.Fuzz(func(t *testing.T, block []byte) {
		_ = Find(block, []Token{1, 7, 1 << 31}, func(_ Token, p Places) error { return p.AddTo(NewSet(64)) })
		_ = Join([][]byte{block, block}, 6, func(Token, []uint32) {})
	})
}
