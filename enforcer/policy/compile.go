package policy

import (
	"maps"
	"slices"
	"strings"

	"github.com/caddy-consent/caddy-consent/enforcer/consent"
)

// compile checks what only the whole policy can tell, and builds the snapshot.
func (r *reader) compile(d *document) *Policy {
	p := &Policy{
		Site:            d.site,
		Introduction:    d.introduction,
		Settings:        settings(d.node),
		Updated:         d.updated,
		AllowUnlisted:   d.allowUnlisted,
		ExpireUndecided: d.expire.undecided,
		ExpireUnlisted:  d.expire.unlisted,
		GPCJSON:         d.signals.gpcJSON,
		Decoder:         consent.Decoder{Keys: make(map[string]consent.Set)},
	}
	if len(d.services) > consent.MaxServices {
		r.errorf(d.services[consent.MaxServices].node, "expected at most %d services: give services that are switched together one entry with all their cookies", consent.MaxServices)
		d.services = d.services[:consent.MaxServices]
	}
	if len(d.categories) > consent.MaxServices {
		r.errorf(d.categories[consent.MaxServices].node, "expected at most %d categories: visitors choose between them", consent.MaxServices)
		d.categories = d.categories[:consent.MaxServices]
	}
	r.addLanguage(p, d)
	r.addCategories(p, d)
	r.addServices(p, d)
	r.addEmptyCategories(p, d)
	r.addSignals(p, d)
	r.addSources(p, d)
	r.addOwned(p, d)
	r.addRules(p, d)
	r.addOrigins(p, d)
	r.checkExpiry(d)
	return p
}

func (r *reader) addCategories(p *Policy, d *document) {
	for i, c := range d.categories {
		if c.ID != "" {
			if first := r.categoryIndex(d, c.ID); first < i {
				r.errorf(c.node, "category %q is on line %d already", c.ID, d.categories[first].node.Line)
			}
		}
		p.Categories = append(p.Categories, c.Category)
	}
	p.byCategory = make([]consent.Set, len(p.Categories))
}

// categoryIndex is the index of the category with an id, or -1.
func (r *reader) categoryIndex(d *document, id string) int {
	return slices.IndexFunc(d.categories, func(c categorySection) bool { return c.ID == id })
}

func (r *reader) addServices(p *Policy, d *document) {
	byID := make(map[string]*serviceSection)
	for i := range d.services {
		s := &d.services[i]
		if first := byID[s.ID]; first != nil && s.ID != "" {
			r.errorf(s.node, "service %q is on line %d already", s.ID, first.node.Line)
		} else {
			byID[s.ID] = s
		}
		s.Category = r.categoryIndex(d, s.category)
		if s.Category < 0 {
			if s.category != "" && len(d.categoryIDs()) > 0 {
				r.errorf(s.categoryNode, "unknown category %q: expected one of %s", s.category, strings.Join(d.categoryIDs(), ", "))
			}
			s.Category = 0
		} else {
			r.addService(p, d, i)
		}
		p.Services = append(p.Services, s.Service)
	}
}

// addService files a service under what lets its cookies pass: nothing but
// being there, the lack of a refusal, or a grant under one of its two keys
// (rules C3, C4 and C9).
func (r *reader) addService(p *Policy, d *document, i int) {
	s := &d.services[i]
	category := &d.categories[s.Category]
	if s.Anonymized && !category.ExemptIfAnonymized {
		r.warnf(s.anonymizedNode, "anonymized has no effect: category %q has no exempt_if_anonymized", category.ID)
	}
	if clash := r.categoryIndex(d, s.Key); s.Key != "" && clash >= 0 && clash != s.Category {
		r.errorf(s.keyNode, "key %q of service %q is the id of another category (line %d): the visitor's choice could not tell them apart", s.Key, s.ID, d.categories[clash].node.Line)
	}
	p.byCategory[s.Category].Add(i)
	switch {
	case category.Consent == None:
		p.necessary.Add(i)
		return
	case s.Anonymized && category.ExemptIfAnonymized:
		p.exempt.Add(i)
	case category.Consent == Objection:
		p.objection.Add(i)
	}
	p.addChoice(i, s.Key, category.ID)
}

