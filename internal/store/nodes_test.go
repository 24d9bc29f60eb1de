package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"patchbay/internal/access"
	"patchbay/internal/directory"
	"patchbay/internal/lane"
	"patchbay/internal/message"
	"patchbay/internal/secret"
	"patchbay/internal/store"
	"patchbay/internal/store/pgtest"
	"patchbay/internal/store/storetest"
)

// twoNodes are two nodes on one database.
func twoNodes(t testing.TB) (one, two *storetest.World) {
	t.Helper()
	server := pgtest.Shared(t)
	url := server.URL(server.Database(t, ""))
	w := storetest.NewWorld(t, openNode(t, url))
	return w, w.On(openNode(t, url))
}

func TestNodesThatStartTogetherMakeOneSchema(t *testing.T) {
	server := pgtest.Shared(t)
	url := server.URL(server.Database(t, ""))
	var starts sync.WaitGroup
	var made atomic.Int32
	for range 4 {
		starts.Go(func() {
			s, err := store.Open(context.Background(), store.Options{DatabaseURL: url, Box: storetest.Box()})
			if err != nil {
				t.Error(err)
				return
			}
			defer s.Close()
			a := &directory.Account{ID: directory.NewAccountID(), Created: time.Now()}
			first, err := s.CreateFirstAccount(context.Background(), a,
				&directory.Key{ID: directory.NewID(time.Now()), AccountID: a.ID, Role: directory.AccountAdmin}, access.Hash("a key"))
			if err != nil {
				t.Error(err)
			}
			if first {
				made.Add(1)
			}
		})
	}
	starts.Wait()
	if made.Load() != 1 {
		t.Errorf("%d first accounts", made.Load())
	}
}

func TestANodeWithAnotherKeyOrOtherFilesRefusesToStart(t *testing.T) {
	server := pgtest.Shared(t)
	url := server.URL(server.Database(t, ""))
	first, err := store.Open(t.Context(), store.Options{DatabaseURL: url, Box: storetest.Box(), MediaID: "here"})
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	box, err := secret.NewBox(slices.Repeat([]byte{9}, 32))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		o    store.Options
		want string
	}{
		{store.Options{Box: box, MediaID: "here"}, "key file"},
		{store.Options{Box: storetest.Box(), MediaID: "there"}, "--media-dir"},
		{store.Options{Box: storetest.Box(), MediaID: "here"}, ""},
	} {
		c.o.DatabaseURL = url
		s, err := store.Open(t.Context(), c.o)
		if err == nil {
			s.Close()
		}
		if c.want == "" != (err == nil) || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %q", err, c.want)
		}
	}
}

func TestAChangeOnOneNodeIsSeenOnTheOtherWithinASecond(t *testing.T) {
	one, two := twoNodes(t)
	for _, w := range []*storetest.World{one, two} { // both remember it
		if _, err := w.Number(t.Context(), w.Acct, w.Num.ID); err != nil {
			t.Fatal(err)
		}
		if k, err := w.KeyByHash(t.Context(), access.Hash("later")); err != nil || k != nil {
			t.Fatalf("%v, %v", k, err)
		}
	}
	n := *one.Num
	n.Name = "Support"
	generation := two.Generation()
	if err := one.UpdateNumber(t.Context(), &n); err != nil {
		t.Fatal(err)
	}
	if err := one.CreateKey(t.Context(), &directory.Key{ID: "k", AccountID: one.Acct, Role: directory.AccountAdmin}, access.Hash("later")); err != nil {
		t.Fatal(err)
	}
	eventually(t, time.Second, "the other node's number and key", func() error {
		got, err := two.Number(t.Context(), two.Acct, two.Num.ID)
		if err != nil || got.Name != "Support" {
			return fmt.Errorf("%+v, %v", got, err)
		}
		if k, err := two.KeyByHash(t.Context(), access.Hash("later")); err != nil || k == nil {
			return fmt.Errorf("%+v, %v", k, err)
		}
		if two.Generation() == generation {
			return errors.New("the generation is the same")
		}
		return nil
	})
	if err := two.DeleteKey(t.Context(), one.Acct, "k"); err != nil {
		t.Fatal(err)
	}
	eventually(t, time.Second, "the end of the key", func() error {
		if k, err := one.KeyByHash(t.Context(), access.Hash("later")); err != nil || k != nil {
			return fmt.Errorf("%+v, %v", k, err)
		}
		return nil
	})
}

