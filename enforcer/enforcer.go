// Package enforcer makes a cookie policy true for HTTP exchanges: it removes
// from requests and responses every cookie that the policy and the visitor's
// choice do not permit, and changes no byte of the others.
//
// It speaks net/http only. An exchange is judged by one policy from begin to
// end:
//
//	x := e.Begin(w, r)
//	defer x.End()
//	next.ServeHTTP(x, r)
package enforcer

import (
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"github.com/caddy-consent/caddy-consent/enforcer/consent"
	"github.com/caddy-consent/caddy-consent/enforcer/cookie"
	"github.com/caddy-consent/caddy-consent/enforcer/expiry"
	"github.com/caddy-consent/caddy-consent/enforcer/policy"
)

// Enforcer enforces one policy. It may be used by any number of exchanges at
// once.
type Enforcer struct {
	policy   *policy.Policy
	choices  *consent.Memory // of what consent cookies say
	refusing judge           // of those who refuse everything

	// Now tells the time, by which choices age (rule C5) and Expires attributes
	// lie in the past (rule S2). The default is time.Now.
	Now func() time.Time

	// Expiry remembers how cookies were set, to delete them (rule X2). Enforcers
	// may share one, and it may outlive them. The default is one of its own.
	Expiry *expiry.Memory

	// Visit tells how the visitor's browser made a request. The default,
	// [expiry.VisitOf], believes the request.
	Visit func(*http.Request) expiry.Visit

	// UpstreamHeader is the name of a request header that tells the portal what was
	// decided, as a structured-field dictionary: "statistical=?1, third_party=?0".
	// What a client sends under that name is removed. Empty, the default: there is
	// none. See [Enforcer.CheckUpstreamHeader].
	UpstreamHeader string

	// ReportOnly has everything decided and observed, and nothing done: no byte of an
	// exchange is changed, in either direction.
	ReportOnly bool

	// Observer is told what happens. It may be nil.
	Observer Observer

	contentPolicies *contentPolicies // nil where the policy says nothing of third parties

	hash like // of its own, which what is observed begins with
}

// New returns an enforcer of a policy.
func New(p *policy.Policy) *Enforcer {
	return &Enforcer{
		policy:   p,
		choices:  p.Choices(),
		refusing: judge{policy: p, permitted: p.Permitted(&consent.Choice{Denied: p.Decoder.All})},

		Now:    time.Now,
		Expiry: expiry.NewMemory(),
		Visit:  expiry.VisitOf,
		hash:   like(rand.Uint64()),

		contentPolicies: newContentPolicies(p),
	}
}

// Begin filters the cookies of a request, in place, and returns the exchange's
// response writer, which filters those of the response. Its End must be called
// once the request has been handled, even where that panicked. A request that
// [Enforcer.RefusesTunnel] must not be handled.
func (e *Enforcer) Begin(w http.ResponseWriter, r *http.Request) *Exchange {
	x := &Exchange{ResponseWriter: w, enforcer: e, request: r, host: r.Host, clock: newClock(e.Observer)}
	x.clock.start()
	x.filterRequest(r)
	if !e.ReportOnly {
		if e.UpstreamHeader != "" {
			x.judge.tellUpstream(r.Header, e.UpstreamHeader)
		}
		e.guardTrailers(r)
		x.toWebSocket = guardUpgrade(r)
		e.forgetCopy(r)
	}
	x.clock.stop()
	return x
}

// Handler wraps a handler of net/http.
func (e *Enforcer) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if e.RefusesTunnel(r) {
			http.Error(w, http.StatusText(http.StatusNotImplemented), http.StatusNotImplemented)
			return
		}
		x := e.Begin(w, r)
		defer x.End()
		next.ServeHTTP(x, r)
	})
}

// judge is what cookies are judged by: a policy, a choice, and the services that it
// permits under the policy.
type judge struct {
	policy     *policy.Policy
	choice     choices
	permitted  consent.Set
	withdrawal *expiry.Visit // nil where no cookie of the request is to be deleted
}

// permits judges a pair by the service it belongs to.
func (j *judge) permits(pair cookie.Pair, service int) bool {
	switch {
	case service >= 0:
		return j.permitted.Has(service)
	case service == theChoice:
		return true // rule Q5
	case service == owned:
		return !j.refuses(unlistedName(pair)) // rule Q7
	}
	return j.policy.AllowUnlisted && !j.refuses(unlistedName(pair))
}

// unlistedName is the name that backends see in a pair, as it was sent. One that has
// none (rule Q3) has its text for a name, or what a browser sends back for "=_ga=1".
func unlistedName(pair cookie.Pair) string {
	if pair.Name() != "" {
		return pair.NameAsSent()
	}
	text, _, _ := cookie.Next(strings.TrimLeft(pair.Text, "= \t"))
	if text.Name() != "" {
		return text.NameAsSent()
	}
	return text.Text
}

// refuses reports whether a name, in any reading of it (rule Q7), is a listed one
// that is not permitted.
func (j *judge) refuses(name string) bool {
	return j.refusesExactly(name) || cookie.HasReadings(name) && j.refusesReading(name)
}

func (j *judge) refusesReading(name string) bool {
	readings := cookie.ReadingsOf(name)
	for reading, ok := readings.Next(); ok; reading, ok = readings.Next() {
		if j.refusesExactly(reading) {
			return true
		}
	}
	return false
}

func (j *judge) refusesExactly(name string) bool {
	return !j.policy.HoldsChoice(name) && j.policy.Refuses(name, &j.permitted)
}

// hides reports whether a careless parser would find a listed cookie that is not
// permitted in a pair (rules Q8 and Q12).
func (j *judge) hides(pair cookie.Pair) bool {
	spaced := pair.SpacesName()
	if !spaced && !cookie.MayHide(pair) || j.policy.NamesChoice(pair.Name()) {
		return false
	}
	if spaced && j.refusesReading(pair.NameAsSent()) {
		return true
	}
	for name := range cookie.Hidden(pair) {
		if j.refuses(name) {
			return true
		}
	}
	return false
}
