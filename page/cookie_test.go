package page

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// TestAttributes: the cookie is set where the policy says, for as long as it says.
func TestAttributes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, consent, service, host string
		https                        bool
		want                         string
	}{
		{"as it comes", "", "", "data.example.org", false, "Path=/; Max-Age=15552000; SameSite=Lax"},
		{"over TLS", "", "", "data.example.org", true, "Path=/; Max-Age=15552000; SameSite=Lax; Secure"},
		{"as long as it counts", "max_age: 12 months", "", "data.example.org", false, "Path=/; Max-Age=31104000; SameSite=Lax"},
		{"not for long", "max_age: 1 day", "", "data.example.org", false, "Path=/; Max-Age=86400; SameSite=Lax"},
		{"no longer than published", "max_age: 12 months", "retention: 3 months", "data.example.org", false, "Path=/; Max-Age=7776000; SameSite=Lax"},
		{"published for longer", "", "retention: 12 months", "data.example.org", false, "Path=/; Max-Age=15552000; SameSite=Lax"},
		{"for the session", "", "retention: session", "data.example.org", false, "Path=/; SameSite=Lax"},
		{"on the host", "", "domain: host", "data.example.org", false, "Path=/; Max-Age=15552000; SameSite=Lax"},
		{"in the site", "", "domain: site", "www.data.example.org", false, "Path=/; Domain=example.org; Max-Age=15552000; SameSite=Lax"},
		{"in the site, in capitals", "", "domain: site", "WWW.Example.ORG.", false, "Path=/; Domain=example.org; Max-Age=15552000; SameSite=Lax"},
		{"in a site below a public suffix", "", "domain: site", "www.data.ajman.ae", false, "Path=/; Domain=ajman.ae; Max-Age=15552000; SameSite=Lax"},
		{"on a public suffix", "", "domain: site", "co.uk", false, "Path=/; Max-Age=15552000; SameSite=Lax"},
		{"on this machine", "", "domain: site", "localhost", false, "Path=/; Max-Age=15552000; SameSite=Lax"},
		{"on an address", "", "domain: site", "192.0.2.1", false, "Path=/; Max-Age=15552000; SameSite=Lax"},
		{"on a long address", "", "domain: site", "[2001:db8::1]", false, "Path=/; Max-Age=15552000; SameSite=Lax"},
		{"on no host", "", "domain: site", "", false, "Path=/; Max-Age=15552000; SameSite=Lax"},
		{"in a domain", "", "domain: example.org", "data.example.org", false, "Path=/; Domain=example.org; Max-Age=15552000; SameSite=Lax"},
		{"the domain itself", "", "domain: example.org", "example.org", false, "Path=/; Domain=example.org; Max-Age=15552000; SameSite=Lax"},
		{"in another domain", "", "domain: example.org", "data.example.com", false, "Path=/; Max-Age=15552000; SameSite=Lax"},
		{"in one with the same end", "", "domain: example.org", "badexample.org", false, "Path=/; Max-Age=15552000; SameSite=Lax"},
		{"on a path", "", "path: /portal", "data.example.org", false, "Path=/portal; Max-Age=15552000; SameSite=Lax"},
		{"bound to its host", "cookie: __Host-choice", "domain: site, path: /x", "data.example.org", true, "Path=/; Max-Age=15552000; SameSite=Lax; Secure"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			name := "cookies_preferences"
			if after, ok := strings.CutPrefix(c.consent, "cookie: "); ok {
				name = after
			}
			p := newPage(t, `version: 1
consent: {`+c.consent+`}
categories: [{id: n, consent: none}, {id: a, consent: required}]
services:
  - {id: p, category: n, cookies: [`+name+`], `+c.service+`}
  - {id: ga, category: a, cookies: [_ga]}
`)
			w := post(p, Visitor{Path: "/", Host: c.host, HTTPS: c.https}, "/", "choice=accept", nil)
			if _, got := written(t, p, w); got != c.want {
				t.Errorf("got %q", got)
			}
		})
	}
	t.Run("a cookie that is not published", func(t *testing.T) {
		t.Parallel()
		p := newPage(t, "version: 1\ncategories: [{id: a, consent: required}]\nservices: [{id: ga, category: a, cookies: [_ga]}]\n")
		if _, got := written(t, p, post(p, Visitor{}, "/", "choice=accept", nil)); got != "Path=/; Max-Age=15552000; SameSite=Lax" {
			t.Errorf("got %q", got)
		}
	})
}

