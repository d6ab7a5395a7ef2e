package policy

import "github.com/caddy-consent/caddy-consent/enforcer/consent"

// Permitted is the set of services whose cookies pass under a choice (rule C4).
func (p *Policy) Permitted(choice *consent.Choice) (permitted consent.Set) {
	for i := range permitted {
		permitted[i] = p.free[i] | choice.Granted[i] | p.objection[i]&^choice.Denied[i]
	}
	return permitted
}

// Signalled is a choice with what the Global Privacy Control signal denies, over
// any grant (rule C6).
func (p *Policy) Signalled(choice consent.Choice) consent.Choice {
	return choice.Deny(&p.gpc)
}

// Expires tells whether the cookies of a service that a choice does not permit are
// to be deleted (rule X1).
func (p *Policy) Expires(choice *consent.Choice, service int) bool {
	return p.ExpireUndecided || choice.Denied.Has(service)
}

// IsNecessary tells whether service i is of a category that needs no consent: its
// cookies pass untouched, always.
func (p *Policy) IsNecessary(i int) bool { return p.necessary.Has(i) }

// NeedsNoChoice tells whether service i passes whatever the visitor chooses: it is
// necessary, or exempt from consent.
func (p *Policy) NeedsNoChoice(i int) bool { return p.free.Has(i) }

// PermitsCategory tells whether all services of a category are permitted.
func (p *Policy) PermitsCategory(category int, permitted *consent.Set) bool {
	services := p.byCategory[category]
	return services.Intersect(*permitted) == services
}
