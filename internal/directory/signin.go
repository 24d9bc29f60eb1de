package directory

import "time"

// Person administers the account itself, and is of no organization.
type Person struct {
	ID        string
	AccountID string
	Email     string // by which they sign in; unique within the account, compared without case
	Name      string
	Status    int
	SignsIn   bool // has chosen a password; the store's to say
	Created   time.Time
}

// Whose names somebody who can sign in: a user of an organization, or a person of the account.
type Whose struct {
	AccountID string
	OrgID     string // empty: a person of the account
	PersonID  string
}

// Candidate is whom a name may mean that somebody typed to sign in, with the hash of their password.
type Candidate struct {
	Whose
	Password string
}

// How long a sign-in lives: at most, and without being used.
const (
	SignInLife = 30 * 24 * time.Hour
	SignInIdle = 7 * 24 * time.Hour
)

// SignIn is a browser's credential. Only its hash is kept.
type SignIn struct {
	ID string
	Whose
	Agent   string // which browser, in a few words
	Created time.Time
	Used    time.Time
}

// Over reports whether it has lived its time.
func (s *SignIn) Over(now time.Time) bool {
	return now.Sub(s.Created) >= SignInLife || now.Sub(s.Used) >= SignInIdle
}

// Expires is when it ends if it is not used again.
func (s *SignIn) Expires() time.Time {
	life, idle := s.Created.Add(SignInLife), s.Used.Add(SignInIdle)
	if idle.Before(life) {
		return idle
	}
	return life
}

// How long a one-time link is good: for whoever has no password yet, and for whoever is to choose a new one.
const (
	InvitationLife = 72 * time.Hour
	ResetLife      = time.Hour
)

// Invitation is a one-time link: whoever has it chooses the password. Only its token's hash is kept.
type Invitation struct {
	Whose
	Expires time.Time
}