// TestValue: the value is what portals' scripts write.
func TestValue(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ format, want string }{
		{"auto", "%7B%22m%22%3Afalse%2C%22ga%22%3Atrue%2C%22anon%22%3Afalse%2C%22video%22%3Afalse%2C%22marketing%22%3Afalse%2C%22timestamp%22%3A1795521600000%7D"},
		{"json", "%7B%22m%22%3Afalse%2C%22ga%22%3Atrue%2C%22anon%22%3Afalse%2C%22video%22%3Afalse%2C%22marketing%22%3Afalse%2C%22timestamp%22%3A1795521600000%7D"},
		{"pairs", "m%3D0%26ga%3D1%26anon%3D0%26video%3D0%26marketing%3D0%26timestamp%3D1795521600000"},
		{"list", "ga"},
	} {
		t.Run(c.format, func(t *testing.T) {
			t.Parallel()
			text := strings.Replace(manyKinds, "consent: objection", "consent: none", 1)
			p := newPage(t, text+"consent: {format: "+c.format+"}\n")
			w := post(p, Visitor{}, "/", "choice=save&service=ga", nil)
			if got, _, _ := strings.Cut(w.Header().Get("Set-Cookie"), ";"); got != "cookies_preferences="+c.want {
				t.Errorf("got %s", got)
			}
		})
	}
}

// sealedPart is what differs each time.
var sealedPart = regexp.MustCompile(`saved=[A-Za-z0-9_-]{20,}`)

// TestLocation: a browser that has saved a choice stays on the page, and on the site.
func TestLocation(t *testing.T) {
	t.Parallel()
	p := newPage(t, manyKinds)
	for _, c := range []struct{ name, path, query, want string }{
		{"a path", "/cookies", "", "/cookies?saved"},
		{"the language is kept", "/cookies", "?lang=fr", "/cookies?saved&lang=fr"},
		{"nothing else is", "/cookies", "?lang=xx&next=https://evil.example", "/cookies?saved"},
		{"no path", "", "", "/?saved"},
		{"an escape", "/a%2Fb%20c", "", "/a%2Fb%20c?saved"},
		{"a letter", "/é", "", "/%C3%A9?saved"},
		{"a space", "/a b", "", "/a%20b?saved"},
		{"a question mark", "/a?b#c", "", "/a%3Fb%23c?saved"},
		{"a percent sign", "/100%", "", "/100%25?saved"},
		{"another host", "//evil.example/x", "", "/.//evil.example/x?saved"},
		{"three slashes", "///evil.example/x", "", "/.///evil.example/x?saved"},
		{"a backslash", `/\evil.example`, "", "/%5Cevil.example?saved"},
		{"two backslashes", `\\evil.example`, "", "/%5C%5Cevil.example?saved"},
		{"a scheme", "https://evil.example/", "", "/https://evil.example/?saved"},
		{"a script", "javascript:x", "", "/javascript:x?saved"},
		{"new lines", "/a\r\nSet-Cookie: x=y", "", "/a%0D%0ASet-Cookie:%20x=y?saved"},
		{"escaped new lines", "/a%0D%0ASet-Cookie:%20x=y", "", "/a%0D%0ASet-Cookie:%20x=y?saved"},
		{"a tab", "/\t/evil.example", "", "/%09/evil.example?saved"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := post(p, Visitor{Path: c.path}, "/"+c.query, "choice=refuse", nil)
			got := sealedPart.ReplaceAllString(w.Header().Get("Location"), "saved")
			if w.Code != 303 || got != c.want {
				t.Errorf("%d %q", w.Code, got)
			}
			base := &url.URL{Scheme: "https", Host: "data.example.org", Path: "/"}
			if u, err := base.Parse(got); err != nil || u.Host != base.Host || u.Scheme != "https" {
				t.Errorf("it leads to %v: %v", u, err)
			}
			for _, n := range elements(t, get(p, Visitor{Path: c.path}, "/").Body.String()) {
				if want := strings.TrimSuffix(c.want, "?saved"); n.Data == "form" && c.query == "" && valueOf(n, "action") != want {
					t.Errorf("the form goes to %q", valueOf(n, "action"))
				}
			}
		})
	}
}
