package policy

import (
	"maps"
	"slices"
	"strings"

	"github.com/caddy-consent/caddy-consent/enforcer/consent"
	"go.yaml.in/yaml/v3"
)

// addSources compiles where the choice is kept.
func (r *reader) addSources(p *Policy, d *document) {
	first := &d.consent.sources[0]
	p.ConsentCookie = first.Cookie
	if len(d.consent.sources) == 1 && first.isPlain() {
		r.compilePlain(&p.Decoder, first)
		return
	}
	var sources []*consent.Source
	for i := range d.consent.sources {
		s := &d.consent.sources[i]
		if s.isPlain() {
			s.Plain = &consent.Decoder{Keys: p.Decoder.Keys, All: p.Decoder.All}
			r.compilePlain(s.Plain, s)
		} else {
			s.Lasting = p.exempt.Union(p.objection)
			r.addGrants(p, d, s)
		}
		sources = append(sources, &s.Source)
	}
	if r.problems.count() > 0 {
		return
	}
	p.Sources = consent.NewSources(d.consent.combine, sources)
	r.checkSpoken(p, d)
}

// compilePlain compiles a source in the plain form.
func (r *reader) compilePlain(d *consent.Decoder, s *sourceSection) {
	d.Format, d.Timestamp, d.MaxAge = s.format, s.timestamp, s.MaxAge
	d.Version, d.AtLeast = s.version, s.AtLeast
	r.checkMembers(d, s)
}

// checkMembers refuses a date or a version that would be read as a choice.
func (r *reader) checkMembers(d *consent.Decoder, s *sourceSection) {
	if _, taken := d.Keys[d.Timestamp]; taken && d.Timestamp != "" {
		r.errorf(s.timestampNode, "timestamp %q is also the key of a service or category: expected a member of its own", d.Timestamp)
	}
	if _, taken := d.Keys[d.Version]; d.Version != "" && (taken || d.Version == d.Timestamp) {
		r.errorf(s.versionNode, "member %q of version is also the timestamp, or the key of a service or category: expected a member of its own", d.Version)
	}
}

// addGrants finds out which services the keys of a source speak of. Where the policy
// does not say, they are the services' own keys and the ids of categories (rule C3).
func (r *reader) addGrants(p *Policy, d *document, s *sourceSection) {
	if s.keysNode != nil && len(s.keys) == 0 {
		r.errorf(s.keysNode, "expected which keys of the value stand for which categories or services, such as keys: {%s: …}", anyOf(d))
		return
	}
	if s.keysNode == nil {
		r.addOwnKeys(p, s)
		return
	}
	for _, k := range s.keys {
		services, ok := r.servicesOf(p, d, k)
		if !ok || len(k.keys) == 0 {
			continue
		}
		for i, key := range k.keys {
			if err := s.Decoding.CheckKey(key); err != nil {
				r.errorf(k.nodes[i], "key %q of %q: %v", key, k.id, err)
			}
		}
		r.warnOfOptOut(p, s, k, &services)
		r.warnOfStates(p, s, k, &services)
		s.Grants = append(s.Grants, consent.Grant{Services: services, Keys: k.keys})
	}
}

// anyOf is the id of a category that needs a choice, for an example.
func anyOf(d *document) string {
	for _, c := range d.categories {
		if c.Consent != None && c.ID != "" {
			return c.ID
		}
	}
	return "statistical"
}

func (r *reader) addOwnKeys(p *Policy, s *sourceSection) {
	s.Either = true
	for _, key := range slices.Sorted(maps.Keys(p.Decoder.Keys)) {
		if err := s.Decoding.CheckKey(key); err != nil {
			r.errorf(s.decodeNode, "no value can have the key %q: say under keys which keys stand for which categories or services (%v)", key, err)
			return
		}
		s.Grants = append(s.Grants, consent.Grant{Services: p.Decoder.Keys[key], Keys: []string{key}})
	}
}

// servicesOf are the services that an id under keys stands for.
func (r *reader) servicesOf(p *Policy, d *document, k keysOf) (services consent.Set, ok bool) {
	if k.id == everything {
		return p.Decoder.All, true
	}
	if i := r.categoryIndex(d, k.id); i >= 0 {
		services = p.byCategory[i]
	} else if i := slices.IndexFunc(d.services, func(s serviceSection) bool { return s.ID == k.id }); i >= 0 && i < consent.MaxServices {
		services.Add(i)
	} else {
		r.errorf(k.node, "unknown category or service %q in keys: expected the id of one, or \"*\" for all that need a choice", k.id)
		return services, false
	}
	if services = services.Intersect(p.Decoder.All); services == (consent.Set{}) {
		r.errorf(k.node, "%q needs no choice, so no key stands for it: remove it from keys", k.id)
		return services, false
	}
	return services, true
}

// warnOfOptOut tells of keys that can only deny, where something has to be granted.
func (r *reader) warnOfOptOut(p *Policy, s *sourceSection, k keysOf, services *consent.Set) {
	if services.Intersect(p.objection) == *services {
		return
	}
	for i, key := range k.keys {
		if s.Decoding.CheckKey(key) == nil && !s.canGrant(key) {
			r.warnf(k.nodes[i], "key %q grants nothing, since whoever did not opt out has not agreed: use it for a category with consent: objection", key)
		}
	}
}

// canGrant reports whether a value can grant a key at all.
func (s *sourceSection) canGrant(key string) bool {
	if d, ok := s.Decoding.(interface{ CanGrant(key string) bool }); ok {
		return d.CanGrant(key)
	}
	return !s.Decoding.HasWords() || len(s.Words.Granted) > 0 || len(s.Words.Denied) == 0
}

