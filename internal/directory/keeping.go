package directory

// Choice is a setting that a number may leave to its organization.
type Choice int

const (
	Inherited Choice = iota
	Yes
	No
)

// Forever, in place of a number of days: nothing is dropped for its age.
const Forever = -1

// Retention is for how many days things are kept. 0: as the account says; of an account: for ever.
type Retention struct {
	Messages  int // with all that hangs on them
	Media     int // files, when they are to go before their messages
	Callbacks int // what providers said, word for word
}

// Of is an organization's retention in its account: what it leaves open, the account decides. 0 is for ever.
func (r Retention) Of(account Retention) Retention {
	pick := func(own, account int) int {
		if own == 0 {
			own = account
		}
		return max(own, 0)
	}
	return Retention{pick(r.Messages, account.Messages), pick(r.Media, account.Media), pick(r.Callbacks, account.Callbacks)}
}

// Strips reports whether files that a number sends lose their metadata.
func Strips(o *Organization, n *Number) bool {
	if n != nil && n.StripMetadata != Inherited {
		return n.StripMetadata == Yes
	}
	return o != nil && o.StripMetadata
}
