package store

import (
	"context"
	"time"

	"patchbay/internal/conversation"
	"patchbay/internal/directory"
	"patchbay/internal/fault"
	"patchbay/internal/message"
)

var (
	qClaim       = sqlText("claim conversation", `UPDATE conversations SET claimed_by = $2, claimed_at = $3 WHERE id = $1`)
	qIsAssigned  = sqlText("is assigned", `SELECT 1 FROM number_users WHERE number_id = $1 AND user_id = $2`)
	qClaimsOf    = sqlText("claims of a user", `SELECT `+conversationColumns+` FROM conversations WHERE claimed_by = $1 AND claimed_by <> '' AND ($2 = '' OR number_id = $2)`)
	qCloseOne    = sqlText("close conversation", `UPDATE conversations SET closed = 1 WHERE id = $1 AND closed = 0`)
	qReopen      = sqlText("reopen conversation", `UPDATE conversations SET closed = 0 WHERE id = $1`)
	qOpenAtPlace = sqlText("open conversation at a place", `SELECT id FROM conversations WHERE number_id = $1 AND contact = $2 AND user_id = $3 AND closed = 0`)
)

// conversationIn is the account's conversation of this id, as it is in this commit.
func conversationIn(t *tx, accountID, id string) (c directory.Conversation, err error) {
	ok, err := one(t, qConversation, func(r *row) error { c = readConversation(r); return nil }, accountID, id)
	if err == nil && !ok {
		err = notFound("conversation", id)
	}
	return c, err
}

// announce says in the same commit what has become of a conversation, to whoever sees it.
func announce(t *tx, c *directory.Conversation, d message.Doing, at time.Time) error {
	d.ID, d.OrgID = c.ID, c.OrgID
	return notify(t, &message.Notification{AccountID: c.AccountID, OrgID: c.OrgID, NumberID: c.NumberID, UserID: c.UserID,
		Type: message.ConversationUpdated, At: at, Data: doing(d)}, 0)
}

// ClaimConversation marks a group's conversation as one user's to look after, or as nobody's.
func (s *Store) ClaimConversation(ctx context.Context, accountID, id string, claim conversation.Claim) error {
	return s.write(ctx, func(t *tx) error {
		c, err := conversationIn(t, accountID, id)
		if err != nil {
			return err
		}
		assigned, err := one(t, qIsAssigned, func(*row) error { return nil }, c.NumberID, claim.User)
		if err == nil {
			err = claim.Check(&c, assigned)
		}
		if err != nil || c.ClaimedBy == claim.User {
			return err
		}
		return setClaim(t, &c, claim)
	})
}

func setClaim(t *tx, c *directory.Conversation, claim conversation.Claim) error {
	if _, err := t.exec(qClaim, c.ID, claim.User, micros(claim.At)); err != nil {
		return err
	}
	d := message.Doing{What: message.WhatClaimed, By: claim.By, User: claim.User}
	if claim.User == "" {
		d.What, d.User = message.WhatReleased, c.ClaimedBy
	}
	return announce(t, c, d, claim.At)
}

// releaseClaims ends what a user has claimed on a number that they leave; without a number, on all.
func releaseClaims(t *tx, userID, numberID string, at time.Time) error {
	var list []directory.Conversation
	if err := t.each(qClaimsOf, func(r *row) error { list = append(list, readConversation(r)); return nil }, userID, numberID); err != nil {
		return err
	}
	for i := range list {
		if err := setClaim(t, &list[i], conversation.Claim{At: at}); err != nil {
			return err
		}
	}
	return nil
}

// CloseConversation ends a conversation: what is written to its contact next begins another one. by is the user who says so.
func (s *Store) CloseConversation(ctx context.Context, accountID, id, by string, at time.Time) error {
	return s.write(ctx, func(t *tx) error {
		c, err := conversationIn(t, accountID, id)
		if err != nil || c.Closed {
			return err
		}
		if _, err := t.exec(qCloseOne, id); err != nil {
			return err
		}
		return announce(t, &c, message.Doing{What: message.WhatClosed, By: by}, at)
	})
}

// ReopenConversation goes on with a closed conversation, unless another one has begun in its place.
func (s *Store) ReopenConversation(ctx context.Context, accountID, id, by string, at time.Time) error {
	return s.write(ctx, func(t *tx) error {
		c, err := conversationIn(t, accountID, id)
		if err != nil || !c.Closed {
			return err
		}
		if c.Joined != "" {
			return fault.New(fault.Conflict, "", "this conversation has become part of %s", c.Joined)
		}
		other := ""
		if _, err := one(t, qOpenAtPlace, func(r *row) error { other = r.text(); return nil }, c.NumberID, c.Contact, c.UserID); err != nil {
			return err
		}
		if other != "" {
			return fault.New(fault.Conflict, "", "there is an open conversation with this contact already: %s", other)
		}
		if _, err := t.exec(qReopen, id); err != nil {
			return err
		}
		return announce(t, &c, message.Doing{What: message.WhatReopened, By: by}, at)
	})
}
