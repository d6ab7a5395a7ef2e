package policy

import "strings"

// ruleIndex finds the rule for a name in a time that hardly depends on the
// number of rules: names and patterns stand in a tree by the literal characters
// that they begin with. Patterns that begin with "*" stand in another, by those
// that they end with, and only patterns with "*" at both ends are tried one by
// one.
type ruleIndex struct {
	leading  *tree
	first    [256]*tree // the children of leading, without a search
	trailing *tree      // nil where no pattern needs it
	floating []*glob
}

func newRuleIndex(rules []*Rule) ruleIndex {
	x := ruleIndex{leading: &tree{}}
	for _, rule := range rules {
		if !isPattern(rule.Name) {
			x.leading.node(rule.Name).exact = rule
			continue
		}
		g := newGlob(rule)
		switch {
		case g.prefix() != "":
			n := x.leading.node(g.prefix())
			n.globs = append(n.globs, g)
		case g.suffix() != "":
			if x.trailing == nil {
				x.trailing = &tree{}
			}
			n := x.trailing.node(reversed(g.suffix()))
			n.globs = append(n.globs, g)
		default:
			x.floating = append(x.floating, g)
		}
	}
	for i, child := range x.leading.children {
		x.first[x.leading.firsts[i]] = child
	}
	return x
}

func (x *ruleIndex) find(name string) *Rule {
	if name == "" {
		return nil
	}
	var best *glob
	rest := name
	// The first byte of a label is what led to its node.
	for n := x.first[name[0]]; n != nil && (len(n.label) == 1 || strings.HasPrefix(rest[1:], n.label[1:])); n = n.child(rest[0]) {
		rest = rest[len(n.label):]
		for _, g := range n.globs {
			best = better(best, g, name)
		}
		if rest != "" {
			continue
		}
		if n.exact != nil {
			return n.exact
		}
		break
	}
	if x.trailing != nil {
		best = x.findTrailing(name, best)
	}
	for _, g := range x.floating {
		best = better(best, g, name)
	}
	if best == nil {
		return nil
	}
	return best.rule
}

// findTrailing walks the tree of reversed suffixes from the end of the name.
func (x *ruleIndex) findTrailing(name string, best *glob) *glob {
	n := x.trailing
	for i := len(name); i > 0; {
		if n = n.child(name[i-1]); n == nil || len(n.label) > i {
			return best
		}
		for j := range len(n.label) {
			i--
			if name[i] != n.label[j] {
				return best
			}
		}
		for _, g := range n.globs {
			best = better(best, g, name)
		}
	}
	return best
}

// tree is a radix tree: each child stands under the first byte of its label.
type tree struct {
	label    string // the bytes that lead here from the parent
	firsts   string // the first bytes of the children's labels
	children []*tree
	exact    *Rule
	globs    []*glob
}

func (t *tree) child(first byte) *tree {
	if i := strings.IndexByte(t.firsts, first); i >= 0 {
		return t.children[i]
	}
	return nil
}

// node finds the node for a literal, and makes it where there is none.
func (t *tree) node(literal string) *tree {
	for literal != "" {
		i := strings.IndexByte(t.firsts, literal[0])
		if i < 0 {
			leaf := &tree{label: literal}
			t.firsts += literal[:1]
			t.children = append(t.children, leaf)
			return leaf
		}
		child := t.children[i]
		n := commonPrefix(literal, child.label)
		if n < len(child.label) { // split the edge
			middle := &tree{label: child.label[:n], firsts: child.label[n : n+1], children: []*tree{child}}
			child.label = child.label[n:]
			t.children[i], child = middle, middle
		}
		t, literal = child, literal[n:]
	}
	return t
}

func commonPrefix(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

// better is g where it matches the name and is more specific than best. The name
// has the prefix or suffix under which g stands in its tree.
func better(best, g *glob, name string) *glob {
	if best != nil && best.literals >= g.literals || !g.prefixOnly && !g.match(name) {
		return best
	}
	return g
}

// glob is an anchored pattern in which "*" stands for any run of characters.
type glob struct {
	parts      []string // the literals between the stars; at least two
	literals   int      // how many literal characters it has
	prefixOnly bool     // it is a literal and a star
	rule       *Rule
}

func newGlob(rule *Rule) *glob {
	g := &glob{parts: strings.Split(rule.Name, "*"), literals: literals(rule.Name), rule: rule}
	g.prefixOnly = len(g.parts) == 2 && g.suffix() == ""
	return g
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
