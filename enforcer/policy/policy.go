// Package policy reads policy.yaml: what a site promises its visitors about
// cookies. A policy is parsed and validated whole, and compiled to an immutable
// snapshot that any number of requests share.
package policy

import (
	"iter"
	"time"

	"github.com/caddy-consent/caddy-consent/enforcer/consent"
)

// Policy is a compiled policy. It is immutable: nothing may be changed in it
// once Parse has returned it.
type Policy struct {
	// Site is the address of the site that publishes the policy; may be empty.
	Site string

	// Language is the one in which the policy is written, a tag of BCP 47.
	Language string

	// Introduction is what the policy's page begins with; may be nil.
	Introduction Text

	// Settings are the keys of the policy that its page does not show, as a JSON
	// object in the order of the file.
	Settings string

	// ConsentCookie is the name of the cookie that holds the visitor's choice, or that
	// of the first source. It always passes (rule Q5), as all do that the choice is
	// read from: see [Policy.HoldsChoice].
	ConsentCookie string

	// Sources read the choice where the policy declares how it is kept, or in more
	// than one cookie. Nil: it is in the plain form.
	Sources *consent.Sources

	// Decoder reads the values of the consent cookie in the plain form. Its All is
	// every service that a choice can speak of, in other forms as well.
	Decoder consent.Decoder

	// AllowUnlisted tells whether cookies that no rule names pass (rule Q6).
	AllowUnlisted bool

	// ExpireUndecided tells that the cookies of undecided services are deleted,
	// not only those of denied ones (rule X1).
	ExpireUndecided bool

	// ExpireUnlisted tells that cookies that no rule names are deleted, once the
	// visitor has decided anything, or right away with ExpireUndecided (rule X1).
	ExpireUnlisted bool

	// HonoursGPC tells that there are categories which the Global Privacy Control
	// signal denies (rule C6).
	HonoursGPC bool

	// GPCJSON tells that the site says so under /.well-known/gpc.json.
	GPCJSON bool

	// ThirdParties is what the browser is told about where pages load from, and
	// AllowedOrigins are what they may load from besides the site and the services
	// that are permitted.
	ThirdParties   ThirdParties
	AllowedOrigins []Origin

	// OriginsDepend tells that it depends on the visitor's choice where pages may load
	// from.
	OriginsDepend bool

	// Updated is the day on which the policy was last changed, as it says. It is
	// zero where the policy does not say.
	Updated time.Time

	// Categories and Services stand in the order of the file.
	Categories []Category
	Services   []Service

	// Warnings are what is allowed but most likely not meant.
	Warnings Problems

	rules     ruleIndex
	owned     *owned      // cookies of consent managers
	asRead    asRead      // the rules under the other names that backends read in theirs
	necessary consent.Set // services of categories that need no consent
	exempt    consent.Set // services that are exempt from consent, as anonymized (rule C4)
	objection consent.Set // services that pass until the visitor objects
	gpc       consent.Set // services that the Global Privacy Control signal denies

	// The services of each category. One that has none has a place of its own in
	// choices and decisions, behind those of all services.
	byCategory []consent.Set
}

// Category is one of the kinds of cookie that a policy tells apart.
type Category struct {
	// ID names the category in services and in the visitor's choice.
	ID string

	// Consent is what its cookies need.
	Consent Consent

	// Title names the kind of cookie, and Description tells what it is, in the words
	// of the site.
	Title, Description Text

	// ExemptIfAnonymized frees the category's services from consent where they
	// are marked as anonymized.
	ExemptIfAnonymized bool
}

// Consent is what the cookies of a category need before they pass.
type Consent string

const (
	// None: they always pass.
	None Consent = "none"
	// Required: they pass once the visitor has granted them.
	Required Consent = "required"
	// Objection: they pass until the visitor has denied them.
	Objection Consent = "objection"
)

// Service is a purpose for which some party sets cookies.
type Service struct {
	// ID names the service.
	ID string

	// Key is what the visitor's choice calls the service. The default is the ID.
	Key string

	// Category is the index of its category in Policy.Categories.
	Category int

	// Provider, Function and Purpose are columns of the published table.
	Provider, Function, Purpose Text

	// Origins are where its scripts, images, frames and connections come from.
	Origins []Origin

	// Anonymized tells that the service's data cannot be traced back to a
	// person.
	Anonymized bool

	// Domain, Path and Retention are those of its cookies that have none of their
	// own.
	Domain, Path string
	Retention    Retention
}

// Rule is one cookie entry of a service: a name or a pattern.
type Rule struct {
	// Name is the cookie's name, or a pattern in which "*" stands for any run
	// of characters.
	Name string

	// Service is the index of the rule's service in Policy.Services.
	Service int

	// Domain is where the cookie is set: "host" for a host-only cookie, "site" for
	// one of the registrable domain, or the name in its Domain attribute, in lower
	// case. Path is its Path attribute. Both are the service's where the cookie has
	// none of its own, and may be empty.
	Domain, Path string

	// Retention is how long the cookie may live: its own, or its service's.
	Retention Retention

	// Line and Column are where the rule stands in the file, counted from 1.
	Line, Column int
}

// Retention is how long a cookie may live. The zero Retention sets no limit.
type Retention struct {
	// Text is the retention as the policy has it.
	Text string

	// Session tells that the cookie ends with the browser session.
	Session bool

	// Limit is the longest life. Zero for none, and for session cookies.
	Limit time.Duration
}

// HoldsChoice tells whether the visitor's choice is read from a cookie.
func (p *Policy) HoldsChoice(name string) bool {
	return name == p.ConsentCookie || p.Sources != nil && p.Sources.Holds(name)
}

// Choices returns a memory of what consent cookies say: their values in the plain
// form, or Cookie lines for sources.
func (p *Policy) Choices() *consent.Memory {
	if p.Sources != nil {
		return consent.NewMemoryOf(p.Sources)
	}
	return consent.NewMemory(&p.Decoder)
}

// Rules are all rules, in the order of the file.
func (p *Policy) Rules() iter.Seq[*Rule] {
	return func(yield func(*Rule) bool) {
		for i := range p.rules.rules {
			if !yield(&p.rules.rules[i]) {
				return
			}
		}
	}
}

// Lookup finds the rule for a cookie's name, which is compared by
// case-sensitive bytes (rule Q4). It returns nil where no rule names the cookie.
// An exact name beats a pattern, and of two patterns the one with more literal
// characters wins.
func (p *Policy) Lookup(name string) *Rule {
	rule, _, _ := p.rules.find(name, len(name))
	return rule
}

// ServiceOf is the index of the service whose rule names a cookie, as [Lookup]
// finds it. It reports false where no rule does. The name is the first n bytes of
// a text, of which the rest does not matter: names are compared in whole words,
// and those of a short text have to be made up first. The hash is that of the name,
// which the search takes anyway.
func (p *Policy) ServiceOf(text string, n int) (service int, listed bool, hash uint64) {
	rule, service, hash := p.rules.find(text, n)
	return service, rule != nil, hash
}
