package enforcer

import (
	"strings"

	"github.com/caddy-consent/caddy-consent/enforcer/consent"
	"github.com/caddy-consent/caddy-consent/enforcer/policy"
)

// choices merges the choices of all consent cookies of one message (rule C3), and
// what the browser's signals say.
type choices struct {
	merged          *consent.Choice // shared with others; nil: no consent cookie was read
	hash            uint64          // of what was merged
	expiresUnlisted bool            // cookies that no rule names are to be deleted
}

// read adds what a consent cookie says.
func (c *choices) read(value string, e *Enforcer) {
	choice, hash := e.choices.Decode(value, e.Now)
	if c.merged == nil {
		c.merged, c.hash = choice, hash
		return
	}
	c.replace(c.merged.And(*choice))
}

// readPairs reads what the consent cookies among some pairs say together, where a
// policy has sources.
func (c *choices) readPairs(pairs []listed, e *Enforcer) {
	var room [8]string
	line := room[:0]
	for _, p := range pairs {
		if p.service == theChoice {
			line = append(line, p.Text)
		}
	}
	switch len(line) {
	case 0:
	case 1:
		c.read(line[0], e)
	default:
		c.read(strings.Join(line, "; "), e)
	}
}

// and adds what the consent cookies among other pairs say together, where nobody knows
// which of the two will be there.
func (c *choices) and(pairs []listed, e *Enforcer) {
	var other choices
	other.readPairs(pairs, e)
	for _, read := range []*choices{c, &other} {
		if read.merged == nil {
			read.merged = &undecided
		}
	}
	c.replace(c.merged.Least(*other.merged))
}

// readNone adds that a consent cookie is deleted.
func (c *choices) readNone() {
	if c.merged == nil {
		c.merged = &undecided
		return
	}
	c.replace(c.merged.Least(undecided))
}

func (c *choices) replace(merged consent.Choice) { c.merged, c.hash = &merged, merged.Hash() }

// undecided is the choice of those who have not chosen.
var undecided consent.Choice

// settle finds out what the choices come to, and permit, under a policy, once all
// are read. A signal is no decision about cookies that nobody has listed.
func (c *choices) settle(p *policy.Policy, gpc bool) (permitted consent.Set) {
	if c.merged == nil {
		c.merged = &undecided
	}
	c.expiresUnlisted = p.ExpireUnlisted && (p.ExpireUndecided || c.merged.IsDecided())
	if gpc {
		c.replace(p.Signalled(*c.merged))
	}
	return p.Permitted(c.merged)
}

// expires tells whether the cookies of a service that is not permitted are to be
// deleted (rule X1).
func (c *choices) expires(p *policy.Policy, service int) bool {
	if service >= 0 {
		return p.Expires(c.merged, service)
	}
	return service == unlisted && c.expiresUnlisted
}
