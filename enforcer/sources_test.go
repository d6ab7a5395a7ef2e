package enforcer

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

const managed = `
version: 1
consent: {preset: complianz, keys: {statistical: statistics, third_party: marketing}}
categories:
  - {id: necessary, consent: none}
  - {id: statistical, consent: required}
  - {id: third_party, consent: required}
services:
  - {id: portal, category: necessary, cookies: [sessionid, "cmplz_*"]}
  - {id: matomo, category: statistical, cookies: ["_pk_id.*"]}
  - {id: ga, category: third_party, cookies: [_ga]}
`

// TestSources: the cookies of a consent manager, which hold a choice together, pass as
// they are (Q5), and what they do not grant goes in both directions (C1, C3, S5).
func TestSources(t *testing.T) {
	t.Parallel()
	const trackers = "sessionid=s; _pk_id.1=m; _ga=g"
	for _, row := range []struct {
		name, cookies string
		set           []string
		sent, stored  string // names of cookies that reach the portal, and the browser
	}{
		{"nothing chosen", trackers, nil, "sessionid", "sessionid"},
		{"written before the choice", trackers + "; cmplz_statistics=allow; cmplz_marketing=allow", nil,
			"sessionid cmplz_statistics cmplz_marketing", "sessionid"},
		{"one granted", "cmplz_banner-status=dismissed; cmplz_statistics=allow; cmplz_marketing=deny; " + trackers, nil,
			"cmplz_banner-status cmplz_statistics cmplz_marketing sessionid _pk_id.1", "sessionid _pk_id.1"},
		{"the response decides", trackers + "; cmplz_statistics=allow", []string{"cmplz_banner-status=dismissed; Path=/"},
			"sessionid cmplz_statistics", "cmplz_banner-status sessionid _pk_id.1"},
		{"the response withdraws one", trackers + "; cmplz_banner-status=dismissed; cmplz_statistics=allow; cmplz_marketing=allow", []string{"cmplz_statistics=deny; Path=/"},
			"sessionid _pk_id.1 _ga cmplz_banner-status cmplz_statistics cmplz_marketing", "cmplz_statistics sessionid _ga"},
		{"the response takes the decision back", trackers + "; cmplz_banner-status=dismissed; cmplz_statistics=allow", []string{"cmplz_banner-status=; Path=/; Max-Age=0"},
			"sessionid _pk_id.1 cmplz_banner-status cmplz_statistics", "cmplz_banner-status sessionid"},
		{"sets and deletes", trackers + "; cmplz_banner-status=dismissed", []string{"cmplz_statistics=allow; Path=/", "cmplz_statistics=; Path=/; Max-Age=0"},
			"sessionid cmplz_banner-status", "cmplz_statistics cmplz_statistics sessionid"},
		{"the response deletes a refusal", trackers + "; cmplz_banner-status=dismissed; cmplz_statistics=deny", []string{"cmplz_statistics=; Path=/nowhere; Max-Age=0", "cmplz_statistics=allow; Path=/"},
			"sessionid cmplz_banner-status cmplz_statistics", "cmplz_statistics cmplz_statistics sessionid"},
		{"hidden where nobody looks for a choice", "sessionid=s; cmplz_x=1,_ga=g; cmplz_policy_id=1,_ga=g", nil,
			"sessionid", "sessionid"},
		{"hidden where somebody does", "sessionid=s; cmplz_statistics=deny,_ga=g; cmplz_banner-status=x,_ga=g", nil,
			"sessionid cmplz_statistics cmplz_banner-status", "sessionid"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			e := New(mustParse(t, managed))
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.Header.Set("Cookie", row.cookies)
			w := httptest.NewRecorder()
			var sent string
			e.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				sent = r.Header.Get("Cookie")
				w.Header()["Set-Cookie"] = append(row.set, "sessionid=s; Path=/", "_pk_id.1=m; Path=/", "_ga=g; Path=/")
			})).ServeHTTP(w, r)
			if got := namesOf(strings.Split(sent, "; ")); got != row.sent {
				t.Errorf("Q5: %q reach the portal, want %q", got, row.sent)
			}
			if got := namesOf(w.Header()["Set-Cookie"]); got != row.stored {
				t.Errorf("S5: %q reach the browser, want %q", got, row.stored)
			}
			for pair := range strings.SplitSeq(sent, "; ") {
				if !strings.Contains(row.cookies, pair) {
					t.Errorf("Q2: %q was not sent", pair)
				}
			}
		})
	}
}

