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

func (c *choices) add(choice consent.Choice) {
	if c.found {
		c.merged = c.merged.And(choice)
		return
	}
	c.merged, c.found = choice, true
}

// judge settles what the choices come to under a policy, once all are added. A
// signal is no decision about cookies that nobody has listed.
func (c *choices) judge(p *policy.Policy, gpc bool) judge {
	c.expiresUnlisted = p.ExpireUnlisted && (p.ExpireUndecided || c.merged.IsDecided())
	if gpc {
		c.merged = p.Signalled(c.merged)
	}
	return judge{policy: p, permitted: p.Permitted(&c.merged)}
}

// expires tells whether the cookies of a service that is not permitted are to be
// deleted (rule X1).
func (c *choices) expires(p *policy.Policy, service int) bool {
	if service >= 0 {
		return p.Expires(&c.merged, service)
	}
	return service == unlisted && c.expiresUnlisted
}
