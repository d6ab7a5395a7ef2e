package expiry

import (
	"net"
	"net/http"
	"net/netip"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// Visit is a request as the visitor's browser made it.
type Visit struct {
	// HTTPS tells that the browser came by HTTPS, whatever was in between.
	HTTPS bool

	// Host is the name in the browser's address, in lower case, without a port.
	Host string

	// Path is the path in the browser's address, byte for byte.
	Path string

	// Navigation tells that the browser goes to another page.
	Navigation bool

	// Address, Agent and Choice are the visitor's address, User-Agent and choice.
	// They go into hashes only, where they tell visitors apart whose cookies have
	// the same value.
	Address, Agent, Choice string

	// Kept are the cookies of the request that stay. They go into hashes only, where
	// they tell apart visitors whose turns are over.
	Kept string

	// Page is what [Memory.Page] has returned for the visit, where it is a navigation.
	Page uint16

	registrable     string // once it was asked for
	asked           bool
	client, visitor uint64 // hashes, once they were needed
}

// VisitOf is the visit that a request tells of where nothing stands in front of
// this server, and nothing before has changed the request.
func VisitOf(r *http.Request) Visit {
	address, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		address = r.RemoteAddr
	}
	return Visit{
		HTTPS:   r.TLS != nil,
		Host:    HostName(r.Host),
		Path:    SentPath(r),
		Address: address,
		Agent:   r.UserAgent(),
	}
}

// SentPath is the path of a request, byte for byte as it was sent: browsers compare
// it with that of cookies. A handler that rewrites requests has to leave the
// RequestURI alone.
func SentPath(r *http.Request) string {
	path, _, _ := strings.Cut(r.RequestURI, "?")
	if !strings.HasPrefix(path, "/") { // a proxy's form, or none
		path = r.URL.EscapedPath()
	}
	return path
}

// HostName is the name in a Host header, in lower case, without a port.
func HostName(host string) string {
	if i := strings.LastIndexByte(host, ':'); i > strings.LastIndexByte(host, ']') {
		host = host[:i]
	}
	return strings.ToLower(host)
}

// site is the registrable domain of the visit. It is empty where browsers keep
// host-only cookies alone: for addresses, single labels and public suffixes.
func (v *Visit) site() string {
	if !v.asked {
		v.registrable, v.asked = registrable(v.Host), true
	}
	return v.registrable
}

func registrable(host string) string {
	if _, err := netip.ParseAddr(host); err == nil || !isDomain(host) {
		return ""
	}
	site, err := publicsuffix.EffectiveTLDPlusOne(host)
	if err != nil {
		return ""
	}
	return site
}

// isDomain tells whether a name can stand in a Domain attribute.
func isDomain(name string) bool {
	for i := range len(name) {
		switch c := name[i]; {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == '-', c == '.', c == '_':
		default:
			return false
		}
	}
	return len(name) <= maxHostBytes && strings.Contains(name, ".")
}

// maxHostBytes is the length of the longest name in the DNS.
const maxHostBytes = 253

// accepts tells whether browsers take a cookie of a domain from this visit's host.
func (v *Visit) accepts(domain string) bool {
	site := v.site()
	return site != "" && len(domain) >= len(site) && (v.Host == domain || strings.HasSuffix(v.Host, "."+domain))
}

// defaultPath is where a cookie is kept that is set without a Path attribute (RFC
// 6265bis, section 5.1.4).
func (v *Visit) defaultPath() string {
	if i := strings.LastIndexByte(v.Path, '/'); i > 0 {
		return v.Path[:i]
	}
	return "/"
}
