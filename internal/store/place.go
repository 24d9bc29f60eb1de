package store

import (
	"context"
	"fmt"
)

// checkMedia refuses a place for media that is not the one of this database: links to files would lead nowhere on one node of several.
func checkMedia(db engine, id string) error {
	if id == "" {
		return nil
	}
	known, err := mediaPlace(db)
	if err != nil {
		return err
	}
	switch known {
	case "":
		_, err := db.exec(qSetMeta, "media", []byte(id))
		return err
	case id:
		return nil
	}
	return fmt.Errorf("the files of this database are in another place: give every node the same one, a disk that they share with --media-dir or a bucket with"+
		" --media-url (where they are lost, write %s into the file \"id\" of the new one)", known)
}

func mediaPlace(db engine) (id string, err error) {
	_, err = one(db, qMeta, func(r *row) error { id = string(r.bytes()); return nil }, "media")
	return id, err
}

// MediaPlace is the id of the place where the files of this database are kept; empty: none was ever named.
func (s *Store) MediaPlace(ctx context.Context) (id string, err error) {
	err = s.read(ctx, func(db engine) error {
		id, err = mediaPlace(db)
		return err
	})
	return id, err
}

// ClaimMedia says that files are kept there from now on, or that they are kept elsewhere.
func (s *Store) ClaimMedia(ctx context.Context, id string) error {
	return s.write(ctx, func(t *tx) error { return checkMedia(t, id) })
}
