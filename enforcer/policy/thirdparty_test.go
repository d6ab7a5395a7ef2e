package policy

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-consent/caddy-consent/enforcer/consent"
)

func TestParseOrigin(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ text, want string }{ // "": an error
		{"https://www.example.com", "https://www.example.com"},
		{"HTTPS://WWW.Example.COM/", "https://www.example.com"},
		{"https://*.example.com", "https://*.example.com"},
		{"https://example.com:443", "https://example.com"},
		{"http://example.com:443", "http://example.com:443"},
		{"wss://example.com:8443", "wss://example.com:8443"},
		{"ws://localhost:1", "ws://localhost:1"},
		{"https://bücher.example", "https://xn--bcher-kva.example"},
		{"https://a_b.example", "https://a_b.example"},
		{"https://192.0.2.1:8080", "https://192.0.2.1:8080"},
		{"https://[2001:db8::1]:8080", ""},
		{"", ""},
		{"*", ""},
		{"https:", ""},
		{"https://", ""},
		{"https:///a", ""},
		{"https://*", ""},
		{"https://*.", ""},
		{"https://*.*.example.com", ""},
		{"https://a.*.example.com", ""},
		{"https://a*.example.com", ""},
		{"www.example.com", ""},
		{"//www.example.com", ""},
		{"ftp://www.example.com", ""},
		{"data:", ""},
		{"'self'", ""},
		{"https://example.com/a", ""},
		{"https://example.com?a", ""},
		{"https://example.com#a", ""},
		{"https://me@example.com", ""},
		{"https://example.com:", ""},
		{"https://example.com:0", ""},
		{"https://example.com:*", ""},
		{"https://example.com:65536", ""},
		{"https://example.com:080", ""},
		{"https://example.com; script-src *", ""},
		{"https://example.com 'unsafe-eval'", ""},
		{"https://example.com,https://evil.example", ""},
		{"https://exam\nple.com", ""},
		{"https://example.com\r\nX: y", ""},
		{"https://-.example", ""},
		{"https://.example", ""},
		{"https://a..example", ""},
		{"https://[fe80::1%25eth0]", ""},
		{"https://*.192.0.2.1", ""},
	} {
		o, err := ParseOrigin(row.text)
		if (err == nil) != (row.want != "") || err == nil && o.String() != row.want {
			t.Errorf("%q is read as %q (%v), want %q", row.text, o, err, row.want)
			continue
		}
		if again, err := ParseOrigin(o.String()); row.want != "" && (err != nil || again != o) {
			t.Errorf("%q is read as %q (%v)", o, again, err)
		}
	}
}

// TestOriginMatches follows CSP Level 3, section 6.7.2.
func TestOriginMatches(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		origin, address string
		want            bool
	}{
		{"https://a.example", "https://a.example/x?y", true},
		{"https://a.example", "https://A.EXAMPLE:443", true},
		{"https://a.example", "http://a.example", false},
		{"https://a.example", "wss://a.example", false},
		{"https://a.example", "https://b.a.example", false},
		{"https://a.example", "https://xa.example", false},
		{"https://a.example", "https://a.example.evil", false},
		{"https://a.example", "https://a.example:8443", false},
		{"https://a.example:8443", "https://a.example:8443", true},
		{"https://a.example:8443", "https://a.example", false},
		{"http://a.example", "https://a.example", true},
		{"http://a.example", "http://a.example:80", true},
		{"http://a.example", "http://a.example:443", false},
		{"https://a.example:80", "https://a.example", true},
		{"http://a.example:8080", "https://a.example:8080", true},
		{"http://a.example:8080", "https://a.example", false},
		{"ws://a.example", "wss://a.example", true},
		{"wss://a.example", "wss://a.example", true},
		{"wss://a.example", "https://a.example", true},
		{"wss://a.example", "http://a.example", false},
		{"https://*.a.example", "https://b.a.example", true},
		{"https://*.a.example", "https://c.b.a.example", true},
		{"https://*.a.example", "https://a.example", false},
		{"https://*.a.example", "https://.a.example", false},
		{"https://*.a.example", "https://ba.example", false},
		{"https://192.0.2.1", "https://192.0.2.1", true},
		{"https://a.example", "ftp://a.example", false},
	} {
		o, err := ParseOrigin(row.origin)
		if err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(row.address)
		if err != nil {
			t.Fatal(err)
		}
		if got := o.Matches(u); got != row.want {
			t.Errorf("%s matches %s: %t", row.origin, row.address, got)
		}
	}
}

