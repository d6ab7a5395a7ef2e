package expiry

import (
	"time"

	"github.com/caddy-consent/caddy-consent/enforcer/cookie"
)

// Takes returns the place that a Set-Cookie line of the response is for: a scope without
// HTTPOnly. It reports false where a browser does not take the line, which then deletes nothing (RFC
// 6265bis, section 5.7).
func (v *Visit) Takes(name, line string) (place Scope, ok bool) {
	d := cookie.ReadDetails(line, time.Time{})
	has := prefixesOf(name)
	needsSecure := has.secure || d.Partitioned || d.SameSite == "None"
	switch {
	case cookie.HasControls(line):
		return place, false // browsers do not agree on where it ends
	case needsSecure && !d.Secure, d.Secure && !v.HTTPS:
		return place, false
	case has.httpOnly && !d.HTTPOnly, has.hostOnly && (d.Domain != "" || d.Path != "/"):
		return place, false
	}
	place, ok = v.accepted(v.placed(d.Attributes))
	return place.place(), ok
}

// Needs reports whether the response does not delete a cookie in all places by itself.
func (m *Memory) Needs(v *Visit, c *Cookie) bool {
	if len(c.Gone) == 0 {
		return true
	}
	a := newVariants(v, c, m.names().scopes(v.Host, c.Name))
	for g := learned; g < exhausted; g++ {
		for _, s := range a.in(g) {
			if !c.Gone[s.place()] {
				return true
			}
		}
	}
	return false
}

// placed is the scope of a line's attributes.
func (v *Visit) placed(a cookie.Attributes) Scope {
	s := Scope(a)
	if s.Path == "" {
		s.Path = v.defaultPath()
	}
	return s
}

// accepted is the scope as browsers have it, in which cookies of addresses and public
// suffixes are host-only. It reports false for a domain that they do not take from this
// visit's host.
func (v *Visit) accepted(s Scope) (_ Scope, ok bool) {
	switch {
	case s.Domain == "":
		return s, true
	case s.Domain == v.Host && v.site() == "":
		s.Domain = ""
		return s, true
	}
	return s, v.accepts(s.Domain)
}
