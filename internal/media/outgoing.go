package media

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"strings"

	"github.com/gabriel-vasile/mimetype"

	"patchbay/internal/exchange"
	"patchbay/internal/fault"
	"patchbay/internal/message"
)

// Limits of the files that go out inside requests.
const (
	MaxTogether = 40 << 20  // in one request
	memory      = 256 << 20 // for all requests that are written at once
	perByte     = 4         // what a byte of a file takes until it has left: itself, its base64, the body
	fetching    = 32        // messages whose files are fetched at once
)

// Outgoing gets what is in the files of messages that are sent: our own from where they are kept, any other through the door. Files lie on the disk
// until there is memory for all that belong together, so that however many are sent at once, memory is bounded.
type Outgoing struct {
	store Store
	door  *exchange.Door
	dir   *Files
	links *Links
	own   string // what our links begin with
	turns *room
	room  *room
}

// NewOutgoing gets files for one program. publicURL is what our media links stand under.
func NewOutgoing(store Store, door *exchange.Door, dir *Files, links *Links, publicURL string) *Outgoing {
	return &Outgoing{store, door, dir, links, strings.TrimRight(publicURL, "/") + linkRoot, newRoom(fetching), newRoom(memory)}
}

// Content is what is in a file, and what its bytes and whoever gave it call it.
type Content struct {
	Name, Type string
	Data       []byte
}

// Get gets the files of one request, at most most bytes of each (0: MaxBytes). done gives their memory back; it is never nil. A
// *FetchError says which cannot be had, and whether another try is worth it; any other error is ours.
func (o *Outgoing) Get(ctx context.Context, urls []string, most int64) (files []Content, done func(), err error) {
	done = func() {}
	if most <= 0 || most > MaxBytes {
		most = MaxBytes
	}
	if err := o.turns.enter(ctx, 1); err != nil {
		return nil, done, err
	}
	defer o.turns.leave(1)
	var got []*lying
	defer func() {
		for _, l := range got {
			l.close()
		}
	}()
	var together int64
	for _, u := range urls {
		l, err := o.fetch(ctx, u, most)
		if err != nil {
			return nil, done, ofFile(u, err)
		}
		got = append(got, l)
		if together += l.size; together > MaxTogether {
			return nil, done, failed(fmt.Sprintf("the files have more than %s together", sizeText(MaxTogether)))
		}
	}
	weight := together * perByte
	if err := o.room.enter(ctx, weight); err != nil {
		return nil, done, err
	}
	done = func() { o.room.leave(weight) }
	for _, l := range got {
		c, err := l.read()
		if err != nil {
			return nil, done, fmt.Errorf("read file: %w", err)
		}
		files = append(files, c)
	}
	return files, done, nil
}

// lying is a file that waits on the disk.
type lying struct {
	io.ReadSeeker
	close  func()
	size   int64
	name   string
	claims []string
}

func (o *Outgoing) fetch(ctx context.Context, at string, most int64) (*lying, error) {
	if rest, ours := strings.CutPrefix(at, o.own); ours {
		return o.kept(ctx, linkRoot+rest, most)
	}
	f, err := o.dir.create()
	if err != nil {
		return nil, err
	}
	found, err := Fetch(ctx, o.door, Source{URL: at, Most: most}, f)
	var size int64
	if err == nil {
		size, err = f.Seek(0, io.SeekEnd)
	}
	if err != nil {
		f.discard()
		return nil, err
	}
	return &lying{ReadSeeker: f, close: f.discard, size: size, name: found.Name, claims: []string{found.Type}}, nil
}

// kept is a file behind a link of our own, which the door would not lead to.
func (o *Outgoing) kept(ctx context.Context, link string, most int64) (*lying, error) {
	path, _, _ := strings.Cut(link, "?")
	id, _, ok := o.links.check(path) // one that has ended was good when the message was accepted
	if !ok {
		return nil, failed("this link is none of ours")
	}
	m, err := o.store.Media(ctx, id)
	switch {
	case err != nil && fault.CodeOf(err) != fault.NotFound:
		return nil, err
	case err == nil && m != nil && m.State == message.MediaPending:
		return nil, again("the file is not here yet")
	case err != nil || m == nil || m.State != message.MediaStored:
		return nil, failed("the file is not here any more")
	case m.Size > most:
		return nil, failed("the file is larger than " + sizeText(most))
	}
	f, err := o.dir.open(ctx, m.Path)
	if err != nil {
		return nil, notRead(err)
	}
	return &lying{ReadSeeker: f, close: func() { _ = f.Close() }, size: m.Size, name: m.Name, claims: []string{m.MediaType}}, nil
}

// notRead is why a kept file cannot be had: for good where it is gone, for now where its place is away.
func notRead(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return failed("the file is not here any more")
	}
	return fmt.Errorf("read file: %w", err)
}

func (l *lying) read() (Content, error) {
	if _, err := l.Seek(0, io.SeekStart); err != nil {
		return Content{}, err
	}
	c := Content{Name: cleanName(l.name), Data: make([]byte, l.size)}
	if _, err := io.ReadFull(l, c.Data); err != nil {
		return Content{}, err
	}
	c.Type = typeOf(c.Data, append(l.claims, typeOfName(c.Name)))
	if c.Name == "" {
		c.Name = "file"
	}
	if found := mimetype.Lookup(c.Type); extension(c.Name) == "" && found != nil {
		c.Name += found.Extension()
	}
	return c, nil
}

// typeOf is what the bytes are. Where they leave several possible (text, what is inside an ISO file) or say nothing, what was said decides.
func typeOf(data []byte, claims []string) string {
	found := mimetype.Detect(data[:min(len(data), headSize)])
	kind := base(found.String())
	for _, claim := range claims {
		claim = base(claim)
		if same, ok := otherNames[claim]; ok {
			claim = same
		}
		switch {
		case claim == "" || claim == "text/plain" || strings.Contains(claim, "*") || !strings.Contains(claim, "/"):
		case kind == octets, claim != octets && agrees(found, claim) && (iso[kind] || kind == "text/plain"):
			return claim
		}
	}
	return kind
}

// ofFile says which file it is that cannot be had, without the query of its address, where keys stand.
func ofFile(at string, err error) error {
	var why *FetchError
	if !errors.As(err, &why) {
		return err
	}
	told := *why
	if told.Status > 0 {
		told.Reason = fmt.Sprintf("its address answered %d", told.Status)
		if told.State == message.MediaPending && told.Status >= 400 && told.Status < 500 && told.After == 0 && !passing[told.Status] {
			told.State = message.MediaFailed // unlike a provider, who announces files ahead, whoever sends one has it
		}
	}
	if u, err := url.Parse(at); err == nil {
		u.RawQuery, u.User, u.Fragment = "", nil, ""
		at = u.String()
	}
	told.Reason = "the file " + at + " cannot be sent: " + told.Reason
	return &told
}

// passing are the client's errors that are none of the client's.
var passing = map[int]bool{408: true, 409: true, 425: true, 429: true}

func sizeText(n int64) string {
	if n >= 1<<20 && n%(1<<20) == 0 {
		return fmt.Sprintf("%d MiB", n>>20)
	}
	return fmt.Sprintf("%d bytes", n)
}
