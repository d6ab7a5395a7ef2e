package expiry

import (
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

	// Gone are the places in which the response deletes the cookie already (rule X4),
	// as [Visit.Takes] has them.
	Gone map[Scope]bool
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
	has    prefixes
	known  []Scope // learned ones, and then what the policy states
	learnt int     // how many of them are learned
	site   string  // empty where the cookie can only be host-only
}

func newVariants(v *Visit, c *Cookie, fromLines []Scope) *variants {
	a := &variants{visit: v, cookie: c, has: prefixesOf(c.Name)}
	if !a.has.hostOnly {
		a.site = v.site()
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
	if a.has.hostOnly {
		s.Domain, s.Path = "", "/"
	}
	if !a.isKnown(s) {
		a.known = append(a.known, s)
	}
}

func (a *variants) isKnown(s Scope) bool { return slices.ContainsFunc(a.known, s.isSame) }

// isSame tells whether browsers keep one cookie only in two scopes.
func (s Scope) isSame(other Scope) bool { return s.place() == other.place() }

// place is the scope with no more than browsers tell cookies of one name apart by.
func (s Scope) place() Scope {
	s.HTTPOnly = false
	return s
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
	case a.visit.accepts(domain):
		a.addKnown(Scope{Domain: domain, Path: path})
	}
}

// in returns the scopes of a group. Their order does not change from one request
// that carries the cookie to the next, however different the paths are.
func (a *variants) in(g group) []Scope {
	switch g {
	case learned:
		return a.known[:a.learnt]
	case stated:
		return a.known[a.learnt:]
	case common:
		if a.site == "" {
			return a.guesses([]string{""}, []string{"/"}, Scope{})
		}
		return a.guesses([]string{a.site, ""}, []string{"/"}, Scope{})
	case between:
		return a.guesses(a.between(), []string{"/"}, Scope{})
	case deeper:
		return a.guesses(a.domains(), a.directories(), Scope{})
	}
	if !a.visit.HTTPS {
		return nil
	}
	return a.guesses(a.domains(), append([]string{"/"}, a.directories()...), Scope{Partitioned: true})
}

// guesses are scopes like one with each path in each domain, but those that are
// known.
func (a *variants) guesses(domains, paths []string, s Scope) []Scope {
	scopes := make([]Scope, 0, len(domains)*len(paths))
	for _, s.Path = range paths {
		for _, s.Domain = range domains {
			if !a.isKnown(s) {
				scopes = append(scopes, s)
			}
		}
	}
	return scopes
}

// domains are all that the cookie may have; an empty one makes it host-only.
func (a *variants) domains() []string {
	if a.site == "" {
		return []string{""}
	}
	return append([]string{"", a.site}, a.between()...)
}

// maxBetween is how many domains are tried besides the registrable one.
const maxBetween = 8

// between are the host and the domains between it and the registrable one.
func (a *variants) between() (domains []string) {
	if a.site == "" {
		return nil
	}
	for domain := a.visit.Host; domain != a.site && len(domains) < maxBetween; {
		domains = append(domains, domain)
		_, domain, _ = strings.Cut(domain, ".")
	}
	return domains
}

// maxDirectories is how many paths are tried. Each level of a path is two of them,
// with and without a slash in the end.
const maxDirectories = 32

// directories are the paths below / that match the request's path (RFC 6265bis,
// section 5.1.4), the shortest first: a cookie's own path then has the same place
// in the requests for all pages that it is sent to.
func (a *variants) directories() (paths []string) {
	path := a.visit.Path
	if a.has.hostOnly {
		return nil
	}
	for end := 2; end <= len(path) && len(paths) < maxDirectories; end++ {
		isLevel := path[end-1] == '/' || end == len(path) || path[end] == '/'
		if !isLevel {
			continue
		}
		if !cookie.IsPath(path[:end]) {
			break // nor is any longer one
		}
		paths = append(paths, path[:end])
	}
	return paths
}
