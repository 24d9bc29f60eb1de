package media

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"patchbay/internal/fault"
	"patchbay/internal/message"
)

// Expect is what a file that lies here will be once it fits, or why it never will. Nothing is decoded for that: that a picture has no form
// that is small enough shows itself when it is sent.
func (o *Outgoing) Expect(ctx context.Context, m message.Media, need Need) (kind string, err error) {
	if need.metBy(&m) {
		return m.MediaType, nil
	}
	if why := o.never(ctx, &m, need); why != "" {
		return "", fault.New(fault.Invalid, "media", "the file %q cannot be sent: %s", m.Name, why)
	}
	return need.writes(m.MediaType), nil
}

// never says why a file cannot be made to fit, as far as that can be told without decoding it.
func (o *Outgoing) never(ctx context.Context, m *message.Media, need Need) string {
	fits := m.Size <= need.most() && need.takes(m.MediaType)
	switch {
	case fits && need.Strip && (isVideo(m.MediaType) || canRead(m.MediaType)):
		return ""
	case fits:
		return fmt.Sprintf("what %s files tell of where and when they were made cannot be taken out here; send it as a JPEG", m.MediaType)
	case !canRead(m.MediaType) && m.Size > need.most():
		return fmt.Sprintf("it has %d bytes, the provider takes %d, and only pictures (JPEG, PNG, GIF, WebP) can be made smaller", m.Size, need.most())
	case !canRead(m.MediaType) || need.writes(m.MediaType) == "":
		return fmt.Sprintf("it is %s, and the provider takes %s", m.MediaType, strings.Join(need.Types, ", "))
	}
	f, err := o.dir.open(ctx, m.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return "it is not here any more"
	}
	if err != nil {
		return "" // nobody can say now
	}
	defer f.Close()
	if data, err := io.ReadAll(io.LimitReader(f, MaxBytes)); err == nil && isAnimated(data, strings.TrimPrefix(m.MediaType, "image/")) {
		return fmt.Sprintf("it has %d bytes, the provider takes %d, and %v", m.Size, need.most(), errAnimation)
	}
	return ""
}

// writes is the type that a picture is written in when it is written again; empty: there is none that is taken.
func (n Need) writes(kind string) string {
	order := []string{"image/jpeg", "image/png"}
	if kind == "image/png" || kind == "image/gif" {
		order = []string{"image/png", "image/jpeg"}
	}
	for _, k := range order {
		if n.takes(k) {
			return k
		}
	}
	return ""
}

// Fit makes the files that lie here for this message, and that their provider would not take, so that it does, and keeps them in place of what
// was there. It gives what is behind each address as it is then; of addresses that are not the message's own files, nothing. A *FetchError
// says which does not fit.
func (o *Outgoing) Fit(ctx context.Context, messageID string, urls []string, need Need) ([]message.Media, error) {
	list := make([]message.Media, len(urls))
	for i, at := range urls {
		rest, ours := strings.CutPrefix(at, o.own)
		if !ours {
			continue
		}
		id, _, ok := o.links.check(linkRoot + rest)
		if !ok {
			continue
		}
		m, err := o.store.Media(ctx, id)
		if fault.CodeOf(err) == fault.NotFound || err == nil && (m == nil || m.MessageID != messageID || m.State != message.MediaStored) {
			continue // somebody's file, passed on by its address
		}
		if err == nil && !need.metBy(m) {
			err = o.fit(ctx, m, need)
		}
		if err != nil {
			return nil, ofName(m, err)
		}
		list[i] = *m
	}
	return list, nil
}

// ofName says which file it is that does not fit.
func ofName(m *message.Media, err error) error {
	var why *FetchError
	if m == nil || !errors.As(err, &why) {
		return err
	}
	return &FetchError{State: why.State, Reason: fmt.Sprintf("the file %q cannot be sent: %s", m.Name, why.Reason)}
}

// fit writes one file so that it fits, and keeps that. A crash before its row says so leaves the file as it was.
func (o *Outgoing) fit(ctx context.Context, m *message.Media, need Need) error {
	if why := o.never(ctx, m, need); why != "" {
		return failed(why)
	}
	weight := 3 * m.Size // as it is, stripped, written again
	if err := o.room.enter(ctx, weight); err != nil {
		return err
	}
	defer o.room.leave(weight)
	data, err := o.dir.read(ctx, m.Path)
	if err != nil {
		return notRead(err)
	}
	data, kind, err := o.rewrite(ctx, data, m, need)
	if err != nil {
		return err
	}
	f, err := o.dir.create()
	if err != nil {
		return err
	}
	defer f.discard()
	if _, err := f.Write(data); err != nil {
		return fmt.Errorf("keep file: %w", err)
	}
	next := *m
	if next.Path, err = f.keepAs(ctx, m.ID+"/fitted"); err != nil {
		return err
	}
	next.Size, next.MediaType, next.Name = int64(len(data)), kind, named(m.Name, m.MediaType, kind)
	if err := o.store.RefitMedia(ctx, next, m.Path); err != nil {
		return fmt.Errorf("keep what a file has become: %w", err)
	}
	*m = next
	return nil
}

// rewrite is a file as it fits: without what it tells where that is enough, otherwise its picture, smaller.
func (o *Outgoing) rewrite(ctx context.Context, data []byte, m *message.Media, need Need) ([]byte, string, error) {
	if isVideo(m.MediaType) {
		if err := blankVideo(data); err != nil {
			return nil, "", failed("what it tells of where and when it was made cannot be taken out: its boxes are broken")
		}
		return data, m.MediaType, nil
	}
	format := strings.TrimPrefix(m.MediaType, "image/")
	if m.Size <= need.most() && need.takes(m.MediaType) && orientation(data, format) == 1 {
		if plain, err := strip(data, format); err == nil && int64(len(plain)) <= need.most() {
			return plain, m.MediaType, nil
		}
	}
	p, done, err := o.dir.studio.open(ctx, data)
	defer done()
	if err == nil {
		var kind string
		if data, kind, err = p.encode(need.most(), need.takes); err == nil {
			return data, kind, nil
		}
	}
	if ctx.Err() != nil {
		return nil, "", err
	}
	return nil, "", failed(fmt.Sprintf("%v (the provider takes %d bytes)", err, need.most()))
}

// named is a file's name once its type is another.
func named(name, was, is string) string {
	if was == is || name == "" {
		return name
	}
	return strings.TrimSuffix(name, path.Ext(name)) + extensionOf(is)
}

func extensionOf(kind string) string {
	if kind == "image/jpeg" {
		return ".jpg"
	}
	return ".png"
}
