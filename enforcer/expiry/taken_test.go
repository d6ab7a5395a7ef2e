package expiry

import "testing"

// Rule X4: a line of the portal's counts for the place that browsers delete the cookie in,
// and where they do not take the line, for none.
func TestTakes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, host, cookie, attributes string
		http                           bool
		want                           string // in short; empty where it is not taken
	}{
		{name: "host-only", attributes: "Path=/", want: "host /"},
		{name: "a domain", attributes: "Path=/; Domain=example.org", want: "example.org /"},
		{name: "a domain with a dot, and in capitals", attributes: "Path=/; Domain=.Example.ORG", want: "example.org /"},
		{name: "the host as a domain", attributes: "Path=/; Domain=p.example.org", want: "p.example.org /"},
		{name: "an empty domain", attributes: "Path=/; Domain=", want: "host /"},
		{name: "the last domain counts", attributes: "Path=/; Domain=example.org; Domain=", want: "host /"},
		{name: "no path", want: "host /a"},
		{name: "a path that does not begin with a slash", attributes: "Path=b", want: "host /a"},
		{name: "a path with a slash in the end", attributes: "Path=/a/", want: "host /a/"},
		{name: "partitioned", attributes: "Path=/; Secure; SameSite=None; Partitioned", want: "host / P"},
		{name: "HttpOnly makes no difference", attributes: "Path=/; HttpOnly", want: "host /"},
		{name: "a domain that is an address", host: "192.0.2.7", attributes: "Path=/; Domain=192.0.2.7", want: "host /"},
		{name: "a domain that is a public suffix", host: "github.io", attributes: "Path=/; Domain=github.io", want: "host /"},

		{name: "another domain", attributes: "Path=/; Domain=example.com"},
		{name: "a domain below the host", attributes: "Path=/; Domain=a.p.example.org"},
		{name: "a public suffix", attributes: "Path=/; Domain=org"},
		{name: "partitioned, and not Secure", attributes: "Path=/; Partitioned"},
		{name: "SameSite=None, and not Secure", attributes: "Path=/; SameSite=None"},
		{name: "Secure, without TLS", attributes: "Path=/; Secure", http: true},
		{name: "a control character", attributes: "Path=/\x01"},
		{name: "__Secure-", cookie: "__Secure-a", attributes: "Path=/; Secure", want: "host /"},
		{name: "__Secure-, and not Secure", cookie: "__Secure-a", attributes: "Path=/"},
		{name: "__Host-", cookie: "__Host-a", attributes: "Path=/; Secure", want: "host /"},
		{name: "__Host- with a domain", cookie: "__Host-a", attributes: "Path=/; Secure; Domain=example.org"},
		{name: "__Host- without a path", cookie: "__Host-a", attributes: "Secure"},
		{name: "__Http-, and not HttpOnly", cookie: "__Http-a", attributes: "Path=/; Secure"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			v := Visit{Host: "p.example.org", Path: "/a/b", HTTPS: !c.http}
			if c.host != "" {
				v.Host = c.host
			}
			if c.cookie == "" {
				c.cookie = "_ga"
			}
			got := ""
			if place, ok := v.Takes(c.cookie, c.cookie+"=; Max-Age=0; "+c.attributes); ok {
				got = place.short()
			}
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func (s Scope) short() string {
	short := s.Domain
	if short == "" {
		short = "host"
	}
	if short += " " + s.Path; s.Partitioned {
		short += " P"
	}
	return short
}
