package enforcer

import (
	"slices"
	"strings"

	"github.com/caddy-consent/caddy-consent/enforcer/consent"
	"github.com/caddy-consent/caddy-consent/enforcer/cookie"
	"github.com/caddy-consent/caddy-consent/enforcer/policy"
)

// State is what a choice comes to as a whole, with what the browser's signals deny.
type State string

// The states.
const (
	// StateUndecided: the visitor has not chosen yet, or too long ago.
	StateUndecided State = "undecided"
	// StateUndecodable: nothing that the choice says can be read.
	StateUndecodable State = "undecodable"
	// StateGranted: everything that needs a choice is granted.
	StateGranted State = "granted"
	// StateDenied: something is denied, and nothing granted.
	StateDenied State = "denied"
	// StatePartial: something is granted, but not everything.
	StatePartial State = "partial"
)

// state is what the choices come to.
func (c *choices) state(p *policy.Policy) State {
	granted, denied := c.merged.Granted != consent.Set{}, c.merged.Denied != consent.Set{}
	switch {
	case granted && !denied && p.GrantsAll(c.merged):
		return StateGranted
	case granted:
		return StatePartial
	case denied:
		return StateDenied
	case c.merged.Undecodable != consent.Set{}:
		return StateUndecodable
	}
	return StateUndecided
}

// Choice is what the visitor has chosen, with what the browser's signals deny.
func (x *Exchange) Choice() consent.Choice { return *x.judge.choice.merged }

// Signalled tells that the browser sends the Global Privacy Control signal, and that
// the policy honours it (rule C6).
func (x *Exchange) Signalled() bool { return x.gpc }

// State is what the choice of the request comes to.
func (x *Exchange) State() State { return x.judge.choice.state(x.judge.policy) }

// String is the state, and nothing else of an exchange: whoever prints one into a log
// prints no value of a cookie (rule F3).
func (x *Exchange) String() string { return string(x.State()) }

// GoString is String for the verb %#v.
func (x *Exchange) GoString() string { return x.String() }

// Granted are the ids of the services that the choice of the request grants, in the
// order of the policy.
func (x *Exchange) Granted() []string { return x.services(consent.Granted) }

// Denied are the ids of the services that the choice of the request denies.
func (x *Exchange) Denied() []string { return x.services(consent.Denied) }

func (x *Exchange) services(s consent.State) (ids []string) {
	for i := range x.judge.policy.Services {
		if x.judge.choice.merged.State(i) == s {
			ids = append(ids, x.judge.policy.Services[i].ID)
		}
	}
	return ids
}

// Permits tells whether cookies of a service, or of all services of a category, pass
// by the choice of the request. It reports false in known where the policy has
// neither under that id.
func (x *Exchange) Permits(id string) (permitted, known bool) {
	p := x.judge.policy
	if i := slices.IndexFunc(p.Services, func(s policy.Service) bool { return s.ID == id }); i >= 0 {
		return x.judge.permitted.Has(i), true
	}
	i := slices.IndexFunc(p.Categories, func(c policy.Category) bool { return c.ID == id })
	return i >= 0 && p.PermitsCategory(i, &x.judge.permitted), i >= 0
}

// Removed are the names of the cookies that have been removed so far, from the
// request and from the response, each once, in a form that is fit for logs (rule
// F3). A cookie without a name is "(nameless)". Of very many, the first are
// returned, and "…".
func (x *Exchange) Removed() (names []string) {
	seen := make(map[string]bool)
	add := func(name string) {
		if name = cookie.Collapsed(name); name == "" {
			name = "(nameless)"
		}
		if !seen[name] && len(names) <= maxRemoved {
			seen[name] = true
			names = append(names, name)
		}
	}
	for _, c := range x.judge.observedPairs(x.cookies) {
		if c.Action == Removed {
			add(c.Name)
		}
	}
	left := make(map[string]bool)
	for _, line := range x.left {
		left[line] = true
		if i := strings.LastIndex(line, capping); i >= 0 {
			left[line[:i]] = true // as it came
		}
	}
	for _, line := range x.came {
		if !left[line] {
			add(lineName(line))
		}
	}
	if len(names) > maxRemoved {
		names[maxRemoved] = "…"
	}
	return names
}

func lineName(line string) string {
	pair, _, _ := cookie.Next(line)
	return pair.Name()
}

// maxRemoved is how many names a log line, or a header, may be expected to take.
const maxRemoved = 100
