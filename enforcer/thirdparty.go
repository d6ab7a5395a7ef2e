package enforcer

import (
	"hash/maphash"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"

	"golang.org/x/net/http/httpguts"

	"github.com/caddy-consent/caddy-consent/enforcer/consent"
	"github.com/caddy-consent/caddy-consent/enforcer/policy"
	"github.com/caddy-consent/caddy-consent/enforcer/violation"
)

// ReportPath is where browsers report what they did not load, or would not have.
const ReportPath = "/.well-known/cookie-consent/csp"

// contentPolicies are the Content Security Policies of one cookie policy, by the
// services that are permitted. They keep as many as they have places, and each until
// another one takes its place: visitors can make up more combinations than that.
type contentPolicies struct {
	policy *policy.Policy
	loads  consent.Set // the services that have origins
	seed   maphash.Seed
	places [256]atomic.Pointer[knownPolicy]
}

type knownPolicy struct {
	permitted consent.Set
	text      string
}

func newContentPolicies(p *policy.Policy) *contentPolicies {
	if p.ThirdParties == "" {
		return nil
	}
	c := &contentPolicies{policy: p, seed: maphash.MakeSeed()}
	for i, s := range p.Services {
		if len(s.Origins) > 0 {
			c.loads.Add(i)
		}
	}
	return c
}

// of is the value of the header for the services that are permitted.
func (c *contentPolicies) of(permitted consent.Set) string {
	permitted = permitted.Intersect(c.loads)
	place := &c.places[maphash.Comparable(c.seed, permitted)%uint64(len(c.places))]
	known := place.Load()
	if known == nil || known.permitted != permitted {
		known = &knownPolicy{permitted, c.make(&permitted)}
		place.Store(known)
	}
	return known.text
}

// make writes what a page may load from third parties only where the visitor permits it.
// There is no nonce, no hash and no strict-dynamic among the sources, which would switch
// inline scripts off, and no default-src, which would reach for the rest (CSP Level 3,
// section 6.8.3).
func (c *contentPolicies) make(permitted *consent.Set) string {
	var origins strings.Builder
	for _, o := range c.policy.PermittedOrigins(permitted) {
		origins.WriteString(" " + o.String())
	}
	var text strings.Builder
	for _, directive := range violation.Directives {
		sources := " 'self' data: blob:"
		if directive == violation.Scripts {
			sources = " 'self' 'unsafe-inline' data: blob:"
		}
		text.WriteString(directive + sources + origins.String() + "; ")
	}
	// Every browser knows report-uri. Those that know report-to as well would send
	// nothing over plain HTTP, and elsewhere a minute late.
	text.WriteString("report-uri " + ReportPath)
	return text.String()
}

// guardsLoading tells whether browsers are told where they may load from.
func (e *Enforcer) guardsLoading() bool { return e.contentPolicies != nil && !e.ReportOnly }

// guardLoading keeps a browser from loading what the visitor does not permit.
func (x *Exchange) guardLoading(header http.Header, j *judge) {
	x.guardLinks(header, j)
	switch {
	case x.notModified:
		x.guardCopy(header, j)
	case isDocument(x.request, header):
		tellOrigins(x.enforcer.contentPolicies.of(j.permitted), header, j.policy)
	}
}

// guardCopy keeps caches from going on with a copy of a document after a 304. They take
// its headers in place of those that they have (RFC 9111, section 3.2): Cache-Control
// would be the portal's again, and a Content Security Policy would take the place of the
// portal's own.
func (x *Exchange) guardCopy(header http.Header, j *judge) {
	dest := first(x.request.Header["Sec-Fetch-Dest"])
	mayBeDocument := dest == "" || dest == "empty" || asksForDocument(x.request)
	if j.policy.OriginsDepend && mayBeDocument {
		keepToChoice(header)
	}
}

// guardLinks does so for what is loaded without a document.
func (x *Exchange) guardLinks(header http.Header, j *judge) {
	if j.policy.ThirdParties == policy.EnforceThirdParties {
		x.filterLinks(header, j)
	}
}

// tellOrigins tells the browser where a document may load from, and keeps caches from
// giving it to those who have chosen otherwise. Once it has, it changes nothing more: a
// header map is looked at again as long as it may go out.
func tellOrigins(text string, header http.Header, p *policy.Policy) {
	name := "Content-Security-Policy"
	if p.ThirdParties == policy.ReportThirdParties {
		name = "Content-Security-Policy-Report-Only"
	}
	if !slices.Contains(header[name], text) {
		header[name] = appended(header[name], text)
	}
	if p.OriginsDepend {
		keepToChoice(header)
	}
}

