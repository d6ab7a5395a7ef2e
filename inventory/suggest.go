package inventory

import (
	"regexp"
	"strings"
)

// Suggest returns what the catalogue says of a name, and whether it says anything.
// A nil catalogue says nothing.
//
// The name may have "*" in place of digits, as those of sightings do. A name of the
// catalogue beats a prefix, and a longer prefix a shorter one; of several rows for
// one name, it is the first.
func (c *Catalogue) Suggest(name string) (Suggestion, bool) {
	if c == nil {
		return Suggestion{}, false
	}
	if s, found := c.names.find(name); found {
		return s, true
	}
	for end := min(len(name), c.longest); end > 0; end-- {
		if s, found := c.prefixes.find(name[:end]); found {
			return s, true
		}
	}
	return Suggestion{}, false
}

// index finds suggestions under names as they are, and under those with "*" in
// place of digits.
type index struct{ literal, collapsed map[string]Suggestion }

func newIndex() index {
	return index{literal: make(map[string]Suggestion), collapsed: make(map[string]Suggestion)}
}

func (x index) find(name string) (Suggestion, bool) {
	if s, found := x.literal[name]; found {
		return s, true
	}
	s, found := x.collapsed[name]
	return s, found
}

// minLiteral is how many other characters a name with "*" needs. "A*" could be
// anything.
const minLiteral = 2

// add adds a suggestion under its names, unless an earlier one has them.
func (x index) add(name string, s Suggestion) {
	addFirst(x.literal, name, s)
	collapsed := digits.ReplaceAllString(name, "*")
	if collapsed != name && len(collapsed)-strings.Count(collapsed, "*") >= minLiteral {
		addFirst(x.collapsed, collapsed, s)
	}
}

var digits = regexp.MustCompile(`[0-9]+`)

func addFirst(to map[string]Suggestion, name string, s Suggestion) {
	if _, known := to[name]; !known {
		to[name] = s
	}
}
