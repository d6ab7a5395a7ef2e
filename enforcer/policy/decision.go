package policy

import "github.com/caddy-consent/caddy-consent/enforcer/consent"

// Permitted is the set of services whose cookies pass under a choice (rule C4). An
// explicit no beats an exemption (rule C9), and a choice that cannot be read is no leave
// to go on until somebody objects (rule C8).
func (p *Policy) Permitted(choice *consent.Choice) (permitted consent.Set) {
	for i := range permitted {
		permitted[i] = p.necessary[i] | choice.Granted[i] |
			p.exempt[i]&^choice.Denied[i] | p.objection[i]&^(choice.Denied[i]|choice.Undecodable[i])
	}
	return permitted
}

// GrantsAll reports whether a choice grants everything that needs a choice.
func (p *Policy) GrantsAll(choice *consent.Choice) bool {
	needed := p.Decoder.All.Without(p.exempt)
	return needed != (consent.Set{}) && needed.Without(choice.Granted) == (consent.Set{})
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

// IsExempt reports whether service i, or what else stands at that place of a choice, is
// exempt from consent: it passes until the visitor refuses it (rule C9).
func (p *Policy) IsExempt(i int) bool { return p.exempt.Has(i) }

// PermitsCategory tells whether all services of a category are permitted.
func (p *Policy) PermitsCategory(category int, permitted *consent.Set) bool {
	services := p.byCategory[category]
	return services.Intersect(*permitted) == services
}
