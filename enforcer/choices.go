package enforcer

import (
	"github.com/caddy-consent/caddy-consent/enforcer/consent"
	"github.com/caddy-consent/caddy-consent/enforcer/policy"
)

// choices merges the choices of all consent cookies of one message (rule C3), and
// what the browser's signals say.
type choices struct {
	merged          consent.Choice
	found           bool
	expiresUnlisted bool // cookies that no rule names are to be deleted
}

// read adds what a consent cookie says.
func (c *choices) read(value string, e *Enforcer) {
	if !c.found {
		c.found = true
		e.choices.Decode(&c.merged, value, e.Now)
		return
	}
	var another consent.Choice
	e.choices.Decode(&another, value, e.Now)
	c.merged = c.merged.And(another)
}

// readNone adds that a consent cookie is deleted.
func (c *choices) readNone() { c.found, c.merged = true, c.merged.And(consent.Choice{}) }

// settle finds out what the choices come to under a policy, once all are read. A
// signal is no decision about cookies that nobody has listed.
func (c *choices) settle(j *judge, p *policy.Policy, gpc bool) {
	c.expiresUnlisted = p.ExpireUnlisted && (p.ExpireUndecided || c.merged.IsDecided())
	if gpc {
		c.merged = p.Signalled(c.merged)
	}
	j.policy, j.permitted, j.withdrawal = p, p.Permitted(&c.merged), nil
}

// expires tells whether the cookies of a service that is not permitted are to be
// deleted (rule X1).
func (c *choices) expires(p *policy.Policy, service int) bool {
	if service >= 0 {
		return p.Expires(&c.merged, service)
	}
	return service == unlisted && c.expiresUnlisted
}
