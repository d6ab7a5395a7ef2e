package enforcer

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/caddy-consent/caddy-consent/enforcer/policy"
)

// TestCauses: who asks is told why something does not count, and no value of a cookie
// (C3, C5, C8, F3).
func TestCauses(t *testing.T) {
	t.Parallel()
	const plain = "consent: {max_age: 6 months, version: {member: v, at_least: 2}}\n"
	oneTrust := "consent: {preset: onetrust, max_age: 6 months, version: {member: version, at_least: 2}, keys: {statistical: C0002, third: [C0004, C0005]}}\n"
	const groups = "OptanonConsent=version=3&groups=C0002%3A1%2CC0004%3A1%2CC0005%3A1"
	for _, row := range []struct {
		name, consent string
		cookies       string
		lines         []string
		want          []string
	}{
		{"nothing", plain, "sessionid=S", nil, nil},
		{"all is well", plain, `cookies_preferences={"stat":true,"v":2,"timestamp":1795514400}`, nil, nil},
		{"a refusal that is well", plain, `cookies_preferences={"stat":false,"v":2}`, nil, nil},
		{"too old", plain, `cookies_preferences={"stat":true,"v":2,"timestamp":1767225600}`, nil, []string{"too_old cookies_preferences - 2026-06-30T00:00:00Z"}},
		{"in the future", plain, `cookies_preferences={"stat":true,"v":2,"timestamp":1896134400}`, nil, []string{"in_future cookies_preferences -"}},
		{"an older version", plain, `cookies_preferences={"stat":true,"v":1}`, nil, []string{"version cookies_preferences v"}},
		{"no version", plain, `cookies_preferences={"stat":true}`, nil, []string{"version cookies_preferences v"}},
		{"a bad timestamp", plain, `cookies_preferences={"stat":true,"v":2,"timestamp":"Secret"}`, nil, []string{"unreadable cookies_preferences timestamp"}},
		{"a member", plain, `cookies_preferences={"stat":"Secret","ads":true,"Secret":"Secret","v":2}`, nil, []string{"unreadable cookies_preferences stat"}},
		{"the whole value", plain, `cookies_preferences={Secret`, nil, []string{"unreadable cookies_preferences -"}},
		{"too long", plain, "cookies_preferences=" + strings.Repeat("Secret", 1000), nil, []string{"unreadable cookies_preferences -"}},
		{"two that disagree", plain, `cookies_preferences={"stat":true,"v":2}; cookies_preferences={"stat":false,"v":2}`, nil, []string{"disputed cookies_preferences -"}},
		{"two, of which one is too old", plain, `cookies_preferences={"stat":true,"v":2,"timestamp":1767225600}; cookies_preferences={"stat":true,"v":2}`, nil,
			[]string{"too_old cookies_preferences - 2026-06-30T00:00:00Z", "disputed cookies_preferences -"}},
		{"the choice that is set", plain, "", []string{`cookies_preferences={"stat":true,"v":1}; Path=/`}, []string{"version cookies_preferences v"}},
		{"one that is deleted", plain, "", []string{`cookies_preferences={"stat":true,"v":1}; Max-Age=0`}, nil},

		{"a manager's, and all is well", oneTrust, "OptanonAlertBoxClosed=2026-11-20T05:08:46.528Z; " + groups, nil, nil},
		{"not decided", oneTrust, groups, nil, []string{"decided_when OptanonConsent OptanonAlertBoxClosed"}},
		{"to be asked again", oneTrust, "OptanonAlertBoxClosed=2026-11-20T05:08:46.528Z; " + groups + "&AwaitingReconsent=true", nil, []string{"undecided_when OptanonConsent AwaitingReconsent"}},
		{"a manager's, too old", oneTrust, "OptanonAlertBoxClosed=2026-01-01T00:00:00Z; " + groups, nil, []string{"too_old OptanonConsent - 2026-06-30T00:00:00Z"}},
		{"a date that cannot be read", oneTrust, "OptanonAlertBoxClosed=Secret; " + groups, nil, []string{"unreadable OptanonConsent OptanonAlertBoxClosed"}},
		{"another version", oneTrust, "OptanonAlertBoxClosed=2026-11-20T05:08:46.528Z; OptanonConsent=version=1&groups=C0002%3A1", nil, []string{"version OptanonConsent version"}},
		{"keys that cannot be read", oneTrust, "OptanonAlertBoxClosed=2026-11-20T05:08:46.528Z; OptanonConsent=version=3&groups=C0002%3A1%2CC0004%3ASecret%2CC0005%3A1", nil, []string{"unreadable OptanonConsent C0004"}},
		{"a manager's, twice", oneTrust, "OptanonAlertBoxClosed=2026-11-20T05:08:46.528Z; " + groups + "; OptanonConsent=version=3&groups=C0002%3A0%2CC0004%3A1%2CC0005%3A1", nil, []string{"disputed OptanonConsent -"}},
		{"a word, twice", "consent: {preset: cookieconsent}\n", "cookieconsent_status=allow; cookieconsent_status=deny", nil, []string{"disputed cookieconsent_status -"}},
		{"refused as a whole", "consent: {preset: matomo, keys: {statistical: mtm_consent}}\n", "mtm_consent=1795514400000; mtm_consent_removed=1795514400000", nil, []string{"denied_when mtm_consent mtm_consent_removed"}},
		{"too many", oneTrust, strings.Repeat("OptanonConsent=version=3; ", 65), nil, []string{"too_many OptanonConsent -"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			p, err := policy.Parse("policy.yaml", []byte("version: 1\n"+row.consent+`categories:
  - {id: necessary, consent: none}
  - {id: statistical, consent: required}
  - {id: third, consent: required}
services:
  - {id: portal, category: necessary, cookies: [sessionid]}
  - {id: stat, category: statistical, cookies: [_ga]}
  - {id: ads, category: third, cookies: [_fbp]}
`))
			if err != nil {
				t.Fatal(err)
			}
			e := New(p)
			e.Now = func() time.Time { return time.Date(2026, time.November, 24, 12, 0, 0, 0, time.UTC) }
			x := e.Explain(http.Header{"Cookie": {row.cookies}}, http.Header{"Set-Cookie": row.lines})
			var got []string
			for _, c := range x.Causes {
				place, since := c.Place, ""
				if place == "" {
					place = "-"
				}
				if !c.Since.IsZero() {
					since = " " + c.Since.UTC().Format(time.RFC3339)
				}
				got = append(got, fmt.Sprintf("%s %s %s%s", c.Kind, c.Cookie, place, since))
				if text := c.String(); strings.Contains(text, "Secret") || !strings.Contains(text, c.Place) || !strings.Contains(text, c.Cookie) && c.Kind != "too_many" {
					t.Errorf("F3: %s", text)
				}
			}
			if row.name == "too many" {
				got = got[len(got)-1:]
			}
			if !slices.Equal(got, row.want) {
				t.Errorf("got %q, want %q", got, row.want)
			}
		})
	}
}

// TestExplainTellsWhatItLeavesOut: of very many cookies, some are not told of.
func TestExplainTellsWhatItLeavesOut(t *testing.T) {
	t.Parallel()
	e := newEnforcer(t, "strip")
	for _, row := range []struct{ cookies, lines, told, more int }{{256, 0, 256, 0}, {300, 0, 256, 44}, {0, 300, 256, 44}, {300, 257, 512, 45}} {
		x := e.Explain(http.Header{"Cookie": {strings.Repeat("sessionid=S; ", row.cookies)}}, http.Header{"Set-Cookie": slices.Repeat([]string{"csrftoken=C"}, row.lines)})
		if len(x.Decisions) != row.told || x.More != row.more {
			t.Errorf("%+v: told of %d, and %d more", row, len(x.Decisions), x.More)
		}
	}
}
