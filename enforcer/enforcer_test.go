package enforcer

import (
	"strings"
	"testing"
	"time"

	"github.com/caddy-consent/caddy-consent/enforcer/policy"
)

// now is the time in every test of this package.
var now = time.Date(2026, time.November, 24, 12, 0, 0, 0, time.UTC)

const testPolicy = `
version: 1
consent: {cookie: cookies_preferences, max_age: 6 months}
unlisted: strip
categories:
  - {id: necessary, consent: none}
  - {id: statistical, consent: required, exempt_if_anonymized: true}
  - {id: comfort, consent: objection}
services:
  - {id: portal, category: necessary, cookies: [sessionid, csrftoken, django_language, cookies_preferences, "quoted*"]}
  - {id: matomo, category: statistical, cookies: ["_pk_id.*", "_pk_ses.*"]}
  - {id: ga, category: statistical, cookies: [_ga, "_ga_*", _gid, "quoted_"]}
  - {id: counter, category: statistical, anonymized: true, cookies: [visits]}
  - {id: theme, category: comfort, cookies: [theme]}
`

// newEnforcer compiles the test policy, with unlisted cookies stripped or
// allowed.
func newEnforcer(t testing.TB, unlisted string) *Enforcer {
	t.Helper()
	p, err := policy.Parse("test.yaml", []byte(strings.Replace(testPolicy, "unlisted: strip", "unlisted: "+unlisted, 1)))
	if err != nil {
		t.Fatal(err)
	}
	e := New(p)
	e.Now = func() time.Time { return now }
	return e
}

const (
	grantMatomo = `cookies_preferences=%7B%22matomo%22%3Atrue%2C%22ga%22%3Afalse%7D`
	refuseAll   = `cookies_preferences=%7B%22matomo%22%3Afalse%2C%22ga%22%3Afalse%2C%22comfort%22%3Afalse%7D`
)
