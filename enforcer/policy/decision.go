package policy

import "github.com/caddy-consent/caddy-consent/enforcer/consent"

// Decision is what a visitor's choice comes to under a policy.
type Decision struct {
	// Permitted are the services whose cookies pass (rule C4).
	Permitted consent.Set

	// Expired are the services whose cookies the browser is told to delete (rule
	// X1). None of them is permitted.
	Expired consent.Set

	// ExpiresUnlisted tells that the cookies that no rule names are to be deleted,
	// too.
	ExpiresUnlisted bool
}

// Decide finds out what a choice comes to. gpc tells that the visitor's browser
// sends the Global Privacy Control signal, which denies some categories over any
// grant (rule C6).
func (p *Policy) Decide(choice *consent.Choice, gpc bool) (d Decision) {
	denied := choice.Denied
	if gpc {
		denied.AddAll(&p.gpc)
	}
	for i := range denied {
		d.Permitted[i] = p.free[i] | (choice.Granted[i]|p.objection[i])&^denied[i]
		d.Expired[i] = denied[i] &^ p.free[i]
	}
	if p.ExpireUndecided {
		for i := range d.Expired {
			d.Expired[i] = p.Decoder.All[i] &^ d.Permitted[i]
		}
	}
	if p.ExpireUnlisted {
		d.ExpiresUnlisted = p.ExpireUndecided || choice.Granted.Union(choice.Denied) != consent.Set{}
	}
	return d
}

// IsNecessary tells whether service i is of a category that needs no consent: its
// cookies pass untouched, always.
func (p *Policy) IsNecessary(i int) bool { return p.necessary.Has(i) }

// PermitsCategory tells whether a decision permits all services of a category.
func (p *Policy) PermitsCategory(category int, d *Decision) bool {
	services := p.byCategory[category]
	return services.Intersect(d.Permitted) == services
}
