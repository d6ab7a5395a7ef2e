package policy

import (
	"net/url"
	"slices"
	"strings"

	"github.com/caddy-consent/caddy-consent/enforcer/consent"
	"github.com/caddy-consent/caddy-consent/enforcer/violation"
	"go.yaml.in/yaml/v3"
)

// ThirdParties is what the browser is told about where pages load from. The empty
// one tells it nothing.
type ThirdParties string

const (
	// EnforceThirdParties: pages load from permitted origins only.
	EnforceThirdParties ThirdParties = "enforce"
	// ReportThirdParties: the browser reports what it would not load.
	ReportThirdParties ThirdParties = "report"
)

// originEntry is an origin and where it stands.
type originEntry struct {
	Origin
	node    *yaml.Node
	service int // -1: allowed_origins
}

func (r *reader) origins(n *yaml.Node, what string) (entries []originEntry) {
	r.sequence(n, what, func(item *yaml.Node) {
		text, ok := r.text(item, "an origin")
		if !ok {
			return
		}
		o, err := ParseOrigin(text)
		if err != nil {
			r.errorf(item, "%v, found %s", err, found(item))
			return
		}
		r.checkSubdomains(item, o)
		entries = append(entries, originEntry{o, item, -1})
	})
	return entries
}

// checkSubdomains refuses origins that belong to everybody.
func (r *reader) checkSubdomains(n *yaml.Node, o Origin) {
	switch shared, icann := o.IsShared(); {
	case !shared:
	case icann:
		r.errorf(n, "%q stands for every site under %q, a public suffix: name the sites", n.Value, o.host)
	default:
		r.warnf(n, "%q stands for the sites of everybody under %q: name those that are meant", n.Value, o.host)
	}
}

// addOrigins compiles where pages may load from.
func (r *reader) addOrigins(p *Policy, d *document) {
	p.ThirdParties = ThirdParties(d.thirdParties)
	var entries []originEntry
	for i := range d.services {
		for _, e := range d.services[i].origins {
			e.service = i
			entries = append(entries, e)
			p.Services[i].Origins = append(p.Services[i].Origins, e.Origin)
		}
	}
	for _, e := range d.allowedOrigins {
		p.AllowedOrigins = append(p.AllowedOrigins, e.Origin)
	}
	r.checkOrigins(p, d, append(entries, d.allowedOrigins...))
	free := p.PermittedOrigins(&p.necessary) // whatever the visitor chooses
	isFree := make(map[Origin]bool)
	for _, o := range free {
		isFree[o] = true
	}
	for _, e := range entries {
		p.OriginsDepend = p.OriginsDepend || !isFree[e.Origin] && !slices.ContainsFunc(free, func(o Origin) bool { return o.covers(e.Origin) })
	}
}

// checkOrigins warns of origins that do not do what they seem to.
func (r *reader) checkOrigins(p *Policy, d *document, entries []originEntry) {
	if p.ThirdParties == "" && len(entries) > 0 {
		r.warnf(entries[0].node, "origins are only published: add third_parties: enforce to have the browser load from permitted ones only")
	}
	size := 0
	for _, e := range entries {
		size += len(violation.Directives) * len(" "+e.String())
	}
	if p.ThirdParties != "" && size > maxHeader {
		r.warnf(entries[0].node, "a visitor who permits everything gets a header with %d bytes of origins, and many proxies take %d: name fewer, with *. for subdomains", size, maxHeader)
	}
	known := make(map[originEntry]*yaml.Node)
	pairs := 0
	for i, e := range entries {
		same := originEntry{Origin: e.Origin, service: e.service}
		if first := known[same]; first != nil {
			r.errorf(e.node, "origin %s is on line %d already: list it once", e, first.Line)
		} else {
			known[same] = e.node
		}
		if pairs += i; pairs > maxPairs || r.warnings.isFull() {
			continue
		}
		for _, first := range entries[:i] {
			switch {
			case first.Origin == e.Origin && first.service == e.service:
			case e.service < 0 && first.service >= 0 && e.covers(first.Origin) && !p.necessary.Has(first.service):
				r.warnf(e.node, "%s is always allowed, so the choice about service %q (line %d) does not hold it back", e, d.services[first.service].ID, first.node.Line)
			case e.service >= 0 && (e.covers(first.Origin) || first.covers(e.Origin)):
				r.warnf(e.node, "origin %s is also that of service %q on line %d: pages load from it where either is permitted", e, d.services[first.service].ID, first.node.Line)
			}
		}
	}
}

// maxHeader is what proxies commonly take in one header, in bytes.
const maxHeader = 4096

// PermittedOrigins are the origins from which pages may load where some services are
// permitted, each once, in the order of the policy.
func (p *Policy) PermittedOrigins(permitted *consent.Set) (origins []Origin) {
	known := make(map[Origin]bool)
	add := func(all []Origin) {
		for _, o := range all {
			if !known[o] {
				known[o] = true
				origins = append(origins, o)
			}
		}
	}
	add(p.AllowedOrigins)
	for i := range p.Services {
		if permitted.Has(i) {
			add(p.Services[i].Origins)
		}
	}
	return origins
}

// PermitsOrigin tells whether pages may load from an address where some services are
// permitted.
func (p *Policy) PermitsOrigin(address *url.URL, permitted *consent.Set) bool {
	matches := func(o Origin) bool { return o.Matches(address) }
	if slices.ContainsFunc(p.AllowedOrigins, matches) {
		return true
	}
	for i := range p.Services {
		if permitted.Has(i) && slices.ContainsFunc(p.Services[i].Origins, matches) {
			return true
		}
	}
	return false
}

// ServiceOfOrigin is the index of the first service that loads from an address, or -1.
func (p *Policy) ServiceOfOrigin(address *url.URL) int {
	return slices.IndexFunc(p.Services, func(s Service) bool {
		return slices.ContainsFunc(s.Origins, func(o Origin) bool { return o.Matches(address) })
	})
}

// thirdParties reads what is done about them.
func (r *reader) thirdParties(n *yaml.Node) string {
	return r.oneOf(n, "third_parties", string(EnforceThirdParties), string(ReportThirdParties))
}

// SiteHost is the host that the policy names as its site's, in lower case, or "".
func (p *Policy) SiteHost() string {
	site, err := url.Parse(p.Site)
	if err != nil {
		return ""
	}
	return strings.ToLower(site.Hostname())
}
