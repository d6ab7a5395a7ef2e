package cookieconsent

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/caddy-consent/caddy-consent/enforcer/policy"
	"github.com/caddy-consent/caddy-consent/page"
	"github.com/caddy-consent/caddy-consent/policyimport"
)

// richPolicy has all that a policy can have, and texts that look like something else.
const richPolicy = `version: 1
site: https://portal.example.org
language: en
introduction: {en: "Welcome: # to\n\nus & <b>you</b>", fr: Bienvenue, ar: أهلا}
updated: 2026-11-24
consent: {cookie: choice, format: pairs, timestamp: at, max_age: 1 year 1 month, version: {member: v, at_least: "1.10"}}
unlisted: strip
expire: undecided
expire_unlisted: true
signals: {gpc: [statistical, third_party]}
gpc_json: true
third_parties: enforce
allowed_origins: ["https://tiles.example.org", "https://*.cdn.example.org"]
categories:
  - {id: necessary, consent: none, title: {en: What we need, fr: "Ce qu'il nous faut", ar: ما نحتاجه}, description: "Needed.\n\nIn two paragraphs."}
  - {id: statistical, consent: required, exempt_if_anonymized: true, description: {en: Counts, fr: Compte, ar: عدّ}}
  - {id: comfort, consent: objection, title: Comfort}
  - {id: third_party, consent: required}
services:
  - id: portal
    provider: The portal
    function: "- log-in"
    category: necessary
    purpose: "yes"
    cookies: [sessionid, choice, {name: "own*", domain: host, path: /x, retention: 30 min}]
    retention: 2 weeks
  - id: ga
    key: google
    provider: {en: Google, fr: Google, ar: غوغل}
    function: {en: Counting, fr: Mesure, ar: قياس}
    category: statistical
    purpose: {en: To count "visits", fr: Compter les visites, ar: عدّ الزيارات}
    cookies: [_ga, "_ga_*", {name: _gid, retention: 1 day}, {name: _gat, retention: session}]
    origins: ["https://www.googletagmanager.com", "wss://*.google-analytics.com:8443"]
    domain: site
    path: /explore
    retention: 13 months
  - {id: counter, category: statistical, anonymized: true, cookies: [visits], domain: portal.example.org, retention: 1 year 2 months 3 days}
  - {id: theme, category: comfort, cookies: [theme], retention: session}
  - {id: video, category: third_party, origins: ["https://video.example"]}
`

// whatIsEnforced is all that a policy says but the words that people read, in which its
// file and another one may differ.
func whatIsEnforced(p *policy.Policy) string {
	var b strings.Builder
	fmt.Fprintln(&b, strings.NewReplacer(`"language":"en",`, "", `"language":"fr",`, "", `"language":"ar",`, "").Replace(p.Settings))
	for _, c := range p.Categories {
		fmt.Fprintln(&b, "category", c.ID, c.Consent, c.ExemptIfAnonymized)
	}
	for _, s := range p.Services {
		fmt.Fprintln(&b, "service", s.ID, s.Key, s.Category, s.Anonymized, s.Domain, s.Path, s.Retention.Limit, s.Retention.Session, s.Origins)
	}
	for r := range p.Rules() {
		fmt.Fprintln(&b, "rule", r.Name, r.Service, r.Domain, r.Path, r.Retention.Limit, r.Retention.Session)
	}
	return b.String()
}