// addChoice files what stands at place i of a choice under the keys that speak of
// it.
func (p *Policy) addChoice(i int, keys ...string) {
	for _, key := range keys {
		services := p.Decoder.Keys[key]
		services.Add(i)
		p.Decoder.Keys[key] = services
	}
	p.Decoder.All.Add(i)
}

// addEmptyCategories gives categories without services a place in the choice: it
// may speak of them, and portals may ask for the decision.
func (r *reader) addEmptyCategories(p *Policy, d *document) {
	place := len(p.Services)
	for i, c := range d.categories {
		if c.Consent == None || p.byCategory[i] != (consent.Set{}) || c.ID == "" {
			continue
		}
		if place == consent.MaxServices {
			r.errorf(c.node, "expected at most %d services and categories without any: remove this one", consent.MaxServices)
			return
		}
		p.byCategory[i].Add(place)
		if c.Consent == Objection {
			p.objection.Add(place)
		}
		p.addChoice(place, c.ID)
		place++
	}
}

// categoryIDs are the ids that a service may name. Where there is none, that
// problem is known.
func (d *document) categoryIDs() []string {
	var ids []string
	for _, c := range d.categories {
		if c.ID != "" {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

// addRules compiles the cookies of all services to one index.
func (r *reader) addRules(p *Policy, d *document) {
	var entries []*cookieEntry
	for i := range d.services {
		for j := range d.services[i].cookies {
			e := &d.services[i].cookies[j]
			if e.Name == "" {
				continue // its problem is known
			}
			e.Service = i
			entries = append(entries, e)
		}
	}
	r.checkSpecificity(entries)
	// Copies, so that the document can be let go.
	rules := make([]Rule, len(entries))
	for i, e := range entries {
		rules[i] = e.Rule
	}
	p.rules, p.asRead = newRuleIndex(rules), newAsRead(rules)
	r.checkPlaces(p, entries)
	r.checkConsentCookies(p, d, entries)
	r.checkOwned(p, d, entries)
	r.checkNecessary(p, entries)
}

// checkSpecificity refuses two rules of which neither would win for some name.
func (r *reader) checkSpecificity(entries []*cookieEntry) {
	names := make(map[string]*cookieEntry)
	patterns := make(map[int][]rival) // by their number of literal characters
	for i, e := range entries {
		if first := names[e.Name]; first != nil {
			r.errorf(e.node, "cookie %q is on line %d already: list it once", e.Name, first.Line)
			continue
		}
		names[e.Name] = e
		if isPattern(e.Name) {
			n := literals(e.Name)
			patterns[n] = append(patterns[n], newRival(e.Name, i))
		}
	}
	for _, n := range slices.Sorted(maps.Keys(patterns)) {
		for _, c := range clashes(patterns[n], maxProblems) {
			e, other := entries[c.second], entries[c.first]
			r.errorf(e.node, "pattern %q and pattern %q on line %d cover common names and are equally specific: make one of them longer", e.Name, other.Name, other.Line)
		}
	}
}

// checkNecessary warns of patterns that need consent and reach for the names of
// cookies that need none: one typing error more, and log-ins break.
func (r *reader) checkNecessary(p *Policy, entries []*cookieEntry) {
	var necessary []*cookieEntry
	for _, e := range entries {
		if p.needsNoConsent(e.Service) {
			necessary = append(necessary, e)
		}
	}
	pairs := 0
	for _, e := range entries {
		if !isPattern(e.Name) || p.needsNoConsent(e.Service) {
			continue
		}
		if pairs += len(necessary); pairs > maxPairs || r.warnings.isFull() {
			return
		}
		for _, free := range necessary {
			if overlap(e.Name, free.Name) {
				r.warnf(e.node, "pattern %q also covers %q on line %d, which needs no consent: the more specific of the two decides; make the pattern longer if it is not meant", e.Name, free.Name, free.Line)
			}
		}
	}
}

// maxPairs is how many pairs are compared for the sake of warnings only. No policy that
// people have written comes near it, and it takes less than a second.
const maxPairs = 4 << 20
