package pattern

import "patchbay/internal/tree"

// Filter is one row of the table of filters: it names the form that a value has on the wire. Writing converts into it,
// reading converts back.
type Filter struct {
	Name     string
	Argument string // what stands after the colon, for people: "<separator>"; empty when the filter takes none
	Sentence string // what it does, for the reference
	Examples []Example

	// Compile checks the argument, once, and gives the two directions. arg is as written, quotes included: see Unquote and
	// SplitArgument. hasArg tells "" from none.
	Compile func(arg string, hasArg bool) (Codec, error)

	Decides bool // it sets the spelling of a phone number, so the number's own format does not apply
}

// Codec is a filter with its argument. A direction that is nil does not exist: using it is a load error.
type Codec struct {
	Write func(env any, v tree.Value) (tree.Value, bool) // false: the value has no such form, it is as if empty
	Read  func(env any, v tree.Value) (tree.Value, bool)

	Whole   bool // it takes a list as one value; otherwise each element is converted
	Empties bool // it is also asked about what is empty: default, digests
	ToBytes bool // writing gives bytes that are no text: only an encoder, or a signature, may follow
	Encodes bool // writing makes text of any bytes: hex, base64
}

// Example is a worked example that a test executes: Pattern, written with the value of $v$ as JSON, gives Wire; and read
// back gives Back, or the value again when Back is empty.
type Example struct {
	Pattern string
	Value   string // JSON
	Wire    string // JSON
	Back    string // JSON; "-" when reading has no such direction
}

// Filters is the table: the built-in rows. A caller's own come in with the scope.
func Filters() []Filter { return builtin }

// Unquote is an argument without its quotes and the spaces around it.
func Unquote(arg string) string { return unquote(arg) }

// SplitArgument splits an argument at every sep outside quotes; the pieces keep their quotes.
func SplitArgument(arg string, sep byte) []string { return splitArgument(arg, sep) }
