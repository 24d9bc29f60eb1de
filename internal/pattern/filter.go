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
	Write Conversion
	Read  Conversion

	Whole   bool // it takes a list as one value; otherwise each element is converted
	Empties bool // it is also asked about what is empty: default, digests
	ToBytes bool // writing gives bytes that are no text: only an encoder, or a signature, may follow
	Encodes bool // writing makes text of any bytes: hex, base64

	cost int // steps of one reading, besides the usual
}

// Conversion makes one form of a value from another. False: the value has no such form.
// It never fails otherwise, and env is whatever the caller put into Input.
type Conversion func(env any, v tree.Value) (tree.Value, bool)

// Example is a worked example that a test executes: Pattern, written with the value of $v$ as JSON, gives Wire; and read
// back gives Back, or the value again when Back is empty.
type Example struct {
	Pattern string
	Value   string // JSON
	Wire    string // JSON; "-" when the filter only reads
	Back    string // JSON; "-" when it only writes
}

// Filters is the table: the built-in rows. A caller's own come in with the scope.
func Filters() []Filter { return builtin }

var builtin = []Filter{
	// Encodings.
	{Name: "base64", Sentence: "Base64 of the text's or file's bytes; read, either alphabet, with or without padding.",
		Examples: []Example{{Pattern: "$v|base64$", Value: `"Hi?>"`, Wire: `"SGk/Pg=="`}},
		Compile:  bare(Codec{Write: encoded64(stdBase64), Read: decoded64, Encodes: true})},
	{Name: "base64url", Sentence: "Base64 with - and _, without padding.",
		Examples: []Example{{Pattern: "$v|base64url$", Value: `"Hi?>"`, Wire: `"SGk_Pg"`}},
		Compile:  bare(Codec{Write: encoded64(urlBase64), Read: decoded64, Encodes: true})},
	{Name: "hex", Sentence: "The bytes as lower-case hexadecimal; read, either case.",
		Examples: []Example{{Pattern: "$v|hex$", Value: `"é"`, Wire: `"c3a9"`}},
		Compile:  bare(Codec{Write: toHex, Read: fromHex, Encodes: true})},
	{Name: "utf16", Sentence: "The text as UTF-16, big end first, which hex or base64 makes sendable.",
		Examples: []Example{{Pattern: "$v|utf16|hex$", Value: `"Hé😀"`, Wire: `"004800e9d83dde00"`}},
		Compile:  bare(Codec{Write: toUTF16, Read: fromUTF16, ToBytes: true})},
	{Name: "urlencode", Sentence: "Percent-encoded, all but letters, digits and -._~; for a URL inside a value.",
		Examples: []Example{
			{Pattern: "$v|urlencode$", Value: `"a b&c/é"`, Wire: `"a%20b%26c%2F%C3%A9"`},
			{Pattern: "$v|utf16|urlencode$", Value: `"aé"`, Wire: `"%00a%00%E9"`},
		},
		Compile: bare(Codec{Write: texts(percentEncode), Read: texts(percentDecode), Encodes: true})},

	// Numbers and times.
	{Name: "integer", Sentence: "A JSON number without quotes; read, its digits.",
		Examples: []Example{{Pattern: "$v|integer$", Value: `"12345678901234567890"`, Wire: `12345678901234567890`}},
		Compile:  bare(Codec{Write: toInteger, Read: fromInteger})},
	{Name: "unix", Sentence: "A time as seconds since 1970.",
		Examples: []Example{{Pattern: "$v|unix$", Value: `"2026-01-01T00:00:00Z"`, Wire: `1767225600`}},
		Compile:  bare(Codec{Write: toUnix(1e9), Read: fromUnix(1e9)})},
	{Name: "unixms", Sentence: "A time as milliseconds since 1970.",
		Examples: []Example{{Pattern: "$v|unixms$", Value: `"2026-01-01T00:00:00.25Z"`, Wire: `1767225600250`}},
		Compile:  bare(Codec{Write: toUnix(1e6), Read: fromUnix(1e6)})},
	{Name: "date", Argument: "rfc3339, rfc1123, compact or a layout of YYYY MM DD HH mm ss SSS Z", Sentence: "A time as text, UTC where the layout has no zone.",
		Examples: []Example{
			{Pattern: "$v|date:rfc3339$", Value: `"2026-01-02T03:04:05Z"`, Wire: `"2026-01-02T03:04:05Z"`},
			{Pattern: "$v|date:rfc1123$", Value: `"2026-01-02T03:04:05Z"`, Wire: `"Fri, 02 Jan 2026 03:04:05 GMT"`},
			{Pattern: "$v|date:compact$", Value: `"2026-01-02T03:04:05Z"`, Wire: `"20260102T030405Z"`},
			{Pattern: "$v|date:YYYY-MM-DD HH:mm:ss$", Value: `"2026-01-02T03:04:05Z"`, Wire: `"2026-01-02 03:04:05"`},
			{Pattern: "$v|date:YYYY-MM-DDTHH:mm:ss.SSSZ$", Value: `"2026-01-02T03:04:05.678Z"`, Wire: `"2026-01-02T03:04:05.678Z"`},
		}, Compile: compileDate},

	// Words.
	{Name: "map", Argument: "ours=wire,…,*=wire", Sentence: "Our word as theirs, * any other word; read, the first pair that fits, and what fits none stays.",
		Examples: []Example{
			{Pattern: "$v|map:image=IMAGE,audio=SOUND,*=FILE$", Value: `"audio"`, Wire: `"SOUND"`},
			{Pattern: "$v|map:image=IMAGE,*=FILE$", Value: `"text"`, Wire: `"FILE"`, Back: `"FILE"`},
			{Pattern: "$v|map:'a,b'='c d'$", Value: `"a,b"`, Wire: `"c d"`},
		}, Compile: compileMap},
	{Name: "default", Argument: "text", Sentence: "This text where the value is empty, both ways.",
		Examples: []Example{{Pattern: "$v|default:none$", Value: `""`, Wire: `"none"`, Back: `"none"`}, {Pattern: "$v|default:none$", Value: `"some"`, Wire: `"some"`}},
		Compile:  compileDefault},
	{Name: "prefix", Argument: "text", Sentence: "This text before the value; read, it is taken off where it stands.",
		Examples: []Example{{Pattern: "$v|prefix:'tel:'$", Value: `"+15551234567"`, Wire: `"tel:+15551234567"`}},
		Compile:  compilePrefix},
	{Name: "lower", Sentence: "In small letters, both ways.",
		Examples: []Example{{Pattern: "$v|lower$", Value: `"ÉTÉ"`, Wire: `"été"`, Back: `"été"`}},
		Compile:  bare(Codec{Write: texts(lower), Read: texts(lower)})},
	{Name: "upper", Sentence: "In capital letters, both ways.",
		Examples: []Example{{Pattern: "$v|upper$", Value: `"été"`, Wire: `"ÉTÉ"`, Back: `"ÉTÉ"`}},
		Compile:  bare(Codec{Write: texts(upper), Read: texts(upper)})},
	{Name: "trim", Sentence: "Without white space at either end, both ways.",
		Examples: []Example{{Pattern: "$v|trim$", Value: `" a b\n"`, Wire: `"a b"`, Back: `"a b"`}},
		Compile:  bare(Codec{Write: texts(trim), Read: texts(trim)})},
	{Name: "truncate", Argument: "n", Sentence: "At most n characters; only written.",
		Examples: []Example{{Pattern: "$v|truncate:3$", Value: `"a😀bc"`, Wire: `"a😀b"`, Back: "-"}},
		Compile:  compileTruncate},

	// Lists.
	{Name: "join", Argument: "separator", Sentence: "A list as one text with a separator between its values, a comma when none is named.",
		Examples: []Example{
			{Pattern: "$v|join:', '$", Value: `["a","b"]`, Wire: `"a, b"`},
			{Pattern: "$v|join$", Value: `["a"]`, Wire: `"a"`},
		}, Compile: compileJoin},
	{Name: "sort", Sentence: "The members of an object by name and then by value, the values of a list; for signatures, only written.",
		Examples: []Example{{Pattern: "$v|sort|join$", Value: `["b","a"]`, Wire: `"a,b"`, Back: "-"}},
		Compile:  bare(Codec{Write: sorted, Whole: true})},
	{Name: "ordered", Sentence: "The members of an object by name, at every depth; lists stay as they are; for signatures over JSON, only written.",
		Examples: []Example{{Pattern: "$v|ordered$", Value: `{"b":[2,1],"a":{"d":1,"c":2}}`, Wire: `{"a":{"c":2,"d":1},"b":[2,1]}`, Back: "-"}},
		Compile:  bare(Codec{Write: ordered, Whole: true})},
	{Name: "without", Argument: "<name>,…", Sentence: "An object without these members; for signatures that stand among what they sign, only written.",
		Examples: []Example{{Pattern: "$v|without:sig|pairs:'=','&'$", Value: `{"a":"1","sig":"x"}`, Wire: `"a=1"`, Back: "-"}},
		Compile:  compileWithout},
	{Name: "replace", Argument: "<characters>,<one>", Sentence: "Each of these characters as one other, or none, in a text or in the values of an object; only written.",
		Examples: []Example{
			{Pattern: "$v|replace:'&=',_$", Value: `"a&b=c"`, Wire: `"a_b_c"`, Back: "-"},
			{Pattern: "$v|replace:'&=',_|pairs:'=','&'$", Value: `{"a=b":"1&2"}`, Wire: `"a=b=1_2"`, Back: "-"},
		}, Compile: compileReplace},
	{Name: "encoded", Sentence: "Names and values percent-encoded; for signatures, only written.",
		Examples: []Example{{Pattern: "$v|encoded|pairs:'=',&$", Value: `{"a b":"c&d"}`, Wire: `"a%20b=c%26d"`, Back: "-"}},
		Compile:  bare(Codec{Write: encodedPairs, Whole: true})},
	{Name: "pairs", Argument: "<between>,<after>", Sentence: "The members of an object as text: what stands between a name and its value, and between one pair and the next; for signatures, only written.",
		Examples: []Example{
			{Pattern: "$v|sort|pairs:'',''$", Value: `{"b":"2","a":["1","0"]}`, Wire: `"a0a1b2"`, Back: "-"},
			{Pattern: "$v|pairs:'=','&'$", Value: `{"b":"2","a":"1"}`, Wire: `"b=2&a=1"`, Back: "-"},
		}, Compile: compilePairs},

	// Digests.
	{Name: "md5", Sentence: "The MD5 digest, as bytes; only written.",
		Examples: []Example{{Pattern: "$v|md5|hex$", Value: `"abc"`, Wire: `"900150983cd24fb0d6963f7d28e17f72"`, Back: "-"}},
		Compile:  bare(Codec{Write: digest(sumMD5), Empties: true, ToBytes: true})},
	{Name: "sha1", Sentence: "The SHA-1 digest, as bytes; only written.",
		Examples: []Example{{Pattern: "$v|sha1|hex$", Value: `"abc"`, Wire: `"a9993e364706816aba3e25717850c26c9cd0d89d"`, Back: "-"}},
		Compile:  bare(Codec{Write: digest(sumSHA1), Empties: true, ToBytes: true})},
	{Name: "sha256", Sentence: "The SHA-256 digest, as bytes; only written.",
		Examples: []Example{
			{Pattern: "$v|sha256|hex$", Value: `"abc"`, Wire: `"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"`, Back: "-"},
			{Pattern: "$v|sha256|hex$", Value: `""`, Wire: `"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"`, Back: "-"},
			{Pattern: "-$v?|sha256|hex$", Value: `""`, Wire: `"-"`, Back: "-"},
		},
		Compile: bare(Codec{Write: digest(sumSHA256), Empties: true, ToBytes: true})},
	{Name: "sha512", Sentence: "The SHA-512 digest, as bytes; only written.",
		Examples: []Example{{Pattern: "$v|sha512|base64$", Value: `"abc"`,
			Wire: `"3a81oZNherrMQXNJriBBMRLm+k6JqX6iCp7u5ktV05ohkpkqJ0/BqDa6PCOj/uu9RU1EI2Q86A4qmslPpUyknw=="`, Back: "-"}},
		Compile: bare(Codec{Write: digest(sumSHA512), Empties: true, ToBytes: true})},
}

// bare is a filter without an argument.
func bare(k Codec) func(string, bool) (Codec, error) {
	return func(string, bool) (Codec, error) { return k, nil }
}
