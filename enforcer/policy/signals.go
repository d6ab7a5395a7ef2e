package policy

import (
	"strings"
	"time"

	"github.com/caddy-consent/caddy-consent/enforcer/consent"
	"go.yaml.in/yaml/v3"
)

// expirySection says what is deleted from browsers (rule X1).
type expirySection struct {
	undecided, unlisted bool
	unlistedNode        *yaml.Node
}

// signalSection says what a browser's own signals deny.
type signalSection struct {
	gpc         []signalledCategory
	gpcJSON     bool
	gpcJSONNode *yaml.Node
}

type signalledCategory struct {
	id   string
	node *yaml.Node
}

func (r *reader) signals(n *yaml.Node, s *signalSection) {
	r.mapping(n, "signals", nil,
		field{"gpc", func(v *yaml.Node) {
			r.sequence(v, "gpc", func(item *yaml.Node) {
				if id, ok := r.text(item, "the id of a category"); ok {
					s.gpc = append(s.gpc, signalledCategory{id, item})
				}
			})
		}},
	)
}

// day reads a date, which YAML knows as a type of its own.
func (r *reader) day(n *yaml.Node, what string) time.Time {
	if !r.isKind(n, yaml.ScalarNode, what) {
		return time.Time{}
	}
	day, err := time.Parse(time.DateOnly, n.Value)
	if err != nil {
		r.errorf(n, "expected a day such as 2026-01-31 as %s, found %s", what, found(n))
	}
	return day
}

// addSignals compiles what signals deny.
func (r *reader) addSignals(p *Policy, d *document) {
	for _, c := range d.signals.gpc {
		i := r.categoryIndex(d, c.id)
		switch {
		case i < 0:
			r.errorf(c.node, "unknown category %q: expected one of %s", c.id, strings.Join(d.categoryIDs(), ", "))
		case p.Categories[i].Consent == None:
			r.errorf(c.node, "category %q needs no consent, so no signal can deny it: remove it here", c.id)
		case p.byCategory[i].Without(p.exempt) == (consent.Set{}):
			r.errorf(c.node, "all services of category %q are exempt, so no signal can deny them: remove it here", c.id)
		default:
			denied := p.byCategory[i].Without(p.exempt)
			p.gpc.AddAll(&denied)
			p.HonoursGPC = true
		}
	}
	if d.signals.gpcJSON && len(d.signals.gpc) == 0 {
		r.errorf(d.signals.gpcJSONNode, "gpc_json tells visitors that the signal is honoured: list the categories that it denies under signals: gpc:")
	}
}

// checkExpiry refuses to delete what passes.
func (r *reader) checkExpiry(d *document) {
	if d.expire.unlisted && d.allowUnlisted {
		r.errorf(d.expire.unlistedNode, "expire_unlisted would delete cookies that unlisted: allow lets pass: remove one of the two")
	}
}
