package pattern

import "strings"

// Nearest is the name among names that somebody who wrote name may have meant, or "": the one with the fewest letters
// changed, and no more than a third of them. Case, spaces, _ and - do not count as changes.
func Nearest(name string, names []string) string {
	const long = 64
	if len(name) > long {
		return ""
	}
	plain := plainName(name)
	best, fewest := "", len(plain)/3+1
	if len(plain) < 3 {
		fewest = 1 // of two letters, one is not a typing mistake
	}
	for _, n := range names {
		if len(n) > long || n == name {
			continue
		}
		if d := edits(plain, plainName(n)); d < fewest {
			best, fewest = n, d
		}
	}
	return best
}

func plainName(s string) string {
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == '_' || r == '-' {
			return -1
		}
		return r
	}, strings.ToLower(s))
}

// edits counts the letters inserted, left out, changed, or swapped with their neighbour between a and b.
func edits(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		before, last, row = last, row, before
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
	}
	return row[len(b)]
}
