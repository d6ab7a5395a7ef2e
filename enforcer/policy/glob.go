package policy

import (
	"cmp"
	"slices"
	"strings"
)

// globs are patterns, the most specific ones first.
type globs []*glob

func (gs globs) sort() {
	slices.SortStableFunc(gs, func(a, b *glob) int { return cmp.Compare(b.literals, a.literals) })
}

// find returns the most specific pattern that matches a name and has as many
// literal characters as least, or nil.
func (gs globs) find(name string, least int) *glob {
	for _, g := range gs {
		if g.literals < least {
			break
		}
		if g.match(name) {
			return g
		}
	}
	return nil
}

// glob is an anchored pattern in which "*" stands for any run of characters.
type glob struct {
	parts    []string // the literals between the stars; at least two
	literals int      // how many literal characters it has
	rule     *Rule
}

func newGlob(rule *Rule) *glob {
	return &glob{parts: strings.Split(rule.Name, "*"), literals: literals(rule.Name), rule: rule}
}

func (g *glob) prefix() string { return g.parts[0] }
func (g *glob) suffix() string { return g.parts[len(g.parts)-1] }

func (g *glob) match(name string) bool {
	if len(name) < g.literals || !strings.HasPrefix(name, g.prefix()) || !strings.HasSuffix(name, g.suffix()) {
		return false
	}
	name = name[len(g.prefix()) : len(name)-len(g.suffix())]
	for _, part := range g.parts[1 : len(g.parts)-1] {
		i := strings.Index(name, part)
		if i < 0 {
			return false
		}
		name = name[i+len(part):]
	}
	return true
}

// isPattern tells a pattern from a name.
func isPattern(name string) bool { return strings.Contains(name, "*") }

// literals counts the characters of a pattern that are not stars.
func literals(pattern string) int { return len(pattern) - strings.Count(pattern, "*") }
