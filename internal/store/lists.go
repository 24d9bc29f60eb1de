package store

import (
	"regexp"
	"strconv"
	"strings"
)

// A list of keys is one argument, its members parted by commas. Each engine has its own way to open it.
var listText = regexp.MustCompile(`IN TEXTS (\$\d+)`)
var listInt = regexp.MustCompile(`IN NUMBERS (\$\d+)`)

// sqlLists is sqlText with IN TEXTS $n and IN NUMBERS $n in it.
func sqlLists(name, text string) *query {
	q := sqlText(name, listInt.ReplaceAllString(listText.ReplaceAllString(text,
		`IN (SELECT value FROM json_each('["' || replace(${1}, ',', '","') || '"]'))`), `IN (SELECT value FROM json_each('[' || ${1} || ']'))`))
	q.postgres = listInt.ReplaceAllString(listText.ReplaceAllString(text,
		`= ANY (string_to_array(${1}, ','))`), `= ANY (string_to_array(${1}, ',')::bigint[])`)
	return q
}

// keyList is such an argument. Only ids of our own making, which have no commas and no quotes, go into one.
func keyList(ids []string) string { return strings.Join(ids, ",") }

func seqList(seqs []int64) string {
	var b []byte
	for i, seq := range seqs {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, seq, 10)
	}
	return string(b)
}
