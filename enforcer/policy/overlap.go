package policy

import (
	"cmp"
	"slices"
	"strings"
)

// rival is a pattern that is held against others.
type rival struct {
	prefix, suffix string // before its first star, and after its last one, from the end
	place          int    // in the list that it comes from
}

func newRival(pattern string, place int) rival {
	suffix := []byte(pattern[strings.LastIndexByte(pattern, '*')+1:])
	slices.Reverse(suffix)
	return rival{pattern[:strings.IndexByte(pattern, '*')], string(suffix), place}
}

// clash is two places of a list, the earlier one first.
type clash struct{ first, second int }

// clashes are pairs of patterns that cover common names. Two patterns do where of what
// they begin with one continues the other, and of what they end with, too: what is between
// their stars can stand side by side. Of very many pairs it returns as many as most, and
// then one for each pattern that is in more of them.
//
// The patterns are sorted by beginning and end. Those that begin as one does, or shorter,
// are in runs of one beginning each, which are stacked up on the way; in a run, those that
// end alike are neighbours.
func clashes(rivals []rival, most int) (found []clash) {
	slices.SortFunc(rivals, func(a, b rival) int {
		return cmp.Or(cmp.Compare(a.prefix, b.prefix), cmp.Compare(a.suffix, b.suffix), cmp.Compare(a.place, b.place))
	})
	var runs [][]rival
	for i := range rivals {
		r := &rivals[i]
		for len(runs) > 0 && !strings.HasPrefix(r.prefix, runs[len(runs)-1][0].prefix) {
			runs = runs[:len(runs)-1]
		}
		// A run ends before the pattern itself, so each pair is found once.
		if top := len(runs) - 1; top >= 0 && runs[top][0].prefix == r.prefix {
			runs[top] = runs[top][:len(runs[top])+1]
		} else {
			runs = append(runs, rivals[i:i+1])
		}
		for n, run := range runs {
			if n == len(runs)-1 {
				run = run[:len(run)-1]
			}
			if !r.clashesIn(run, func(other int) bool {
				found = append(found, clash{min(r.place, other), max(r.place, other)})
				return len(found) < most
			}) {
				break
			}
		}
	}
	slices.SortFunc(found, func(a, b clash) int {
		return cmp.Or(cmp.Compare(a.second, b.second), cmp.Compare(a.first, b.first))
	})
	return found
}

// clashesIn yields the places of those in a run whose ends continue that of a pattern, or
// are continued by it. It reports false where it was told to stop.
func (r *rival) clashesIn(run []rival, yield func(place int) bool) bool {
	at := func(suffix string) int {
		i, _ := slices.BinarySearchFunc(run, suffix, func(o rival, s string) int { return cmp.Compare(o.suffix, s) })
		return i
	}
	i := at(r.suffix)
	for _, o := range run[i:] {
		if !strings.HasPrefix(o.suffix, r.suffix) {
			break
		}
		if !yield(o.place) {
			return false
		}
	}
	// What is a part of the suffix stands before it, and is no longer than what the
	// suffix has in common with the one right before.
	for i--; i >= 0; {
		o := run[i].suffix
		if strings.HasPrefix(r.suffix, o) {
			if !yield(run[i].place) {
				return false
			}
			i--
			continue
		}
		// No suffix has control characters.
		i = min(at(r.suffix[:common(r.suffix, o)]+"\x00"), i) - 1
	}
	return true
}

// common is how many bytes two texts have in common at their beginnings.
func common(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

// overlap tells whether some name matches both of two names or patterns.
func overlap(a, b string) bool {
	switch {
	case !isPattern(a) && !isPattern(b):
		return a == b
	case !isPattern(a):
		return newGlob(&Rule{Name: b}).match(a)
	case !isPattern(b):
		return newGlob(&Rule{Name: a}).match(b)
	}
	ra, rb := newRival(a, 0), newRival(b, 0)
	return continues(ra.prefix, rb.prefix) && continues(ra.suffix, rb.suffix)
}

// continues reports whether one of two texts begins with the other.
func continues(a, b string) bool { return strings.HasPrefix(a, b) || strings.HasPrefix(b, a) }
