package policy

import (
	"slices"
	"strings"
	"testing"
	"time"
)

const decisionPolicy = `version: 1
categories:
  - {id: necessary, consent: none}
  - {id: statistical, consent: required, exempt_if_anonymized: true}
  - {id: comfort, consent: objection}
  - {id: ads, consent: required}
services:
  - {id: session, category: necessary, cookies: [sessionid, cookies_preferences]}
  - {id: ga, category: statistical, cookies: [_ga]}
  - {id: counter, category: statistical, anonymized: true, cookies: [counter]}
  - {id: lang, category: comfort, cookies: [lang]}
signals: {gpc: [statistical, comfort]}
`

// TestDecide holds C4, C6 and X1: what passes and what is deleted under each
// choice, for each need of consent.
func TestDecide(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, more, value  string
		gpc                bool
		permitted, expired string
		categories         string
	}{
		{name: "no choice", permitted: "session counter lang", categories: "necessary comfort"},
		{name: "all granted", value: "statistical=1&comfort=1&ads=1", permitted: "session ga counter lang", categories: "necessary statistical comfort ads"},
		{name: "all denied", value: "statistical=0&comfort=0&ads=0&necessary=0&session=0&counter=0", permitted: "session", expired: "ga counter lang", categories: "necessary"},
		{name: "C9: exempt, and refused", value: "counter=0", permitted: "session lang", expired: "counter", categories: "necessary comfort"},
		{name: "C9: exempt, and its category refused", value: "statistical=0", permitted: "session lang", expired: "ga counter", categories: "necessary comfort"},
		{name: "C9: exempt, granted, and its category refused", value: "counter=1&statistical=0", permitted: "session lang", expired: "ga counter", categories: "necessary comfort"},
		{name: "C9: exempt, and refused under its own name only", value: "counter=0&statistical=1", permitted: "session ga lang", expired: "counter", categories: "necessary comfort"},
		{name: "C9: exempt, and not on a list", value: "comfort", permitted: "session lang", expired: "ga counter", categories: "necessary comfort"},
		{name: "C9: exempt, and unreadable", value: `{"counter":"no"}`, permitted: "session counter lang", categories: "necessary comfort"},
		{name: "service granted", value: "ga=1", permitted: "session ga counter lang", categories: "necessary statistical comfort"},
		{name: "objection", value: "lang=0", permitted: "session counter", expired: "lang", categories: "necessary"},
		{name: "C8: garbled", value: "%%%{", permitted: "session counter", categories: "necessary"},
		{name: "C8: an objection that cannot be read", value: `{"lang":"no"}`, permitted: "session counter", categories: "necessary"},
		{name: "C8: a choice that is cut off", value: `{"lang":fal`, permitted: "session counter", categories: "necessary"},
		{name: "denied beats granted", value: "ga=1&statistical=0&lang=1&comfort=0", permitted: "session", expired: "ga counter lang", categories: "necessary"},
		{name: "a category without services granted", value: "ads=1", permitted: "session counter lang", categories: "necessary comfort ads"},

		{name: "signal alone", gpc: true, permitted: "session counter", expired: "ga lang", categories: "necessary"},
		{name: "signal over a grant", gpc: true, value: "ga=1&comfort=1&ads=1", permitted: "session counter", expired: "ga lang", categories: "necessary ads"},
		{name: "signal over a garbled choice", gpc: true, value: "%%%{", permitted: "session counter", expired: "ga lang", categories: "necessary"},

		{name: "undecided, expired", more: "expire: undecided", permitted: "session counter lang", expired: "ga", categories: "necessary comfort"},
		{name: "undecodable, expired", more: "expire: undecided", value: "ga=perhaps", permitted: "session counter lang", expired: "ga", categories: "necessary comfort"},
		{name: "granted, not expired", more: "expire: undecided", value: "ga=1", permitted: "session ga counter lang", categories: "necessary statistical comfort"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			p, err := Parse("policy.yaml", []byte(decisionPolicy+row.more+"\n"))
			if err != nil {
				t.Fatal(err)
			}
			choice := p.Decoder.Decode(row.value, time.Now)
			if row.gpc {
				choice = p.Signalled(choice)
			}
			permitted := p.Permitted(&choice)
			var passing, expired, categories []string
			for i, s := range p.Services {
				switch {
				case permitted.Has(i):
					passing = append(passing, s.ID)
				case p.Expires(&choice, i):
					expired = append(expired, s.ID)
				}
				if choice.Denied.Has(i) && permitted.Has(i) {
					t.Errorf("C6, X1: %s is both denied and permitted", s.ID)
				}
			}
			for i, c := range p.Categories {
				if p.PermitsCategory(i, &permitted) {
					categories = append(categories, c.ID)
				}
			}
			if got := strings.Join(passing, " "); got != row.permitted {
				t.Errorf("C4, C7: permitted %q, want %q", got, row.permitted)
			}
			if got := strings.Join(expired, " "); got != row.expired {
				t.Errorf("X1: expired %q, want %q", got, row.expired)
			}
			if got := strings.Join(categories, " "); got != row.categories {
				t.Errorf("categories permitted: %q, want %q", got, row.categories)
			}
		})
	}
}

// TestNecessary: exempt services pass without a choice, but are not necessary.
func TestNecessary(t *testing.T) {
	t.Parallel()
	p, err := Parse("policy.yaml", []byte(decisionPolicy))
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range p.Services {
		if got, want := p.IsNecessary(i), s.ID == "session"; got != want {
			t.Errorf("%s is necessary: %t", s.ID, got)
		}
	}
}

// TestPlaceWarnings: a domain in which the site is not, and a name for which
// browsers take nothing else, are most likely not meant.
func TestPlaceWarnings(t *testing.T) {
	t.Parallel()
	const policy = `version: 1
site: https://portal.example.org
categories:
  - {id: necessary, consent: none}
services:
  - id: portal
    category: necessary
    cookies:
      - cookies_preferences
      - {name: a, domain: example.org}
      - {name: b, domain: portal.example.org}
      - {name: c, domain: ample.org}
      - {name: d, domain: a.portal.example.org}
      - {name: __Host-e, domain: host, path: /}
      - {name: __Host-f, domain: site}
      - {name: __host-g, path: /x}
`
	p, err := Parse("policy.yaml", []byte(policy))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		`12:16: browsers do not take cookies for the domain "ample.org" from the site https://portal.example.org: expected a domain that the site is in, or none`,
		`13:16: browsers do not take cookies for the domain "a.portal.example.org" from the site https://portal.example.org: expected a domain that the site is in, or none`,
		`15:16: browsers take "__Host-f" as a host-only cookie with the path / only: remove its domain and path`,
		`16:16: browsers take "__host-g" as a host-only cookie with the path / only: remove its domain and path`,
	}
	if got := positions(p.Warnings); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
