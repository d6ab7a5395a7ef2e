package policy

import "strings"

// ruleIndex finds the rule for a name in a time that hardly depends on the
// number of rules: exact names by hash, patterns by the literal characters that
// they begin or end with. Only patterns with "*" at both ends are tried one by
// one.
type ruleIndex struct {
	exact    map[string]*Rule
	longest  int     // of the exact names
	leading  *trie   // patterns by the literal they begin with
	trailing *trie   // patterns that begin with "*", by the literal they end with
	floating []*glob // patterns that begin and end with "*"
}

func newRuleIndex(rules []*Rule) ruleIndex {
	x := ruleIndex{exact: make(map[string]*Rule, len(rules)), leading: &trie{}, trailing: &trie{}}
	for _, rule := range rules {
		if !isPattern(rule.Name) {
			x.exact[rule.Name] = rule
			x.longest = max(x.longest, len(rule.Name))
			continue
		}
		g := newGlob(rule)
		switch {
		case g.prefix() != "":
			x.leading.add(g.prefix(), g)
		case g.suffix() != "":
			x.trailing.add(reversed(g.suffix()), g)
		default:
			x.floating = append(x.floating, g)
		}
	}
	return x
}

func (x *ruleIndex) find(name string) *Rule {
	if len(name) <= x.longest {
		if rule := x.exact[name]; rule != nil {
			return rule
		}
	}
	var best *glob
	node := x.leading
	for i := 0; node != nil; i++ {
		best = node.better(best, name)
		if i == len(name) {
			break
		}
		node = node.child(name[i])
	}
	node = x.trailing
	for i := len(name); node != nil; i-- {
		best = node.better(best, name)
		if i == 0 {
			break
		}
		node = node.child(name[i-1])
	}
	for _, g := range x.floating {
		best = better(best, g, name)
	}
	if best == nil {
		return nil
	}
	return best.rule
}

// trie holds patterns under the bytes that lead to them.
type trie struct {
	bytes    string // those that lead on, each to the child of the same index
	children []*trie
	globs    []*glob
}

func (t *trie) child(c byte) *trie {
	if i := strings.IndexByte(t.bytes, c); i >= 0 {
		return t.children[i]
	}
	return nil
}

func (t *trie) add(literal string, g *glob) {
	for i := range len(literal) {
		next := t.child(literal[i])
		if next == nil {
			next = &trie{}
			t.bytes += literal[i : i+1]
			t.children = append(t.children, next)
		}
		t = next
	}
	t.globs = append(t.globs, g)
}

func (t *trie) better(best *glob, name string) *glob {
	for _, g := range t.globs {
		best = better(best, g, name)
	}
	return best
}

// better is g where it matches the name and is more specific than best.
func better(best, g *glob, name string) *glob {
	if best != nil && best.literals >= g.literals || !g.match(name) {
		return best
	}
	return g
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

// overlap tells whether some name matches both of two patterns. It fills a
// table from the ends: meet[j] is whether a[i:] and b[j:] match a common string.
func overlap(a, b string) bool {
	below := make([]bool, len(b)+1)
	meet := make([]bool, len(b)+1)
	for i := len(a); i >= 0; i-- {
		below, meet = meet, below
		for j := len(b); j >= 0; j-- {
			switch {
			case i == len(a) && j == len(b):
				meet[j] = true
			case i < len(a) && a[i] == '*':
				meet[j] = below[j] || j < len(b) && meet[j+1]
			case j < len(b) && b[j] == '*':
				meet[j] = meet[j+1] || i < len(a) && below[j]
			default:
				meet[j] = i < len(a) && j < len(b) && a[i] == b[j] && below[j+1]
			}
		}
	}
	return meet[0]
}

func reversed(s string) string {
	b := []byte(s)
	for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 {
		b[i], b[j] = b[j], b[i]
	}
	return string(b)
}