// appended is a header with one more line. The lines that there are may be shared
// with other responses.
func appended(lines []string, line string) []string {
	return append(lines[:len(lines):len(lines)], line)
}

// isDocument tells whether a response can load anything: it is HTML, or the browser
// wants a page and will make one of it, or it is for a worker, which keeps to what came
// with its own script.
func isDocument(r *http.Request, header http.Header) bool {
	known := false
	for _, line := range header["Content-Type"] {
		for kind := range strings.SplitSeq(line, ",") {
			kind, _, _ = strings.Cut(kind, ";")
			switch kind = strings.ToLower(strings.Trim(kind, " \t")); {
			case kind == "text/html", kind == "application/xhtml+xml":
				return true
			case isSettled(kind):
				known = true
			}
		}
	}
	if !known {
		return asksForDocument(r)
	}
	return slices.Contains(workers, first(r.Header["Sec-Fetch-Dest"]))
}

// isSettled tells whether browsers go by a type, and can make no document of it. They look
// at the content where it is none, or says that nobody knows (MIME Sniffing, section 7),
// show HTML in parts of a whole, and in XML there may be a page, or a picture with scripts.
func isSettled(kind string) bool {
	top, sub, _ := strings.Cut(kind, "/")
	switch {
	case !httpguts.ValidHeaderFieldName(top) || !httpguts.ValidHeaderFieldName(sub): // these are tokens as well
		return false
	case kind == "*/*" || sub == "unknown" || top == "multipart" || strings.HasSuffix(sub, "xml") || sub == "xsl" || sub == "rdf":
		return false
	}
	return true
}

// workers are what Fetch Metadata calls them.
var workers = []string{"worker", "sharedworker", "serviceworker"}

// forgetCopy has the portal send a document in full: told that its copy is good, the
// browser would go on with what was permitted when it got that, by another choice or
// another policy.
func (e *Enforcer) forgetCopy(r *http.Request) {
	if !e.guardsLoading() || !asksForDocument(r) {
		return
	}
	delete(r.Header, "If-None-Match")
	delete(r.Header, "If-Modified-Since")
}

// asksForDocument tells whether a browser asks for something that can load more.
// Browsers that do not say so (Fetch Metadata) ask for HTML.
func asksForDocument(r *http.Request) bool {
	dest := first(r.Header["Sec-Fetch-Dest"])
	switch dest {
	case "document", "iframe", "frame", "embed", "object":
		return true
	case "":
		return strings.Contains(first(r.Header["Accept"]), "text/html")
	}
	return slices.Contains(workers, dest) || first(r.Header["Sec-Fetch-Mode"]) == "navigate"
}

// permitsLink tells whether a browser may load from where a Link header points.
func (x *Exchange) permitsLink(target string, j *judge) bool {
	// As browsers read it: without tabs, and any slash, and any number of them, begins a
	// host.
	target = strings.ReplaceAll(strings.Trim(strings.ReplaceAll(target, "\t", ""), " "), `\`, "/")
	if path := strings.TrimLeft(target, "/"); strings.HasPrefix(target, "//") {
		target = "//" + path
	} else if path != target {
		return true
	}
	u, err := url.Parse(target)
	if err != nil {
		return false
	}
	if u.Host == "" {
		// A path, or what CSP lets pass as well. "https:a" is a path to some browsers.
		return u.Scheme == "" || u.Scheme == "data" || u.Scheme == "blob"
	}
	if u.Scheme == "" {
		u.Scheme = "https"
	}
	return j.policy.PermitsOrigin(u, &j.permitted) || x.isOwnHost(u)
}

// isOwnHost tells whether an address is of the site itself, under the name that the
// browser knows, or under the one that the policy has.
func (x *Exchange) isOwnHost(u *url.URL) bool {
	name, port := strings.ToLower(u.Hostname()), portOf(u.Port(), u.Scheme)
	own := url.URL{Host: x.host}
	if name == strings.ToLower(own.Hostname()) {
		return port == portOf(own.Port(), u.Scheme)
	}
	return port == "" && (name == x.visit().Host || name == x.enforcer.policy.SiteHost())
}

// portOf is a port, or "" for the one that a scheme has anyway.
func portOf(port, scheme string) string {
	if scheme == "https" && port == "443" || scheme == "http" && port == "80" {
		return ""
	}
	return port
}