// loading is a policy of which the origins are appended.
const loading = `version: 1
categories:
  - {id: necessary, consent: none}
  - {id: statistical, consent: required, exempt_if_anonymized: true}
services:
  - {id: session, category: necessary, cookies: [sessionid, cookies_preferences]}
`

func TestOriginProblems(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, yaml       string
		errors, warnings []string
	}{
		{name: "right", yaml: "  - {id: a, category: statistical, origins: [\"https://*.a.example\", \"https://a.example\"]}\nallowed_origins: [\"https://b.example\"]\nthird_parties: enforce\n"},
		{name: "unknown word", yaml: "third_parties: on\n", errors: []string{`7:16: unknown third_parties "on": expected one of enforce, report`}},
		{name: "no origin", yaml: "allowed_origins: [a.example, \"https://b.example/x\", 7]\n", errors: []string{
			`7:19: expected a scheme and a host such as https://www.example.com, or https://*.example.com for its subdomains, found "a.example"`,
			`7:30: expected a scheme and a host such as https://www.example.com, or https://*.example.com for its subdomains, found "https://b.example/x"`,
			`7:53: expected text as an origin, found the number 7: put it in quotes if it is meant`,
		}},
		{name: "empty", yaml: "allowed_origins: []\n", errors: []string{`7:18: expected at least one item in allowed_origins`}},
		{name: "of everybody", yaml: "allowed_origins: [\"https://*.co.uk\"]\nthird_parties: report\n", errors: []string{
			`7:19: "https://*.co.uk" stands for every site under "co.uk", a public suffix: name the sites`,
		}},
		{name: "of everybody there", yaml: "allowed_origins: [\"https://*.github.io\"]\nthird_parties: report\n", warnings: []string{
			`7:19: "https://*.github.io" stands for the sites of everybody under "github.io": name those that are meant`,
		}},
		{name: "twice", yaml: "  - {id: a, category: statistical, origins: [\"https://a.example\", \"https://A.example\"]}\nthird_parties: enforce\n", errors: []string{
			`7:67: origin https://a.example is on line 7 already: list it once`,
		}},
		{name: "allowed whatever the choice", yaml: "  - {id: a, category: statistical, origins: [\"https://x.a.example\"]}\nallowed_origins: [\"https://*.a.example\"]\nthird_parties: enforce\n", warnings: []string{
			`8:19: https://*.a.example is always allowed, so the choice about service "a" (line 7) does not hold it back`,
		}},
		{name: "allowed, and needed anyway", yaml: "  - {id: a, category: necessary, origins: [\"https://a.example\"]}\nallowed_origins: [\"https://a.example\"]\nthird_parties: enforce\n"},
		{name: "one of its subdomains is allowed", yaml: "  - {id: a, category: statistical, origins: [\"https://*.a.example\"]}\nallowed_origins: [\"https://any.a.example\"]\nthird_parties: enforce\n"},
		{name: "of two services", yaml: "  - {id: a, category: statistical, origins: [\"https://a.example\"]}\n  - {id: b, category: necessary, origins: [\"https://a.example\"]}\nthird_parties: enforce\n", warnings: []string{
			`8:44: origin https://a.example is also that of service "a" on line 7: pages load from it where either is permitted`,
		}},
		{name: "very many", yaml: "third_parties: enforce\nallowed_origins:\n" + strings.Repeat("  - https://N.a.example\n", 60), warnings: []string{
			`9:5: a visitor who permits everything gets a header with 5280 bytes of origins, and many proxies take 4096: name fewer, with *. for subdomains`,
		}},
		{name: "without effect", yaml: "allowed_origins: [\"https://a.example\"]\n", warnings: []string{
			`7:19: origins are only published: add third_parties: enforce to have the browser load from permitted ones only`,
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			text := loading + row.yaml
			for n := 10; strings.Contains(text, "/N."); n++ {
				text = strings.Replace(text, "/N.", fmt.Sprintf("/n%d.", n), 1)
			}
			p, err := Parse("policy.yaml", []byte(text))
			problems, _ := err.(Problems)
			if got := positions(problems); !slices.Equal(got, row.errors) {
				t.Errorf("errors\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(row.errors, "\n"))
			}
			if err == nil && !slices.Equal(positions(p.Warnings), row.warnings) {
				t.Errorf("warnings\n%s\nwant\n%s", strings.Join(positions(p.Warnings), "\n"), strings.Join(row.warnings, "\n"))
			}
		})
	}
}

