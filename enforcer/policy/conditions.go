package policy

import (
	"github.com/caddy-consent/caddy-consent/enforcer/consent"
	"go.yaml.in/yaml/v3"
)

// conditions reads one condition, or a list of them.
func (r *reader) conditions(n *yaml.Node, what string) (conditions []consent.Condition) {
	if n.Kind == yaml.MappingNode {
		return []consent.Condition{r.condition(n, what)}
	}
	r.sequence(n, what, func(item *yaml.Node) { conditions = append(conditions, r.condition(item, what)) })
	return conditions
}

func (r *reader) condition(n *yaml.Node, what string) (c consent.Condition) {
	tests := 0
	p := r.place(n, "a condition of "+what,
		field{"is", func(v *yaml.Node) { c.Test, c.Words, tests = consent.Is, r.words(v, "is"), tests+1 }},
		field{"not", func(v *yaml.Node) { c.Test, c.Words, tests = consent.IsNot, r.words(v, "not"), tests+1 }},
		field{"at_least", func(v *yaml.Node) { c.Test, c.Least, tests = consent.IsAtLeast, r.atLeast(v), tests+1 }},
	)
	if tests > 1 {
		r.errorf(n, "expected at most one of is, not and at_least in a condition: write several conditions")
	}
	if p != nil {
		c.Place = *p
	}
	return c
}

// places reads one place, or a list of them.
func (r *reader) places(n *yaml.Node, what string) (places []consent.Place) {
	add := func(item *yaml.Node) {
		if p := r.place(item, what); p != nil {
			places = append(places, *p)
		}
	}
	if n.Kind == yaml.SequenceNode {
		r.sequence(n, what, add)
	} else {
		add(n)
	}
	return places
}

// place reads where a text stands, in a mapping that may have other fields.
func (r *reader) place(n *yaml.Node, what string, more ...field) *consent.Place {
	p := new(consent.Place)
	r.mapping(n, what, nil, append(more,
		field{"member", func(v *yaml.Node) {
			if p.Member, _ = r.text(v, "member"); p.Member != "" {
				r.checkPath(v, "member", p.Member)
				r.members = append(r.members, memberAt{p.Member, v})
			}
		}},
		field{"cookie", func(v *yaml.Node) { p.Cookie = r.choiceCookie(v, "the name of a cookie") }},
		field{"unwrap", func(v *yaml.Node) { p.Unwrap = r.steps(v) }},
	)...)
	switch {
	case n.Kind != yaml.MappingNode:
		return nil // the problem is known
	case p.Member != "" && p.Cookie != "":
		r.errorf(n, "expected either member or cookie in %s: only the members of the source's own cookie can be read", what)
	case p.Member == "" && p.Cookie == "" && p.Unwrap == nil && !hasKey(n, "member") && !hasKey(n, "cookie"):
		r.errorf(n, "expected where it stands in %s: member, cookie, or unwrap for a part of the own value", what)
	}
	return p
}
