package expiry

import (
	"iter"
	"slices"
	"strings"

	"github.com/caddy-consent/caddy-consent/enforcer/cookie"
	"github.com/caddy-consent/caddy-consent/enforcer/policy"
)

// Cookie is one that a browser sent and is to delete.
type Cookie struct {
	// Name and Value are as they were sent. The value goes into hashes only.
	Name, Value string

	// Domain and Path are where the policy says that the cookie is set, as in
	// [policy.Rule]. Both may be empty.
	Domain, Path string
}

// group is a set of scopes that are tried together. They are tried in this order
// (rule X2).
type group uint8

const (
	learned     group = iota // those of Set-Cookie lines that passed
	stated                   // what the policy says
	common                   // the registrable domain and host-only, with the path /
	between                  // the host as a domain, and those up to the registrable one
	deeper                   // the directories of the request's path, for each domain
	partitioned              // partitioned twins of all of these
	exhausted                // nothing is left
)

// variants are the scopes in which a cookie may have been set.
type variants struct {
	visit  *Visit
	cookie *Cookie
	known  []Scope // learned ones, and then what the policy states
	learnt int     // how many of them are learned
	site   string  // empty where the cookie can only be host-only
	fixed  bool    // the cookie's name says that it is host-only, with the path /
}

func newVariants(v *Visit, c *Cookie, fromLines []Scope) *variants {
	a := &variants{visit: v, cookie: c, site: v.site(), fixed: prefixesOf(c.Name).hostOnly}
	if a.fixed {
		a.site = ""
	}
	for _, s := range fromLines {
		if !s.Partitioned || v.HTTPS {
			a.addKnown(s)
		}
	}
	a.learnt = len(a.known)
	a.addStated()
	return a
}

func (a *variants) addKnown(s Scope) {
	if a.fixed {
		s.Domain, s.Path = "", "/"
	}
	if !slices.ContainsFunc(a.known, s.isSame) {
		a.known = append(a.known, s)
	}
}

// isSame tells whether browsers keep one cookie only in two scopes.
func (s Scope) isSame(other Scope) bool {
	s.HTTPOnly = other.HTTPOnly
	return s == other
}

func (a *variants) addStated() {
	domain, path := a.cookie.Domain, a.cookie.Path
	if path == "" {
		path = "/"
	}
	switch {
	case domain == "" && a.cookie.Path == "":
	case domain == "":
		a.addKnown(Scope{Path: path})
		if a.site != "" {
			a.addKnown(Scope{Domain: a.site, Path: path})
		}
	case domain == policy.HostOnly, a.site == "":
		a.addKnown(Scope{Path: path})
	case domain == policy.Site:
		a.addKnown(Scope{Domain: a.site, Path: path})
	case a.visit.accepts(domain, a.site):
		a.addKnown(Scope{Domain: domain, Path: path})
	}
}

// in yields the scopes of a group. Their order does not change from one request
// that carries the cookie to the next, however different the paths are.
func (a *variants) in(g group) iter.Seq[Scope] {
	switch g {
	case learned:
		return slices.Values(a.known[:a.learnt])
	case stated:
		return slices.Values(a.known[a.learnt:])
	}
	return func(yield func(Scope) bool) {
		for s := range a.guesses(g) {
			if !slices.ContainsFunc(a.known, s.isSame) && !yield(s) {
				return
			}
		}
	}
}

func (a *variants) guesses(g group) iter.Seq[Scope] {
	return func(yield func(Scope) bool) {
		switch g {
		case common:
			if a.site == "" || yield(Scope{Domain: a.site, Path: "/"}) {
				yield(Scope{Path: "/"})
			}
		case between:
			for domain := range a.between() {
				if !yield(Scope{Domain: domain, Path: "/"}) {
					return
				}
			}
		case deeper:
			for path := range a.directories() {
				if !a.inEveryDomain(Scope{Path: path}, yield) {
					return
				}
			}
		case partitioned:
			if !a.visit.HTTPS || !a.inEveryDomain(Scope{Path: "/", Partitioned: true}, yield) {
				return
			}
			for path := range a.directories() {
				if !a.inEveryDomain(Scope{Path: path, Partitioned: true}, yield) {
					return
				}
			}
		}
	}
}

// inEveryDomain yields a scope for each domain that the cookie may have.
func (a *variants) inEveryDomain(s Scope, yield func(Scope) bool) bool {
	if !yield(s) {
		return false
	}
	if a.site == "" {
		return true
	}
	if s.Domain = a.site; !yield(s) {
		return false
	}
	for s.Domain = range a.between() {
		if !yield(s) {
			return false
		}
	}
	return true
}

// maxBetween is how many domains are tried besides the registrable one.
const maxBetween = 8

// between yields the host and the domains between it and the registrable one.
func (a *variants) between() iter.Seq[string] {
	return func(yield func(string) bool) {
		if a.site == "" {
			return
		}
		domain := a.visit.Host
		for n := 0; n < maxBetween && domain != a.site; n++ {
			if !yield(domain) {
				return
			}
			_, domain, _ = strings.Cut(domain, ".")
		}
	}
}

// maxDirectories is how many paths are tried. Each level of a path is two of them,
// with and without a slash in the end.
const maxDirectories = 32

// directories yields the paths below / that match the request's path (RFC 6265bis,
// section 5.1.4), the shortest first: a cookie's own path then has the same place
// in the requests for all pages that it is sent to.
func (a *variants) directories() iter.Seq[string] {
	return func(yield func(string) bool) {
		path := a.visit.Path
		if a.fixed {
			return
		}
		left := maxDirectories
		try := func(end int) bool {
			left--
			return left >= 0 && cookie.IsPath(path[:end]) && yield(path[:end])
		}
		for i := 1; i < len(path); i++ {
			if path[i] != '/' {
				continue
			}
			if path[i-1] != '/' && !try(i) {
				return
			}
			if !try(i + 1) {
				return
			}
		}
		if len(path) > 1 && path[len(path)-1] != '/' {
			try(len(path))
		}
	}
}
