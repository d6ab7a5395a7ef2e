package policy

import (
	"slices"

	"go.yaml.in/yaml/v3"
)

// Owned is a name, or a pattern of names, of cookies in which a consent manager keeps
// its own state: they pass unlisted, and are never deleted (rule Q5).
type Owned struct {
	// Name is the name, or a pattern in which "*" stands for any run of characters.
	Name string

	// Line and Column are where it stands in the file, or the preset that has it.
	Line, Column int
}

// owned finds out whether a cookie is one of a consent manager's own. A nil one has
// none.
type owned struct {
	all   []Owned
	index ruleIndex // of all, by their places
}

func newOwned(all []Owned) *owned {
	if len(all) == 0 {
		return nil
	}
	rules := make([]Rule, len(all))
	for i, o := range all {
		rules[i] = Rule{Name: o.Name, Service: i}
	}
	return &owned{all: all, index: newRuleIndex(rules)}
}

// Owns reports whether a cookie is one of a consent manager's own. The name is the first
// n bytes of a text, as [Policy.ServiceOf] has it.
func (p *Policy) Owns(text string, n int) bool {
	if p.owned == nil {
		return false
	}
	rule, _, _ := p.owned.index.find(text, n)
	return rule != nil
}

// LookupOwned returns what names a cookie of a consent manager, or nil.
func (p *Policy) LookupOwned(name string) *Owned {
	if p.owned == nil {
		return nil
	}
	if rule, i, _ := p.owned.index.find(name, len(name)); rule != nil {
		return &p.owned.all[i]
	}
	return nil
}

// OwnedCookies are the names and patterns of cookies of consent managers, in the order
// in which they are declared.
func (p *Policy) OwnedCookies() (names []string) {
	if p.owned == nil {
		return nil
	}
	for _, o := range p.owned.all {
		names = append(names, o.Name)
	}
	return names
}

// owns reads the cookies that a consent manager sets besides those of the choice.
func (r *reader) owns(n *yaml.Node) (all []Owned) {
	add := func(item *yaml.Node) {
		if name := r.cookieName(item, "the name of a cookie in owns"); name != "" {
			all = append(all, Owned{name, item.Line, item.Column})
		}
	}
	if n.Kind == yaml.ScalarNode {
		add(n)
	} else {
		r.sequence(n, "owns", add)
	}
	return all
}

// addOwned compiles the cookies of all consent managers. One that is named twice is one.
func (r *reader) addOwned(p *Policy, d *document) {
	var all []Owned
	for i := range d.consent.sources {
		for _, o := range d.consent.sources[i].owns {
			if !slices.ContainsFunc(all, func(other Owned) bool { return other.Name == o.Name }) {
				all = append(all, o)
			}
		}
	}
	p.owned = newOwned(all)
}

// checkOwned refuses rules by which cookies of a consent manager would need consent.
func (r *reader) checkOwned(p *Policy, d *document, entries []*cookieEntry) {
	if p.owned == nil {
		return
	}
	for _, o := range p.owned.all {
		for _, e := range r.refusing(p, d, entries, o.Name) {
			r.errorf(e.node, "%q covers %q, which the consent manager owns (line %d) and which passes whatever the visitor chooses: list that cookie in a category with consent: none, or see that owns does not name it (owns: [] takes away what a preset owns)", e.Name, o.Name, o.Line)
		}
	}
}

// refusing are the entries that decide about some of the names of a pattern, and need
// consent. An entry that reads a choice is checked elsewhere.
func (r *reader) refusing(p *Policy, d *document, entries []*cookieEntry, pattern string) (found []*cookieEntry) {
	needs := func(service int) bool {
		category := r.categoryIndex(d, d.services[service].category)
		return category >= 0 && p.Categories[category].Consent != None && p.Categories[category].Consent != ""
	}
	free := -1 // characters of the rule that needs no consent for any of the names
	for _, e := range entries {
		if covers(e.Name, pattern) && !needs(e.Service) {
			free = max(free, rank(e.Name))
		}
	}
	for _, e := range entries {
		if needs(e.Service) && rank(e.Name) > free && overlap(e.Name, pattern) && !p.NamesChoice(e.Name) {
			found = append(found, e)
		}
	}
	return found
}

// covers reports whether a rule stands for all names that a pattern, or name, does.
func covers(rule, pattern string) bool {
	if !isPattern(pattern) {
		return overlap(rule, pattern)
	}
	return rule == pattern || isBeginningOf(rule, pattern)
}

// rank orders rules of common names: an exact name beats a pattern, and of two patterns
// the one with more literal characters wins.
func rank(rule string) int {
	if !isPattern(rule) {
		return 1 << 30
	}
	return literals(rule)
}