// TestImportOfPage: the page of a policy is imported as an equal policy, in each
// language, with the words that the page has.
func TestImportOfPage(t *testing.T) {
	t.Parallel()
	shipped, err := os.ReadFile("policy.yaml")
	if err != nil {
		t.Fatal(err)
	}
	presets, err := os.ReadFile("testdata/command/managed.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"shipped": string(shipped), "rich": richPolicy, "operated": stripping, "of a consent manager": string(presets)} {
		for _, language := range page.Languages() {
			t.Run(name+" in "+language, func(t *testing.T) {
				t.Parallel()
				p, err := policy.Parse("policy.yaml", []byte(text))
				if err != nil {
					t.Fatal(err)
				}
				html := written(t, p, language)
				yaml, err := policyimport.Import("page.html", html)
				if err != nil {
					t.Fatal(err)
				}
				again, err := policy.Parse("imported.yaml", yaml)
				if err != nil {
					t.Fatalf("%v in\n%s", err, yaml)
				}
				if got, want := whatIsEnforced(again), whatIsEnforced(p); got != want {
					t.Errorf("got\n%s\nwant\n%s\nfrom\n%s", got, want, yaml)
				}
				got, want := string(written(t, again, language)), string(html)
				if again.Language != p.Language {
					// Whose words are in the page's language need not say so any more, and the
					// settings name another one.
					neutral := strings.NewReplacer(` lang="en"`, "", ` lang="ar"`, "", ` lang="fr"`, "", ` dir="ltr"`, "", ` dir="rtl"`, "", ` dir="auto"`, "",
						"&#34;language&#34;:&#34;"+again.Language+"&#34;,", "", "&#34;language&#34;:&#34;"+p.Language+"&#34;,", "")
					got, want = neutral.Replace(got), neutral.Replace(want)
				}
				if got != want {
					t.Errorf("the page of the imported policy is another one:\n%s", firstDifference(got, want))
				}
			})
		}
	}
}

func written(t *testing.T, p *policy.Policy, language string) []byte {
	t.Helper()
	made, err := page.New(page.Config{Policy: p})
	if err != nil {
		t.Fatal(err)
	}
	var html bytes.Buffer
	if err := made.Write(&html, language); err != nil {
		t.Fatal(err)
	}
	return html.Bytes()
}

func firstDifference(got, want string) string {
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("line %d\ngot  %s\nwant %s", i+1, a[i], b[i])
		}
	}
	return fmt.Sprintf("%d lines, want %d", len(a), len(b))
}

// TestImportOfPublishedPage compares the import of the page that data.ajman.ae publishes
// with the policy that is shipped.
func TestImportOfPublishedPage(t *testing.T) {
	t.Parallel()
	shipped, err := os.ReadFile("policy.yaml")
	if err != nil {
		t.Fatal(err)
	}
	want, err := policy.Parse("policy.yaml", shipped)
	if err != nil {
		t.Fatal(err)
	}
	rows := [][]string{{"Provider", "Function and location", "Cookie", "Purpose"}}
	for i := range 4 {
		s := &want.Services[i]
		for r := range want.Rules() {
			if r.Service == i {
				rows = append(rows, []string{s.Provider.String(), s.Function.String(), r.Name, s.Purpose.String()})
			}
		}
	}
	const heading = "Cookies necessary for the platform to function properly"
	html, markdown, tabs := "<h2>"+heading+"</h2><table>", "## "+heading+"\n\n", heading+"\n"
	for i, row := range rows {
		html += "<tr><td>" + strings.Join(row, "</td><td>") + "</td></tr>"
		markdown += "| " + strings.Join(row, " | ") + " |\n"
		if i == 0 {
			markdown += "| --- | --- | --- | --- |\n"
		}
		tabs += strings.Join(row, "\t") + "\n"
	}
	for name, text := range map[string]string{"page.html": html + "</table>", "page.md": markdown, "page.tsv": tabs} {
		yaml, err := policyimport.Import(name, []byte(text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got, err := policy.Parse("imported.yaml", yaml)
		if err != nil || len(got.Services) != 4 {
			t.Errorf("%s: %v in\n%s", name, err, yaml)
			continue
		}
		for i := range 4 {
			g, w := &got.Services[i], &want.Services[i]
			if g.ID != w.ID || g.Provider.String() != w.Provider.String() || g.Function.String() != w.Function.String() || g.Purpose.String() != w.Purpose.String() ||
				!got.IsNecessary(i) {
				t.Errorf("%s: service %d is\n%+v, want\n%+v", name, i, g, w)
			}
		}
		for r := range got.Rules() {
			if w := want.Lookup(r.Name); w == nil || w.Service != r.Service || w.Name != r.Name {
				t.Errorf("%s: the rule %+v", name, r)
			}
		}
		if got.ConsentCookie != want.ConsentCookie || got.Decoder.MaxAge != want.Decoder.MaxAge {
			t.Errorf("%s: the choice is in %q, for %v", name, got.ConsentCookie, got.Decoder.MaxAge)
		}
	}
}
