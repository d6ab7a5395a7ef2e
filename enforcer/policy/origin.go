package policy

import (
	"errors"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
)

// Origin is a place that pages load from: a scheme, a host and a port, or all
// subdomains of a host. It matches as a source of the Content Security Policy does
// (CSP Level 3, section 6.7.2).
type Origin struct {
	scheme, host, port string // the port is empty where it is the scheme's own
	subdomains         bool   // of the host, and not the host itself
}

// String is the origin as a Content-Security-Policy header has it. There is nothing
// in it that could end a directive.
func (o Origin) String() string {
	text := o.scheme + "://"
	if o.subdomains {
		text += "*."
	}
	text += o.host
	if o.port != "" {
		text += ":" + o.port
	}
	return text
}

// Matches tells whether what is loaded from an address comes from the origin.
func (o Origin) Matches(address *url.URL) bool {
	scheme, host := strings.ToLower(address.Scheme), strings.ToLower(address.Hostname())
	return o.matchesScheme(scheme) && o.matchesHost(host) && o.matchesPort(address.Port(), scheme)
}

func (o Origin) matchesScheme(scheme string) bool {
	switch o.scheme {
	case scheme:
		return true
	case "http":
		return scheme == "https"
	case "ws":
		return scheme == "wss" || scheme == "http" || scheme == "https"
	case "wss":
		return scheme == "https"
	}
	return false
}

func (o Origin) matchesHost(host string) bool {
	if o.subdomains {
		return len(host) > len(o.host)+1 && strings.HasSuffix(host, "."+o.host)
	}
	return host == o.host
}

func (o Origin) matchesPort(port, scheme string) bool {
	if port == "" {
		port = defaultPorts[scheme]
	}
	switch o.port {
	case port:
		return true
	case "", "80": // which secure schemes may take the place of
		return port == defaultPorts[scheme]
	}
	return false
}

// covers tells whether everything that comes from another origin comes from this
// one.
func (o Origin) covers(other Origin) bool {
	host := other.host
	if other.subdomains {
		host = "any." + host
	}
	return (o.subdomains || !other.subdomains) && o.Matches(&url.URL{Scheme: other.scheme, Host: joinPort(host, other.port)})
}

// IsShared tells that the origin stands for the sites of everybody under a name, and
// whether that name is one of the DNS, such as co.uk, rather than of a company.
func (o Origin) IsShared() (shared, icann bool) {
	suffix, icann := publicsuffix.PublicSuffix(o.host)
	return o.subdomains && suffix == o.host, icann
}

func joinPort(host, port string) string {
	if port == "" {
		return host
	}
	return host + ":" + port
}

var defaultPorts = map[string]string{"https": "443", "wss": "443", "http": "80", "ws": "80"}

var errOrigin = errors.New("expected a scheme and a host such as https://www.example.com, or https://*.example.com for its subdomains")

// hostForm is a name as the DNS has it.
var hostForm = regexp.MustCompile(`^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$`)

// ParseOrigin reads an origin as people and browsers write it: a scheme of the web
// and a host, perhaps a port, and no path.
func ParseOrigin(text string) (Origin, error) {
	scheme, rest, ok := strings.Cut(strings.ToLower(text), "://")
	usual, known := defaultPorts[scheme]
	if !ok || !known {
		return Origin{}, errOrigin
	}
	o := Origin{scheme: scheme}
	rest, o.subdomains = strings.CutPrefix(strings.TrimSuffix(rest, "/"), "*.")
	u, err := url.Parse(scheme + "://" + rest)
	if err != nil || u.Host == "" || u.Host != rest {
		return Origin{}, errOrigin
	}
	if o.port = u.Port(); o.port == usual {
		o.port = ""
	}
	if n, err := strconv.ParseUint(o.port, 10, 16); o.port != "" && (err != nil || n == 0 || strconv.FormatUint(n, 10) != o.port) || strings.HasSuffix(rest, ":") {
		return Origin{}, errOrigin
	}
	if address, err := netip.ParseAddr(u.Hostname()); err == nil {
		if o.host = u.Hostname(); o.subdomains || address.Is6() { // for which CSP has no form
			return Origin{}, errOrigin
		}
		return o, nil
	}
	// Browsers ask for the form that the DNS knows.
	if o.host, err = idna.Lookup.ToASCII(u.Hostname()); err != nil {
		o.host = u.Hostname() // as names with "_", which the web has
	}
	if !hostForm.MatchString(o.host) {
		return Origin{}, errOrigin
	}
	return o, nil
}
