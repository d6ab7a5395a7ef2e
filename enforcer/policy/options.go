package policy

import "slices"

// Option is something that visitors choose: a service, or a category that has none.
type Option struct {
	// Place is where it stands in choices and decisions.
	Place int

	// Category is the index of its category, and Service that of the service, or -1.
	Category, Service int

	// Key is what a choice calls it. Several services may have one key: they are
	// chosen together.
	Key string
}

// Options are what visitors choose, in the order of the policy's services. What is
// necessary is none (rule C4).
func (p *Policy) Options() (options []Option) {
	for i, s := range p.Services {
		if !p.necessary.Has(i) {
			options = append(options, Option{Place: i, Category: s.Category, Service: i, Key: s.Key})
		}
	}
	place := len(p.Services)
	for i, c := range p.Categories {
		isEmpty := !slices.ContainsFunc(p.Services, func(s Service) bool { return s.Category == i })
		if c.Consent != None && isEmpty {
			options = append(options, Option{Place: place, Category: i, Service: -1, Key: c.ID})
			place++
		}
	}
	return options
}

// SignalDenies tells whether the Global Privacy Control signal denies what stands at a
// place of a choice (rule C6).
func (p *Policy) SignalDenies(place int) bool { return p.gpc.Has(place) }
