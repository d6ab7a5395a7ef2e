package page

import (
	"iter"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/caddy-consent/caddy-consent/enforcer/cookie"
	"github.com/caddy-consent/caddy-consent/enforcer/policy"
	"golang.org/x/net/publicsuffix"
)

// keepChoice is how long a choice is kept where the policy does not say: half a year,
// after which visitors are asked again.
const keepChoice = 180 * 24 * time.Hour

// cookieLine is the value of the Set-Cookie header that saves a choice. It is made by
// hand: http.Cookie would put values with "," in quotes, which portals do not read.
func (p *Page) cookieLine(value string, v Visitor) string {
	name := p.policy.ConsentCookie
	path, domain := p.place(v)
	line := name + "=" + value + "; Path=" + path
	if domain != "" {
		line += "; Domain=" + domain
	}
	rule := p.rule()
	if !rule.Retention.Session {
		line += "; Max-Age=" + strconv.FormatInt(int64(p.maxAge(rule.Retention)/time.Second), 10)
	}
	line += "; SameSite=Lax"
	if v.HTTPS {
		line += "; Secure"
	}
	return line
}

// rule is the policy's rule for the consent cookie, which may be empty.
func (p *Page) rule() *policy.Rule {
	if rule := p.policy.Lookup(p.policy.ConsentCookie); rule != nil {
		return rule
	}
	return new(policy.Rule)
}

// place is where the page sets the consent cookie. The domain is empty for a host-only
// cookie.
func (p *Page) place(v Visitor) (path, domain string) {
	if isHostBound(p.policy.ConsentCookie) {
		return "/", ""
	}
	rule := p.rule()
	if path = rule.Path; path == "" {
		path = "/"
	}
	return path, domainOf(rule.Domain, v.Host)
}

// isHostBound tells whether browsers take a cookie without a domain, and with the path
// "/", only.
func isHostBound(name string) bool {
	const prefix = "__Host-"
	return len(name) >= len(prefix) && strings.EqualFold(name[:len(prefix)], prefix)
}

// maxAge is how long the choice is kept: as long as it counts, and no longer than
// published.
func (p *Page) maxAge(published policy.Retention) time.Duration {
	age := p.policy.Decoder.MaxAge
	if age == 0 {
		age = keepChoice
	}
	if published.Limit > 0 {
		age = min(age, published.Limit)
	}
	return age
}

// domainOf is the Domain attribute of a cookie that the policy sets in some domain, on
// a host. It is empty where there is to be none, or where browsers would not take it.
func domainOf(domain, host string) string {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if _, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return ""
	}
	switch domain {
	case "", policy.HostOnly:
		return ""
	case policy.Site:
		site, err := publicsuffix.EffectiveTLDPlusOne(host)
		if err != nil {
			return ""
		}
		return site
	}
	if host != domain && !strings.HasSuffix(host, "."+domain) {
		return ""
	}
	return domain
}

// valuesOf are the values of a cookie in a request, as they stand there: package net/http
// leaves out cookies that browsers send (rule Q2).
func valuesOf(r *http.Request, name string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, line := range r.Header["Cookie"] {
			for more := true; more; {
				var pair cookie.Pair
				if pair, line, more = cookie.Next(line); pair.Text != "" && pair.Name() == name && !yield(pair.Value()) {
					return
				}
			}
		}
	}
}

// pathOf is a path as it may stand in a Location header or a form, with its escapes: a
// browser stays on the host, whatever the path is.
func pathOf(path string) string {
	u := url.URL{Path: path}
	if plain, err := url.PathUnescape(path); err == nil {
		u.Path, u.RawPath = plain, path // which counts if it is a form of the path
	}
	path = u.EscapedPath()
	switch {
	case strings.HasPrefix(path, "//"): // which would be the name of a host
		return "/." + path
	case !strings.HasPrefix(path, "/"):
		return "/" + path
	}
	return path
}
