package service

import (
	"fmt"

	"patchbay/internal/pattern"
	"patchbay/internal/phone"
	"patchbay/internal/tree"
)

// numberFilters are the spellings of phone numbers. They need the country of our number, so they live here and not with the patterns.
var numberFilters = []pattern.Filter{
	numberFilter("digits", "Country code and number, without +.",
		pattern.Example{Pattern: "$v|digits$", Value: `"+15551234567"`, Wire: `"15551234567"`}),
	numberFilter("national", "As dialled at home, without the trunk prefix; numbers of other countries than ours stay as they are.",
		pattern.Example{Pattern: "$v|national$", Value: `"+14155552345"`, Wire: `"4155552345"`}),
	numberFilter("national0", "As dialled at home, with the trunk prefix; numbers of other countries than ours stay as they are.",
		pattern.Example{Pattern: "$v|national0$", Value: `"+61412345678"`, Wire: `"0412345678"`}),
	numberFilter("international00", "00, country code and number.",
		pattern.Example{Pattern: "$v|international00$", Value: `"+15551234567"`, Wire: `"0015551234567"`}),
}

func numberFilter(name, sentence string, examples ...pattern.Example) pattern.Filter {
	write := func(env any, v tree.Value) (tree.Value, bool) {
		return tree.Text(phone.Write(name, v.Text(), countryOf(env))), true
	}
	read := func(env any, v tree.Value) (tree.Value, bool) {
		s, scalar := v.Scalar()
		return tree.Text(phone.Read(name, s, countryOf(env))), scalar
	}
	return pattern.Filter{
		Name: name, Sentence: sentence, Examples: examples, Decides: true,
		Compile: func(arg string, hasArg bool) (pattern.Codec, error) {
			if hasArg {
				return pattern.Codec{}, fmt.Errorf("%s takes no argument", name)
			}
			return pattern.Codec{Write: write, Read: read}, nil
		},
	}
}

// countryOf is the country of our number: of the message that is being written. Reading, it is not known before the called number is,
// so national spellings stay as they are until then.
func countryOf(env any) string {
	if m, ok := env.(*Sending); ok {
		return m.Country
	}
	return ""
}