// Without a connection there is no hearing of changes, so nothing is believed that was remembered.
func TestANodeThatHearsNothingRemembersNothing(t *testing.T) {
	server := pgtest.Shared(t)
	database := server.Database(t, "")
	proxy := server.NewProxy(t)
	w := storetest.NewWorld(t, openNode(t, server.URL(database)))
	cut := w.On(openNode(t, proxy.URL(database)))
	if _, err := cut.Number(t.Context(), cut.Acct, cut.Num.ID); err != nil {
		t.Fatal(err)
	}
	proxy.Away(true)
	eventually(t, 10*time.Second, "a number that nobody vouches for is not given", func() error {
		if _, err := cut.Number(t.Context(), cut.Acct, cut.Num.ID); err == nil {
			return errors.New("it is")
		}
		return nil
	})
	n := *w.Num
	n.Name = "Support"
	if err := w.UpdateNumber(t.Context(), &n); err != nil {
		t.Fatal(err)
	}
	proxy.Away(false)
	eventually(t, 10*time.Second, "the number as it is now", func() error {
		got, err := cut.Number(t.Context(), cut.Acct, cut.Num.ID)
		if err == nil && got.Name != "Support" {
			t.Fatal("an old name was given")
		}
		return err
	})
	eventually(t, 10*time.Second, "it is well again", cut.Healthy)
}

func TestACommitOnOneNodeWakesTheOther(t *testing.T) {
	one, two := twoNodes(t)
	woken := make(chan store.Commit, 100)
	two.OnCommit(func(c store.Commit) { woken <- c })
	if _, err := one.Accept(t.Context(), one.Outbound(one.Num, "+16660000001", "x")); err != nil {
		t.Fatal(err)
	}
	for {
		select {
		case c := <-woken:
			if c.Lanes && c.Notifications {
				return
			}
		case <-time.After(5 * time.Second):
			t.Fatal("it slept on")
		}
	}
}

func TestAKeyMakesOneMessageWhicheverNodeIsAsked(t *testing.T) {
	one, two := twoNodes(t)
	var asking sync.WaitGroup
	ids := make(chan string, 100)
	for i := range 100 {
		w := []*storetest.World{one, two}[i%2]
		asking.Go(func() {
			a := w.Outbound(w.Num, "+16660000001", "x")
			a.IdempotencyKey = "k"
			ack, err := w.Accept(context.Background(), a)
			if err != nil {
				t.Error(err)
			}
			ids <- ack.ID
		})
	}
	asking.Wait()
	first := <-ids
	for range 99 {
		if id := <-ids; id != first {
			t.Errorf("two messages: %s, %s", id, first)
		}
	}
	if c := one.Conserved(); c["accepted"] != 1 {
		t.Errorf("%d messages", c["accepted"])
	}
}

func TestTheSameCallbackAtTwoNodesIsOneMessage(t *testing.T) {
	one, two := twoNodes(t)
	var asking sync.WaitGroup
	for i := range 60 {
		w := []*storetest.World{one, two}[i%2]
		asking.Go(func() {
			part := w.Arrival("+16660000002", fmt.Sprint("part ", 1+i%3), fmt.Sprint("p", i%3))
			part.Part = message.TextPart{Ref: "r", N: 1 + i%3, Of: 3}
			c := &message.Callback{ID: message.NewID(), AccountID: w.Acct, ServiceID: "carrier", Body: []byte(`{}`), Events: []byte(`[]`), IntegrationIDs: []string{w.Intg.ID},
				State: message.CallbackDone}
			if err := w.ReceiveCallback(context.Background(), c, message.Applied{State: message.CallbackDone,
				Arrivals: []message.Arrival{w.Arrival("+16660000001", "hello", "m1"), part}}); err != nil {
				t.Error(err)
			}
		})
	}
	asking.Wait()
	list, _, err := one.Messages(t.Context(), message.Filter{AccountID: one.Acct}, store.Page{})
	if err != nil || len(list) != 2 {
		t.Fatalf("%d messages, %v; want one, and one of three parts", len(list), err)
	}
}