// warnOfStates tells of opt-outs that only count in some sections, where nothing else
// denies. Who names the sections of several states knows of them.
func (r *reader) warnOfStates(p *Policy, s *sourceSection, k keysOf, services *consent.Set) {
	d, isGPP := s.Decoding.(consent.GPP)
	if !isGPP || services.Intersect(p.objection) == (consent.Set{}) {
		return
	}
	sections := make(map[string]bool)
	for _, key := range k.keys {
		section, _, _ := strings.Cut(key, ".")
		sections[section] = true
	}
	delete(sections, "uspv1") // which is older than all states
	if sections["us"] || len(sections) > 1 {
		return
	}
	for i, key := range k.keys {
		if other, ok := d.IsOfOneSection(key); ok {
			r.warnf(k.nodes[i], "who opts out in another section than that of %q does not object here: use %s, which is the opt-out in whichever section there is", key, other)
		}
	}
}

// checkSpoken warns of what can never be granted.
func (r *reader) checkSpoken(p *Policy, d *document) {
	spoken := p.Sources.Speak()
	for i, c := range p.Categories {
		services := p.byCategory[i].Without(p.exempt)
		if c.Consent == Required && services != (consent.Set{}) && services.Intersect(spoken) == (consent.Set{}) {
			r.warnf(d.consent.sources[0].node, "no key stands for category %q, so it can never be granted: add it under keys", c.ID)
		}
	}
}

// ChoiceCookies are the names of all cookies that the choice is read from. One that
// ends in "*" stands for all that begin with the rest.
func (p *Policy) ChoiceCookies() []string {
	if p.Sources == nil {
		return []string{p.ConsentCookie}
	}
	return p.Sources.Cookies()
}

// NamesChoice tells whether the visitor's choice is read from a cookie that the policy
// knows by its whole name. Of one that only begins like others, nobody knows what it is.
func (p *Policy) NamesChoice(name string) bool {
	return name == p.ConsentCookie || p.Sources != nil && p.Sources.Names(name)
}

// checkConsentCookies sees to it that the policy does not contradict rule Q5.
func (r *reader) checkConsentCookies(p *Policy, d *document, entries []*cookieEntry) {
	for _, name := range p.ChoiceCookies() {
		switch {
		case name == "": // its problem is known
		case isPattern(name):
			r.checkConsentPattern(p, d, entries, name)
		default:
			r.checkConsentCookie(p, d, entries, name)
		}
	}
}

func (r *reader) checkConsentCookie(p *Policy, d *document, entries []*cookieEntry, name string) {
	rule := p.Lookup(name)
	if rule == nil {
		r.warnf(d.nodeOf(name), "no service lists the consent cookie %q: it passes all the same, but visitors do not read of it", name)
		return
	}
	if r.needsConsent(p, d, rule.Service) {
		i := slices.IndexFunc(entries, func(e *cookieEntry) bool { return e.Name == rule.Name })
		r.refuseConsentCookie(entries[i], name)
	}
}

// checkConsentPattern looks for rules of the names that a pattern stands for.
func (r *reader) checkConsentPattern(p *Policy, d *document, entries []*cookieEntry, pattern string) {
	listed, free := false, 0 // characters of the rule that needs no choice for any of the names
	for _, e := range entries {
		if isBeginningOf(e.Name, pattern) && !r.needsConsent(p, d, e.Service) {
			free = max(free, literals(e.Name))
		}
	}
	for _, e := range entries {
		if !overlap(e.Name, pattern) {
			continue
		}
		listed = true
		if beats := !isPattern(e.Name) || literals(e.Name) >= free; beats && r.needsConsent(p, d, e.Service) {
			r.refuseConsentCookie(e, pattern)
		}
	}
	if !listed {
		r.warnf(d.nodeOf(pattern), "no service lists the consent cookies %q: they pass all the same, but visitors do not read of them", pattern)
	}
}

// isBeginningOf tells whether a pattern of a rule stands for all names that a consent
// pattern does.
func isBeginningOf(rule, pattern string) bool {
	beginning, ok := strings.CutSuffix(rule, "*")
	return ok && !isPattern(beginning) && strings.HasPrefix(pattern, beginning)
}

func (r *reader) refuseConsentCookie(e *cookieEntry, name string) {
	r.errorf(e.node, "%q covers the consent cookie %q, which passes whatever the visitor chooses: list that cookie in a category with consent: none", e.Name, name)
}

// needsNoConsent reports whether a service is necessary, or exempt from consent.
func (p *Policy) needsNoConsent(service int) bool {
	return p.necessary.Has(service) || p.exempt.Has(service)
}

// needsConsent tells whether the cookies of a service pass only for some choices. It
// reports false where the policy has a problem that is known.
func (r *reader) needsConsent(p *Policy, d *document, service int) bool {
	category := r.categoryIndex(d, d.services[service].category)
	if category < 0 || p.needsNoConsent(service) {
		return false
	}
	need := p.Categories[category].Consent
	return need == Required || need == Objection
}

// nodeOf is where the source stands that reads a cookie.
func (d *document) nodeOf(cookie string) *yaml.Node {
	for i := range d.consent.sources {
		if s := &d.consent.sources[i]; s.Cookie == cookie && s.cookieNode != nil {
			return s.cookieNode
		}
	}
	return d.consent.sources[0].node
}
