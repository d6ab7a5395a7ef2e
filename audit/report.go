package audit

import (
	"cmp"
	"slices"
	"strings"

	"github.com/caddy-consent/caddy-consent/enforcer"
	"github.com/caddy-consent/caddy-consent/enforcer/consent"
)

// Report is what a recording says about the cookies of one host. Nothing in it
// is the value of a cookie (rule F3), and all texts in it can be printed.
type Report struct {
	// Host is the host whose cookies were judged, without a port.
	Host string

	// Entries is how many exchanges with that host there are, and Elsewhere how
	// many with others: their cookies pass no gateway in front of the site.
	Entries, Elsewhere int

	// Choice is the first exchange that has a choice of the visitor, by its place
	// in the recording, counted from 1, whether or not it counts. It is 0 where the
	// visitor has not chosen.
	Choice int

	// Causes are why something that the consent cookies of the recording say does not
	// count, or cannot be read.
	Causes []consent.Cause

	// Cookies are what was found, in order: before the choice and after it, first
	// what would have been removed, then by name.
	Cookies []Finding

	// Warnings are what makes the report say less than it seems to.
	Warnings []string
}

// Finding is a cookie, or several whose names differ in ids only, of which the
// gateway would have made the same for the same reason.
type Finding struct {
	// Name is the name as logs may show it (rule F3). It is empty for cookies
	// without one, and Others for those beyond the first MaxFindings.
	Name string

	// Category and Service are the ids of what it belongs to. They are empty where
	// no rule names it.
	Category, Service string

	// Direction tells whether the browser sent it or was to set it.
	Direction enforcer.Direction

	// Phase tells when that was.
	Phase Phase

	// Action is what would have become of it, and Reason why.
	Action enforcer.Action
	Reason enforcer.Reason

	// Count is how often it was in an exchange.
	Count int

	// First is the earliest such exchange, by its place in the recording, counted
	// from 1. Path is the path of its address, with "*" in place of ids.
	First int
	Path  string
}

// Phase is a part of a recording.
type Phase string

// The phases. The exchange that has the choice first is after it.
const (
	Before Phase = "before"
	After  Phase = "after"
)

// MaxFindings is how many findings a report tells apart. Others is the name of
// those beyond.
const (
	MaxFindings = 1000
	Others      = "(others)"
)

// Violations is how many cookies would have been removed, by name, in whatever
// direction and phase. It is 0 for a recording that keeps the policy.
func (r *Report) Violations() int {
	names := map[string]bool{}
	for _, f := range r.Cookies {
		if f.Action == enforcer.Removed {
			names[f.Name] = true
		}
	}
	return len(names)
}

func (r *Report) sort() {
	order := []enforcer.Action{enforcer.Removed, enforcer.Expired, enforcer.Capped, enforcer.Kept}
	slices.SortFunc(r.Cookies, func(a, b Finding) int {
		return cmp.Or(
			strings.Compare(string(b.Phase), string(a.Phase)),
			cmp.Compare(slices.Index(order, a.Action), slices.Index(order, b.Action)),
			strings.Compare(a.Name, b.Name),
			strings.Compare(string(a.Direction), string(b.Direction)),
			strings.Compare(string(a.Reason), string(b.Reason)),
			strings.Compare(a.Category, b.Category),
			strings.Compare(a.Service, b.Service),
		)
	})
}