// Each message leaves once and in the order of its lane, whichever node has the lane.
func TestNodesShareLanes(t *testing.T) {
	one, two := twoNodes(t)
	var numbers []*directory.Number
	for i := range 6 {
		numbers = append(numbers, one.NewNumber(one.Intg, fmt.Sprintf("+1777%07d", i)))
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	const each = 60
	var mu sync.Mutex
	left := map[string][]string{}
	ended := make(chan struct{}, 4*each)
	var working, accepting sync.WaitGroup
	for g := range 4 {
		w := []*storetest.World{one, two}[g%2]
		accepting.Go(func() {
			for i := range each {
				if _, err := w.Accept(t.Context(), w.Outbound(numbers[(g+i)%len(numbers)], fmt.Sprintf("+1666%07d", i%7), "x")); err != nil {
					t.Error(err)
				}
			}
		})
		working.Go(func() {
			for k := g; ctx.Err() == nil; {
				list, _, err := w.ClaimSends(t.Context(), time.Now(), 2)
				if err != nil {
					t.Error(err)
					return
				}
				for _, c := range list {
					for next := &c; next != nil; k++ {
						if next.Work.Unfinished {
							t.Error("an attempt was taken over, and its holder lives")
						}
						mu.Lock()
						left[next.Work.Message.From] = append(left[next.Work.Message.From], next.Work.Message.ID)
						mu.Unlock()
						st := storetest.Ends(*next, message.Accepted, message.Sent, next.Work.Message.ID+"/p")
						st.More = k%3 > 0
						if next, err = w.SettleSend(t.Context(), st); err != nil {
							t.Error(err)
						}
						ended <- struct{}{}
					}
				}
			}
		})
	}
	accepting.Wait()
	for range 4 * each {
		<-ended
	}
	stop()
	working.Wait()
	if c := two.Conserved(); c["outbound/sent"] != 4*each || c["pending"] != 0 || c["attempts/ended"] != 4*each {
		t.Errorf("counts %v", c)
	}
	for from, ids := range left {
		accepted, _, err := one.Messages(t.Context(), message.Filter{AccountID: one.Acct, From: from}, store.Page{Limit: 200})
		if err != nil {
			t.Fatal(err)
		}
		slices.Reverse(accepted)
		for i := range accepted {
			if i >= len(ids) || accepted[i].ID != ids[i] {
				t.Errorf("%s: left in another order than accepted", from)
				break
			}
		}
	}
}

// Who reads on from a number misses none, though two nodes number at once.
func TestNotificationsOfTwoNodesComeInOrder(t *testing.T) {
	one, two := twoNodes(t)
	const each = 150
	var writing sync.WaitGroup
	for g := range 4 {
		w := []*storetest.World{one, two}[g%2]
		writing.Go(func() {
			for i := range each {
				if _, err := w.Accept(t.Context(), w.Outbound(w.Num, fmt.Sprintf("+1666%07d", i), "x")); err != nil {
					t.Error(err)
				}
			}
		})
	}
	var got []int64
	for cursor := int64(0); ; {
		last := done(&writing) // what is read from here on is all there is
		list, err := two.NotificationsAfter(t.Context(), message.NotificationFilter{AccountID: two.Acct}, cursor, 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range list {
			got = append(got, n.Seq)
			cursor = n.Seq
		}
		if last && len(list) == 0 {
			break
		}
	}
	writing.Wait()
	if len(got) != 4*each {
		t.Errorf("read on, one has seen %d of %d notifications", len(got), 4*each)
	}
}

func done(g *sync.WaitGroup) bool {
	c := make(chan struct{})
	go func() { g.Wait(); close(c) }()
	select {
	case <-c:
		return true
	case <-time.After(time.Millisecond):
		return false
	}
}

// A webhook is told everything once, wherever it happens and whichever node tells.
func TestAWebhookHearsOfBothNodes(t *testing.T) {
	one, two := twoNodes(t)
	one.NewWebhook("whsec_x")
	const each = 40
	var writing sync.WaitGroup
	for _, w := range []*storetest.World{one, two} {
		writing.Go(func() {
			for i := range each {
				if _, err := w.Accept(t.Context(), w.Outbound(w.Num, fmt.Sprintf("+1666%07d", i), "x")); err != nil {
					t.Error(err)
				}
			}
		})
	}
	var told []int64
	for k := 0; ; k++ {
		w, last := []*storetest.World{one, two}[k%2], done(&writing)
		list, _, err := w.ClaimDeliveries(t.Context(), time.Now(), 5)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range list {
			for next := &c; next != nil; {
				d := next.Work
				for _, n := range d.Notifications {
					told = append(told, n.Seq)
				}
				next, err = w.SettleDelivery(t.Context(), message.DeliverySettlement{LaneID: d.LaneID, Epoch: d.Epoch, WebhookID: d.WebhookID, Now: time.Now(),
					Cursor: d.Notifications[len(d.Notifications)-1].Seq, More: k%4 > 0})
				if err != nil {
					t.Fatal(err)
				}
			}
		}
		if last && len(list) == 0 {
			break
		}
	}
	writing.Wait()
	if len(told) != 2*each || !slices.IsSorted(told) || len(slices.Compact(told)) != 2*each {
		t.Errorf("told %d of %d, in order: %v", len(told), 2*each, slices.IsSorted(told))
	}
}

// What one node has found out about an integration's credentials ends when the other finds that they hold.
func TestRefusedCredentialsAreEveryNodesToForgive(t *testing.T) {
	one, two := twoNodes(t)
	send := func(w *storetest.World, refused string) {
		t.Helper()
		w.Send("+16660000001", "x")
		c := w.ClaimOne()
		st := storetest.Ends(c, message.Accepted, message.Sent, "p"+c.Work.Message.ID)
		if st.Attention = refused; refused != "" {
			st = storetest.Ends(c, message.Refused, message.Failed)
			st.Attention = refused
		}
		w.Settle(st)
	}
	send(two, "") // it has looked who is refused: nobody
	send(one, "the provider refused the credentials")
	send(two, "")
	told, err := one.Attention(t.Context(), one.Acct, one.Org.ID)
	if err != nil || len(told) != 0 {
		t.Errorf("it still needs attention: %v, %v", told, err)
	}
}

// A node that stands still holds nobody up for long, neither with its lanes nor with its turn, and what it writes later is refused.
func TestAZombieIsFenced(t *testing.T) {
	one, two := twoNodes(t)
	id := one.Send("+16660000001", "hello")
	old := one.ClaimOne()
	list, _, err := two.ClaimSends(t.Context(), time.Now().Add(lane.LeaseFor+time.Second), 1)
	if err != nil || len(list) != 1 || !list[0].Work.Unfinished || list[0].Work.Message.ID != id {
		t.Fatalf("the lease is over: %+v, %v", list, err)
	}
	if lost, err := one.RenewLanes(t.Context(), []lane.Lane{old.Lane}, time.Now().Add(time.Hour)); err != nil || len(lost) != 1 {
		t.Errorf("the zombie renewed: %v, %v", lost, err)
	}
	if _, err := one.SettleSend(t.Context(), storetest.Ends(old, message.Accepted, message.Sent, "p")); !errors.Is(err, lane.ErrFenced) {
		t.Errorf("the zombie settled: %v", err)
	}
	two.Settle(storetest.Ends(list[0], message.Maybe, message.Unclear))
	one.WantStatus(id, message.Unclear)
}

func TestAFileIsOneNodesToFetch(t *testing.T) {
	one, two := twoNodes(t)
	a := one.Arrival("+16660000001", "look", "m1")
	for i := range 6 {
		a.Media = append(a.Media, message.Media{ID: fmt.Sprint("f", i), N: i, SourceURL: "https://carrier.example/1"})
	}
	if err := one.ReceiveCallback(t.Context(), &message.Callback{AccountID: one.Acct, ServiceID: "carrier", State: message.CallbackDone},
		message.Applied{State: message.CallbackDone, Arrivals: []message.Arrival{a}}); err != nil {
		t.Fatal(err)
	}
	now := time.Now().Add(time.Second)
	seen := map[string]int{}
	var first []message.Media
	for _, w := range []*storetest.World{one, two, one, two} {
		list, err := w.PendingMedia(t.Context(), now, 4)
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = list
		}
		for _, f := range list {
			seen[f.ID]++
		}
	}
	if len(first) != 4 || len(seen) != 6 {
		t.Errorf("the first node got %d of 4 that it has room for, both %d of 6", len(first), len(seen))
	}
	for id, n := range seen {
		if n != 1 {
			t.Errorf("%s was given out %d times", id, n)
		}
	}
	done := first[0]
	done.State = message.MediaStored
	if err := one.SaveMedia(t.Context(), done, time.Time{}); err != nil {
		t.Fatal(err)
	}
	// The other node is gone: what it had comes to us when its time is over.
	list, err := one.PendingMedia(t.Context(), now.Add(5*time.Minute), 8)
	if err != nil || len(list) != 5 {
		t.Errorf("after the lease: %d, %v; want the 5 that nobody saved", len(list), err)
	}
}
