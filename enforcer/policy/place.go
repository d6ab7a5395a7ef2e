package policy

import (
	"regexp"
	"strings"

	"github.com/caddy-consent/caddy-consent/enforcer/cookie"
	"go.yaml.in/yaml/v3"
	"golang.org/x/net/publicsuffix"
)

// The two words that a domain may be instead of a name.
const (
	// HostOnly is the domain of cookies without a Domain attribute.
	HostOnly = "host"
	// Site is the registrable domain, such as example.org.
	Site = "site"
)

// domainForm takes addresses for no domain: the last label has a letter.
var domainForm = regexp.MustCompile(`^([a-z0-9_]([a-z0-9_-]*[a-z0-9_])?\.)+([0-9-]*[0-9])?[a-z]([a-z0-9-]*[a-z0-9])?$`)

func (r *reader) domain(n *yaml.Node) string {
	text, ok := r.text(n, "domain")
	if !ok || text == HostOnly || text == Site {
		return text
	}
	text = strings.ToLower(strings.TrimPrefix(text, "."))
	if !domainForm.MatchString(text) {
		r.errorf(n, "expected host, site or a domain name as domain, found %s", found(n))
	} else if suffix, _ := publicsuffix.PublicSuffix(text); suffix == text {
		r.errorf(n, "browsers keep no cookies for all of %q, a public suffix: expected host, site or the domain of the site", text)
	}
	return text
}

func (r *reader) path(n *yaml.Node) string {
	text, ok := r.text(n, "path")
	if ok && !cookie.IsPath(text) {
		r.errorf(n, "expected a path as in an address, which begins with \"/\" and has no spaces, \";\" and letters beyond ASCII, as path, found %s", found(n))
	}
	return text
}

// checkPlaces compares where cookies are said to be set with where browsers let
// them be set.
func (r *reader) checkPlaces(p *Policy, entries []*cookieEntry) {
	host := p.SiteHost()
	for _, e := range entries {
		named := e.Domain != "" && e.Domain != HostOnly && e.Domain != Site
		if named && host != "" && host != e.Domain && !strings.HasSuffix(host, "."+e.Domain) {
			r.warnf(e.node, "browsers do not take cookies for the domain %q from the site %s: expected a domain that the site is in, or none", e.Domain, p.Site)
		}
		if !strings.HasPrefix(strings.ToLower(e.Name), "__host-") {
			continue
		}
		if e.Domain != "" && e.Domain != HostOnly || e.Path != "" && e.Path != "/" {
			r.warnf(e.node, "browsers take %q as a host-only cookie with the path / only: remove its domain and path", e.Name)
		}
	}
}