// TestDeletedRefusals: a cookie that takes grants back may outlive its deletion, in
// another place (S5).
func TestDeletedRefusals(t *testing.T) {
	t.Parallel()
	const policy = "preset: matomo, keys: {statistical: mtm_consent}"
	for _, row := range []struct {
		name, cookies string
		set           []string
		stored        string
	}{
		{"deleted somewhere", "mtm_consent=1; mtm_consent_removed=1", []string{"mtm_consent_removed=; Path=/nowhere; Max-Age=0"}, "mtm_consent_removed"},
		{"deleted, and granted anew", "mtm_consent_removed=1", []string{"mtm_consent_removed=; Path=/; Max-Age=0", "mtm_consent=1; Path=/"}, "mtm_consent_removed mtm_consent"},
		{"there was none", "", []string{"mtm_consent_removed=; Path=/; Max-Age=0", "mtm_consent=1; Path=/"}, "mtm_consent_removed mtm_consent _pk_id.1"},
		{"the grant is deleted", "mtm_consent=1", []string{"mtm_consent=; Path=/; Max-Age=0"}, "mtm_consent"},
		{"set and deleted", "mtm_consent=1", []string{"mtm_consent_removed=1; Path=/", "mtm_consent_removed=; Path=/; Max-Age=0"}, "mtm_consent_removed mtm_consent_removed"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			text := strings.Replace(managed, "preset: complianz, keys: {statistical: statistics, third_party: marketing}", policy, 1)
			text = strings.Replace(text, `"cmplz_*"`, "mtm_consent, mtm_consent_removed", 1)
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.Header.Set("Cookie", row.cookies)
			w := httptest.NewRecorder()
			New(mustParse(t, text)).Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header()["Set-Cookie"] = append(row.set, "_pk_id.1=m; Path=/")
			})).ServeHTTP(w, r)
			if got := namesOf(w.Header()["Set-Cookie"]); got != row.stored {
				t.Errorf("S5: %q reach the browser, want %q", got, row.stored)
			}
		})
	}
}

func namesOf(lines []string) string {
	var names []string
	for _, line := range lines {
		name, _, _ := strings.Cut(line, "=")
		names = append(names, name)
	}
	return strings.Join(names, " ")
}

// TestSourcesAreRemembered: what consent managers keep is read once for a visitor, and
// costs no more than the line that is looked up (C7).
func TestSourcesAreRemembered(t *testing.T) {
	e := New(mustParse(t, strings.Replace(managed, "preset: complianz, keys: {statistical: statistics, third_party: marketing}", "preset: tarteaucitron, keys: {statistical: matomo, third_party: gtag}", 1)))
	r := &http.Request{Method: http.MethodPost, Header: http.Header{}}
	line := []string{"sessionid=s; tarteaucitron=!matomo=true!gtag=false; _pk_id.1=m"}
	x := new(Exchange)
	if allocs := testing.AllocsPerRun(100, func() {
		r.Header["Cookie"] = line
		*x = Exchange{enforcer: e, request: r}
		x.filterRequest(r)
	}); allocs != 0 {
		t.Errorf("C7: %v allocations, want none", allocs)
	}
	if got := r.Header.Get("Cookie"); got != line[0] {
		t.Errorf("got %q", got)
	}
}
