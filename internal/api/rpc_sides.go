package api

import (
	"context"
	"unicode/utf8"

	"patchbay/internal/directory"
	"patchbay/internal/fault"
	"patchbay/internal/phone"
	"patchbay/internal/store"
)

// sides says which way a message goes and between whom.
type sides struct {
	outward bool
	number  *directory.Number // ours; nil when the contact writes to a user
	user    *directory.User   // inbound: to whom; outbound: who writes, or nil
	contact string            // as it was spelled

	told *directory.Conversation // outward, and the contact lives in a program: with whom the user has it
}

// sides decides the direction: which side is ours decides. To is looked up among the organization's numbers first, then its extensions.
func (s *Server) sides(ctx context.Context, o *directory.Organization, in *rpcText) (sides, error) {
	from, err := s.numberCalled(ctx, o, string(in.From))
	if err != nil {
		return sides{}, err
	}
	to, err := s.numberCalled(ctx, o, string(in.To))
	if err != nil {
		return sides{}, err
	}
	toUser, err := s.userCalled(ctx, o, in, to)
	if err != nil {
		return sides{}, err
	}
	contact := string(in.From)
	if contact == "" {
		contact = string(in.SenderID)
	}
	if utf8.RuneCountInString(contact) > maxName {
		return sides{}, fault.New(fault.Invalid, "from", "must have at most %d characters", maxName)
	}
	switch {
	case in.UserID != "" && in.To != "" && to == nil:
		return s.byUser(ctx, o, in, from, toUser)
	case from != nil && (to != nil || toUser != nil):
		return sides{}, fault.New(fault.Invalid, "to", "both from and to are this organization's; one side must be a contact")
	case from != nil && in.To == "":
		return sides{}, fault.New(fault.Invalid, "to", "is missing")
	case from != nil:
		return sides{outward: true, number: from, contact: string(in.To)}, nil
	case to != nil || toUser != nil:
		if contact == "" {
			return sides{}, fault.New(fault.Invalid, "from", "is missing; name the contact by from, or by senderid")
		}
		return sides{number: to, user: toUser, contact: contact}, nil
	}
	return sides{}, fault.New(fault.Invalid, "to",
		"neither from nor to is this organization's; one side must be one of its SMS numbers, an extension, or a userid")
}

// byUser is a text that a user writes to an outside number: from one of ours that is named, or from the only one they have.
func (s *Server) byUser(ctx context.Context, o *directory.Organization, in *rpcText, from *directory.Number, writer *directory.User) (sides, error) {
	if other, err := s.o.Store.UserByExtension(ctx, o.AccountID, o.ID, string(in.To)); err == nil && other != nil {
		return sides{}, fault.New(fault.Invalid, "to", "both userid and to are this organization's; one side must be a contact")
	} else if err != nil && fault.CodeOf(err) != fault.NotFound {
		return sides{}, err
	}
	if from == nil {
		told, err := s.o.Store.ProgramsConversation(ctx, o.AccountID, writer.ID, string(in.To))
		if err != nil {
			return sides{}, err
		}
		if told != nil && told.OrgID == o.ID {
			return sides{outward: true, user: writer, contact: told.Contact, told: told}, nil
		}
	}
	if from == nil && in.From != "" {
		return sides{}, fault.New(fault.Invalid, "from", "%q is no SMS number of this organization", in.From)
	}
	if from != nil {
		return sides{outward: true, number: from, user: writer, contact: string(in.To)}, nil
	}
	numbers, err := s.numbersOf(ctx, o)
	if err != nil {
		return sides{}, err
	}
	for i := range numbers {
		if !numbers[i].Has(writer.ID) {
			continue
		}
		if from != nil {
			return sides{}, fault.New(fault.Invalid, "from", "is missing, and the user has several SMS numbers")
		}
		from = &numbers[i]
	}
	if from == nil {
		return sides{}, fault.New(fault.Forbidden, "userid", "the user is not assigned to any SMS number")
	}
	return sides{outward: true, number: from, user: writer, contact: string(in.To)}, nil
}

// userCalled is the user that a call names: by userid, or, when to is no number of ours, by extension.
func (s *Server) userCalled(ctx context.Context, o *directory.Organization, in *rpcText, to *directory.Number) (*directory.User, error) {
	if in.UserID != "" {
		u, err := s.o.Store.User(ctx, o.AccountID, string(in.UserID))
		if err != nil {
			return nil, err
		}
		if u.OrgID != o.ID {
			return nil, fault.New(fault.NotFound, "userid", "no user %q", in.UserID)
		}
		return u, nil
	}
	if in.To == "" || to != nil {
		return nil, nil
	}
	u, err := s.o.Store.UserByExtension(ctx, o.AccountID, o.ID, string(in.To))
	if fault.CodeOf(err) == fault.NotFound {
		return nil, nil
	}
	return u, err
}

func (s *Server) numbersOf(ctx context.Context, o *directory.Organization) ([]directory.Number, error) {
	return everything(func(cursor string) ([]directory.Number, string, error) {
		return s.o.Store.Numbers(ctx, o.AccountID, o.ID, store.Page{Limit: pageSizeMax, Cursor: cursor})
	})
}

// numberCalled finds a number of the organization in any of its spellings, or nil.
func (s *Server) numberCalled(ctx context.Context, o *directory.Organization, spelling string) (*directory.Number, error) {
	if spelling == "" {
		return nil, nil
	}
	if value, err := phone.Parse(spelling, ""); err == nil {
		n, err := s.o.Store.NumberByValue(ctx, o.AccountID, value)
		if err != nil {
			return nil, err
		}
		if n != nil && n.OrgID == o.ID {
			return n, nil
		}
	}
	numbers, err := s.numbersOf(ctx, o)
	if err != nil {
		return nil, err
	}
	owned := make([]phone.Owned, len(numbers))
	for i, n := range numbers {
		owned[i] = phone.Owned{Number: n.Value, Country: n.Country}
	}
	if i := phone.NewBook(owned).Find(spelling); i >= 0 {
		return &numbers[i], nil
	}
	return nil, nil
}