func TestPermittedOrigins(t *testing.T) {
	t.Parallel()
	p, err := Parse("policy.yaml", []byte(loading+`
  - {id: a, category: statistical, origins: ["https://a.example", "https://both.example"]}
  - {id: b, category: statistical, origins: ["https://b.example", "https://both.example"]}
  - {id: free, category: statistical, anonymized: true, origins: ["https://free.example"]}
third_parties: enforce
allowed_origins: ["https://cdn.example"]
`))
	if err != nil {
		t.Fatal(err)
	}
	if !p.OriginsDepend {
		t.Error("it depends on the choice where pages may load from")
	}
	for _, row := range []struct {
		granted []int
		want    string
	}{
		{nil, "https://cdn.example https://free.example"},
		{[]int{1}, "https://cdn.example https://a.example https://both.example https://free.example"},
		{[]int{2}, "https://cdn.example https://b.example https://both.example https://free.example"},
		{[]int{1, 2}, "https://cdn.example https://a.example https://both.example https://b.example https://free.example"},
	} {
		var choice consent.Choice
		for _, i := range row.granted {
			choice.Granted.Add(i)
		}
		permitted := p.Permitted(&choice)
		var texts []string
		for _, o := range p.PermittedOrigins(&permitted) {
			texts = append(texts, o.String())
		}
		if got := strings.Join(texts, " "); got != row.want {
			t.Errorf("with %v: %s, want %s", row.granted, got, row.want)
		}
		for _, host := range []string{"cdn", "free", "a", "b", "both", "evil"} {
			u := &url.URL{Scheme: "https", Host: host + ".example"}
			if got, want := p.PermitsOrigin(u, &permitted), slices.Contains(texts, u.String()); got != want {
				t.Errorf("with %v: %s is permitted: %t", row.granted, u, got)
			}
		}
	}
	for host, want := range map[string]int{"a": 1, "b": 2, "both": 1, "free": 3, "cdn": -1} {
		if got := p.ServiceOfOrigin(&url.URL{Scheme: "https", Host: host + ".example"}); got != want {
			t.Errorf("%s is of service %d, want %d", host, got, want)
		}
	}
	if p, err := Parse("policy.yaml", []byte(loading+"  - {id: a, category: statistical, origins: [\"https://*.a.example\"]}\nallowed_origins: [\"https://any.a.example\"]\n")); err != nil || !p.OriginsDepend {
		t.Errorf("one subdomain is not all of them (%v)", err)
	}
	for _, free := range []string{
		"allowed_origins: [\"https://a.example\"]\n",
		"  - {id: a, category: statistical, origins: [\"https://x.a.example\"]}\nallowed_origins: [\"https://*.a.example\"]\n",
		"  - {id: a, category: necessary, origins: [\"https://a.example\"]}\n",
	} {
		if p, err := Parse("policy.yaml", []byte(loading+free)); err != nil || p.OriginsDepend {
			t.Errorf("it depends on no choice where pages may load from in %s (%v)", free, err)
		}
	}
}
