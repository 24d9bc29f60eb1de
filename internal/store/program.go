package store

import (
	"context"
	"errors"
	"time"

	"patchbay/internal/conversation"
	"patchbay/internal/message"
)

// Arrive keeps messages that contacts wrote through a program, all in one commit. A message to a number is like any other
// inbound one; a message to a user has no number and no integration, and belongs to that user's conversation: its contact
// lives in the program.
func (s *Store) Arrive(ctx context.Context, accountID string, now time.Time, arrivals []message.Arrival) (acks []message.Ack, err error) {
	err = s.write(ctx, func(t *tx) error {
		acks = acks[:0] // a write may run again
		for i := range arrivals {
			ack, err := arriveFromProgram(t, accountID, &arrivals[i], now)
			if err != nil {
				return err
			}
			acks = append(acks, ack)
		}
		return nil
	})
	return acks, err
}

func arriveFromProgram(t *tx, accountID string, in *message.Arrival, now time.Time) (ack message.Ack, err error) {
	m := in.Message
	m.AccountID, m.Direction, m.Status, m.Parts = accountID, message.Inbound, message.Received, 1
	m.From = named(m.From)
	if m.ID == "" {
		m.ID = message.NewID()
	}
	if m.Created.IsZero() {
		m.Created = now
	}
	if m.OrgID == "" || m.NumberID == "" && in.ConversationUser == "" {
		return ack, errors.New("a message from a program needs an organization, and a number or a user")
	}
	at, err := converse(t, &m, m.From, conversation.Addition{Owner: in.ConversationUser, Inbound: true, Timeout: in.SessionTimeout, At: m.Created})
	if err != nil {
		return ack, err
	}
	m.ConversationID = at.conversation
	if in.Sender != nil {
		if err := introduce(t, &m, in.Sender, now); err != nil {
			return ack, err
		}
	}
	seq, err := insertMessage(t, &m, idle, 0, at.user, "")
	if err != nil {
		return ack, err
	}
	if seq == 0 {
		return ack, errors.New("a message of this id is here already")
	}
	for i := range in.Media {
		if err := insertMedia(t, seq, &in.Media[i], now); err != nil {
			return ack, err
		}
	}
	ack = message.Ack{ID: m.ID, ConversationID: m.ConversationID, Status: m.Status}
	return ack, arrived(t, &m, seq, at.user, at.begins, now)
}

// Report moves an outbound message as a receipt of that status would: a program's word about what its contact received.
func (s *Store) Report(ctx context.Context, accountID, id string, status message.Status, at time.Time) error {
	return s.write(ctx, func(t *tx) error {
		m, err := outboundOf(t, accountID, id)
		if err != nil {
			return err
		}
		return raise(t, m, status, "", "", at)
	})
}
