package policyimport

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/caddy-consent/caddy-consent/enforcer/policy"
)

var update = flag.Bool("update", false, "write the golden files anew")

func unmarshal(text string, to any) error { return yaml.Unmarshal([]byte(text), to) }

// mustImport imports a page, and parses the result.
func mustImport(t *testing.T, name, page string) (string, *policy.Policy) {
	t.Helper()
	out, err := Import(name, []byte(page))
	if err != nil {
		t.Fatalf("Import: %v", err)
	}
	p, err := policy.Parse("policy.yaml", out)
	if err != nil {
		t.Fatalf("the result is no policy: %v\n%s", err, out)
	}
	return string(out), p
}

// TestGolden reads the pages of testdata. What they become stands in a file next to
// each.
func TestGolden(t *testing.T) {
	t.Parallel()
	pages, err := filepath.Glob("testdata/*.*")
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, page := range pages {
		if strings.HasSuffix(page, ".yaml") {
			continue
		}
		count++
		t.Run(filepath.Base(page), func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(page)
			if err != nil {
				t.Fatal(err)
			}
			got, _ := mustImport(t, filepath.Base(page), string(data))
			golden := page + ".yaml"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
	if count < 10 {
		t.Errorf("found %d pages in testdata, want at least 10", count)
	}
}

// TestPublishedTable is the table of data.ajman.ae: every form of it gives the four
// necessary services of the policy that this repository ships, word for word.
func TestPublishedTable(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("../policy.yaml")
	if err != nil {
		t.Fatal(err)
	}
	shipped, err := policy.Parse("policy.yaml", data)
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"html", "md", "tsv"} {
		for _, withRetention := range []bool{false, true} {
			file := "ajman." + kind
			if withRetention {
				file = "ajman_retention." + kind
			}
			for _, name := range []string{file, "page", "page.txt"} { // by its ending, and by what is in it
				t.Run(file+" as "+name, func(t *testing.T) {
					t.Parallel()
					page, err := os.ReadFile("testdata/" + file)
					if err != nil {
						t.Fatal(err)
					}
					_, p := mustImport(t, name, string(page))
					comparePublished(t, p, shipped, withRetention)
				})
			}
		}
	}
}

func comparePublished(t *testing.T, p, shipped *policy.Policy, withRetention bool) {
	t.Helper()
	if len(p.Services) != 4 || len(p.Categories) != 1 {
		t.Fatalf("got %d services in %d categories, want 4 in 1", len(p.Services), len(p.Categories))
	}
	if c := p.Categories[0]; c.ID != "necessary" || c.Consent != policy.None {
		t.Errorf("got category %q with consent %q, want necessary with none", c.ID, c.Consent)
	}
	for i := range p.Services {
		got, want := p.Services[i], shipped.Services[i]
		texts := func(s policy.Service) string {
			text := fmt.Sprintf("%s|%s|%v|%v|%v|%s", s.ID, s.Key, s.Provider, s.Function, s.Purpose, strings.Join(cookiesOf(p, i), ","))
			if withRetention {
				text += "|" + s.Retention.Text
			}
			return text
		}
		if texts(got) != texts(want) {
			t.Errorf("got %s, want %s", texts(got), texts(want))
		}
		if g, w := cookiesOf(p, i), cookiesOf(shipped, i); strings.Join(g, ",") != strings.Join(w, ",") {
			t.Errorf("got the cookies %q, want %q", g, w)
		}
		if !withRetention && got.Retention.Text != "" {
			t.Errorf("got the retention %q, which the page does not have", got.Retention.Text)
		}
	}
	if p.ConsentCookie != "cookies_preferences" || p.Decoder.MaxAge != shipped.Decoder.MaxAge || p.Decoder.Timestamp != "timestamp" {
		t.Errorf("got the choice in %q of at most %s, dated by %q", p.ConsentCookie, p.Decoder.MaxAge, p.Decoder.Timestamp)
	}
}

func cookiesOf(p *policy.Policy, service int) (names []string) {
	for rule := range p.Rules() {
		if rule.Service == service {
			names = append(names, rule.Name)
		}
	}
	return names
}

// summary is what decides in a policy: a line for each service, with its category,
// what that needs, its key, and its cookies with their retentions.
func summary(p *policy.Policy) string {
	var lines []string
	for i, s := range p.Services {
		c := p.Categories[s.Category]
		line := fmt.Sprintf("%s %s %s:", c.ID, c.Consent, s.ID)
		if s.Key != s.ID {
			line += " (" + s.Key + ")"
		}
		for rule := range p.Rules() {
			if rule.Service == i {
				line += " " + rule.Name
				if rule.Retention.Text != "" {
					line += " [" + rule.Retention.Text + "]"
				}
			}
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

func TestImport(t *testing.T) {
	t.Parallel()
	const head = "<tr><th>Cookie<th>Purpose"
	tests := []struct {
		name, page string
		want       string   // see summary
		comments   []string // some of those in the result
	}{
		{"headings tell the category", `<h2>Necessary cookies</h2><table>` + head + `<tr><td>aaa<td>x</table><h2>Statistics</h2><table>` + head + `<tr><td>bbb<td>y</table>`,
			"necessary none aaa: aaa\nstatistical required bbb: bbb", nil},
		{"a heading of an unknown kind", `<h2>Cookies of our partners</h2><table>` + head + `<tr><td>aaa<td>x</table>`,
			"cookies_of_our_partners required aaa: aaa", []string{"# choose: none, required or objection"}},
		{"cookies that are not necessary", `<h2>Cookies that are not necessary</h2><table>` + head + `<tr><td>aaa<td>x</table>`,
			"cookies_that_are_not_necessary required aaa: aaa", []string{"# choose: none, required or objection"}},
		{"cookies non nécessaires", `<h2>Cookies non nécessaires</h2><table>` + head + `<tr><td>aaa<td>x</table>`,
			"cookies_non_necessaires required aaa: aaa", nil},
		{"غير الضرورية", `<h2>ملفات تعريف الارتباط غير الضرورية</h2><table>` + head + `<tr><td>aaa<td>x</table>`,
			"category required aaa: aaa", nil},
		{"no heading", `<table>` + head + `<tr><td>aaa<td>x</table>`, "unknown required aaa: aaa", []string{"# choose: none, required or objection"}},
		{"necessary does not reach below another heading", `<h2>Necessary cookies</h2><h3>Other cookies</h3><table>` + head + `<tr><td>aaa<td>x</table>`,
			"other_cookies required aaa: aaa", nil},
		{"a heading that says nothing", `<h2>Necessary cookies</h2><h3>List of cookies</h3><table><caption>Table 1</caption>` + head + `<tr><td>aaa<td>x</table>`,
			"necessary none aaa: aaa", nil},
		{"necessary ends with the next heading", `<h3>Necessary cookies</h3><p>x.</p><h2>Partners</h2><table>` + head + `<tr><td>aaa<td>x</table>`,
			"partners required aaa: aaa", nil},
		{"words between two tables", `<h2>Necessary cookies</h2><table>` + head + `<tr><td>aaa<td>x</table><p>Cookies you may refuse</p><table>` + head + `<tr><td>bbb<td>y</table>`,
			"necessary none aaa: aaa\ncookies_you_may_refuse required bbb: bbb", nil},
		{"two tables of one heading", `<h2>Necessary cookies</h2><table>` + head + `<tr><td>aaa<td>x</table><table>` + head + `<tr><td>bbb<td>y</table>`,
			"necessary none aaa: aaa\nnecessary none bbb: bbb", nil},
		{"a heading in bold", `<p><strong>Necessary cookies</strong></p><p>They are few.</p><table>` + head + `<tr><td>aaa<td>x</table>`,
			"necessary none aaa: aaa", []string{"description: They are few."}},
		{"a summary", `<details><summary>Marketing</summary><table>` + head + `<tr><td>aaa<td>x</table></details>`, "third_party required aaa: aaa", nil},
		{"a sentence that announces the table", `<p>The following cookies are for statistics:</p><table>` + head + `<tr><td>aaa<td>x</table>`,
			"statistical required aaa: aaa", nil},
		{"a caption", `<table><caption>Analytics cookies</caption>` + head + `<tr><td>aaa<td>x</table>`, "statistical required aaa: aaa", nil},
		{"titles in the table", `<table>` + head + `<tr><td colspan=2>Necessary cookies<tr><td>aaa<td>x<tr><td colspan=2>Advertising<tr><td>bbb<td>y</table>`,
			"necessary none aaa: aaa\nthird_party required bbb: bbb", nil},
		{"a category column", `<table><tr><th>Cookie<th>Category<th>Purpose<tr><td>aaa<td>Necessary<td>x<tr><td>bbb<td>Analytics<td>y<tr><td>ccc<td>Whatever<td>z</table>`,
			"necessary none aaa: aaa\nstatistical required bbb: bbb\nwhatever required ccc: ccc", nil},
		{"a cell does not make marketing necessary", `<h2>Marketing cookies</h2><table><tr><th>Cookie<th>Type<th>Purpose<tr><td>aaa<td>Necessary<td>x</table>`,
			"third_party required aaa: aaa", nil},
		{"a cell takes from the necessary ones", `<h2>Necessary cookies</h2><table><tr><th>Cookie<th>Type<th>Purpose<tr><td>aaa<td>Analytics<td>x<tr><td>bbb<td>First party<td>y</table>`,
			"statistical required aaa: aaa\nnecessary none bbb: bbb", nil},
		{"a cell in doubt", `<h2>Necessary cookies</h2><table><tr><th>Cookie<th>Category<th>Purpose<tr><td>aaa<td>Necessary cookies false<td>x<tr><td>bbb<td>HTTP cookie<td>y<tr><td>ccc<td>Optional<td>z<tr><td>ddd<td>☐<td>z</table>`,
			"necessary_cookies_false required aaa: aaa\nnecessary none bbb: bbb\noptional required ccc: ccc\ncategory required ddd: ddd", []string{"# choose: none, required or objection"}},
		{"a cell does not remove a doubt", `<h2>Optional cookies</h2><table><tr><th>Cookie<th>Type<th>Purpose<tr><td>aaa<td>Necessary<td>x</table><h2>Tracking</h2><table><tr><th>Cookie<th>Type<th>Purpose<tr><td>bbb<td>Necessary<td>x</table><h2>Cookies we use on our portal</h2><table><tr><th>Cookie<th>Type<th>Purpose<tr><td>ccc<td>Necessary<td>x</table>`,
			"optional_cookies required aaa: aaa\ntracking required bbb: bbb\nnecessary none ccc: ccc", []string{"# choose: none, required or objection"}},
		{"a cell in doubt, without a heading", `<table><tr><th>Cookie<th>Category<th>Purpose<tr><td>_gid<td>Necessary cookies false<td>x</table>`,
			"necessary_cookies_false required ga: _gid", []string{"# choose: none, required or objection"}},
		{"a long cell in doubt", `<h2>Necessary cookies</h2><table><tr><th>Cookie<th>Category<th>Purpose<tr><td>aaa<td>` + strings.Repeat("Who knows ", 30) + `<td>x</table>`,
			"who_knows_who_knows_who_knows_who_knows required aaa: aaa", []string{"# choose: none, required or objection"}},
		{"necessary to track", `<h2>Essential tracking cookies</h2><table>` + head + `<tr><td>_fbp<td>Advertising</table>`,
			"essential_tracking_cookies required fbp: _fbp", []string{"# choose: none, required or objection"}},
		{"struck out", `<h2><del>Necessary</del> cookies</h2><table>` + head + `<tr><td>aaa<td>x<tr><td><s>bbb</s> ccc<td>y</table>`,
			"unknown required aaa: aaa\nunknown required ccc: ccc", []string{"# choose: none, required or objection"}},
		{"notwendige Cookies und Tracking", `<h2>Notwendige Cookies und Tracking</h2><table>` + head + `<tr><td>_ga<td>x</table>`,
			"notwendige_cookies_und_tracking required ga: _ga", []string{"# choose: none, required or objection"}},
		{"trackers among the necessary ones", `<h2>Essential cookies</h2><p>They are few.</p><table>` + head + `<tr><td>aaa<td>x<tr><td>bbb, _ga, _gid<td>y<tr><td>_fbp<td>z<tr><td>_hs*<td>z</table>`,
			"necessary none aaa: aaa\nnecessary none bbb: bbb\nstatistical required ga: _ga _gid\nthird_party required fbp: _fbp _hs*",
			[]string{"  - id: ga\n    # the page calls it necessary: _ga\n    # the page calls it necessary: _gid\n", "  - id: statistical\n    consent: required\n  - id: third_party\n    consent: required\n"}},
		{"trackers among the necessary ones, and others", `<h2>Essential cookies</h2><table>` + head + `<tr><td>_ga<td>x</table><h2>Statistics</h2><p>They count.</p><table>` + head + `<tr><td>bbb<td>y</table>`,
			"statistical required ga: _ga\nstatistical required bbb: bbb", []string{"title: Statistics\n    description: They count.\n"}},
		{"a tracker that a cell calls necessary", `<table><tr><th>Cookie<th>Category<th>Purpose<tr><td>_ga<td>Necessary<td>x<tr><td>aaa<td>Necessary<td>x</table>`,
			"statistical required ga: _ga\nnecessary none aaa: aaa", []string{"# the page calls it necessary: _ga"}},
		{"purposes that are not necessary", `<h2>Essential cookies</h2><table><tr><th>Cookie<th>Function<th>Purpose<tr><td>aaa<td>f<td>Advertising<tr><td>bbb<td>f<td>Audience measurement<tr><td>ccc<td>f<td>Tracking of visitors<tr><td>ddd<td>Web analytics<td>x<tr><td>eee<td>f<td>` + strings.Repeat("Words, ", 40) + `and ads<tr><td>fff<td>f<td>Keeps you logged in</table>`,
			"third_party required aaa: aaa\nstatistical required bbb: bbb\nthird_party required ccc: ccc\nstatistical required ddd: ddd\nthird_party required eee: eee\nnecessary none fff: fff",
			[]string{"  - id: aaa\n    # the page calls it necessary: aaa\n"}},
		{"a sentence that announces a table of others", `<h2>Necessary cookies</h2><p>Cookies necessary for tracking:</p><table>` + head + `<tr><td>aaa<td>x</table>`,
			"cookies_necessary_for_tracking required aaa: aaa", []string{"# choose: none, required or objection"}},
		{"two headings of one kind", `<h2>Statistics</h2><table>` + head + `<tr><td>aaa<td>x</table><h2>Performance</h2><table>` + head + `<tr><td>bbb<td>y</table>`,
			"statistical required aaa: aaa\nstatistical required bbb: bbb", []string{"# also published as: Performance"}},

		{"rows of one service", `<h2>Statistics</h2><table><tr><th>Provider<th>Cookie<th>Purpose<th>Duration<tr><td>Google<td>_ga<td>x<td>2 years<tr><td>Google<td>_gid<td>x<td>24 hours</table>`,
			"statistical required ga: _ga [2 years] _gid [24 hours]", nil},
		{"one retention", `<h2>Statistics</h2><table><tr><th>Provider<th>Cookie<th>Purpose<th>Duration<tr><td>Google<td>_ga<td>x<td>2 ans<tr><td>Google<td>_gid<td>x<td>2 years</table>`,
			"statistical required ga: _ga [2 years] _gid [2 years]", []string{"    retention: 2 years"}},
		{"retentions in one cell", `<h2>Statistics</h2><table><tr><th>Cookie<th>Purpose<th>Duration<tr><td>_ga<br>_gid<td>x<td>2 years<br>1 day</table>`,
			"statistical required ga: _ga [2 years] _gid [1 day]", nil},
		{"a retention that is none", `<h2>Statistics</h2><table><tr><th>Cookie<th>Purpose<th>Duration<tr><td>_ga<td>x<td>Persistent</table>`,
			"statistical required ga: _ga", []string{`# retention: Persistent: expected how long at most`}},
		{"a tracker with two purposes", `<h2>Statistics</h2><table>` + head + `<tr><td>_ga<td>x<tr><td>_gid<td>y<tr><td>_gat<td>z</table>`,
			"statistical required ga: _ga\nstatistical required ga-2: (ga) _gid\nstatistical required ga-3: (ga) _gat", nil},
		{"ids by provider and cookie", `<h2>Statistics</h2><table><tr><th>Provider<th>Cookie<th>Purpose<tr><td>Acme &amp; Sons<td>aaa<td>x<tr><td>Other<td>bbb<td>x<tr><td>Other<td>_ccc_*<td>z<tr><td>شركة<td>timestamp<td>x</table>`,
			"statistical required acme-sons: aaa\nstatistical required bbb: bbb\nstatistical required ccc: _ccc_*\nstatistical required timestamp-2: timestamp", nil},
		{"the trackers", `<h2>Statistics</h2><table>` + head + `<tr><td>_pk_id, _pk_ses<td>a<tr><td>_hjSessionUser_*; _hjid<td>b<tr><td>Any cookie starting with _hs<td>c<tr><td>atuserid<td>d</table>`,
			"statistical required matomo: _pk_id.* _pk_ses.*\nstatistical required hotjar: _hjSessionUser_* _hjid\nstatistical required hubspot: _hs*\nstatistical required at: atuserid", nil},

		{"published twice", `<h2>Necessary cookies</h2><table>` + head + `<tr><td>aaa<td>x</table><h2>Marketing</h2><table>` + head + `<tr><td>aaa, bbb<td>y</table>`,
			"necessary none aaa: aaa\nthird_party required bbb: bbb", []string{"# aaa: published more than once: the first one counts"}},
		{"published twice, and nothing else", `<h2>Necessary cookies</h2><table>` + head + `<tr><td>aaa<td>x<tr><td>aaa<td>y</table>`,
			"necessary none aaa: aaa", []string{"# left out: aaa: published more than once"}},
		{"patterns that are equally specific", `<h2>Statistics</h2><table>` + head + `<tr><td>abc*<td>x<tr><td>*bcd, ddd<td>y</table>`,
			"statistical required abc: abc*\nstatistical required bcd: ddd", []string{`# *bcd: pattern "*bcd" and pattern "abc*" cover common names`}},
		{"a pattern that is too short", `<h2>Statistics</h2><table>` + head + `<tr><td>ab*, ddd<td>x</table>`,
			"statistical required ab: ddd", []string{`# ab*: expected at least 3 characters`}},
		{"prose among the names", `<h2>Statistics</h2><table>` + head + `<tr><td>aaa<td>x<tr><td>Many cookies that we do not know<td>y</table>`,
			"statistical required aaa: aaa", []string{"# left out: Many cookies that we do not know: expected the name of a cookie"}},
		{"prose in a cell", `<h2>Statistics</h2><table>` + head + `<tr><td>aaa; and whatever else there is<td>x</table>`,
			"statistical required aaa: aaa", []string{"# not read in the cell of the cookies: whatever else there is"}},
		{"the choice in a category that asks for consent", `<h2>Statistics</h2><table>` + head + `<tr><td>cookies_preferences, aaa<td>x</table>`,
			"statistical required cookies-preferences: aaa", []string{"# cookies_preferences: "}},
		{"a cookie of the choice", `<h2>Necessary cookies</h2><table>` + head + `<tr><td>euconsent<td>Stores your cookie consent choices</table>`,
			"necessary none euconsent: euconsent", []string{"consent:\n  cookie: euconsent\n", "# Complete consent"}},
		{"a cookie of the choice that asks for consent", `<h2>Marketing</h2><table>` + head + `<tr><td>euconsent<td>Stores your cookie consent choices</table>`,
			"third_party required euconsent: euconsent", []string{"# consent: complete this"}},
		{"two cookies of the choice", `<h2>Necessary cookies</h2><table>` + head + `<tr><td>aaa<td>Stores your cookie choices<tr><td>bbb<td>Stores cookie consent</table>`,
			"necessary none aaa: aaa\nnecessary none bbb: bbb", []string{"# consent: complete this"}},
		{"no cookie of the choice", `<h2>Necessary cookies</h2><table>` + head + `<tr><td>aaa<td>Stores your basket</table>`,
			"necessary none aaa: aaa", []string{"# consent: complete this"}},

		{"no head, two columns", `<h2>Statistics</h2><table><tr><td>_ga<td>counts visits</table>`, "statistical required ga: _ga", nil},
		{"no head, three columns", `<h2>Statistics</h2><table><tr><td>_ga<td>counts visits<td>2 years</table>`, "statistical required ga: _ga [2 years]", nil},
		{"no head, five columns", `<h2>Statistics</h2><table><tr><td>Google<td>Analytics<td>_ga<td>counts visits<td>2 years</table>`, "statistical required ga: _ga [2 years]", nil},
		{"a head in French", `<h2>Mesure d’audience</h2><table><tr><td>Nom du cookie<td>Finalité<td>Durée de conservation<td>Fournisseur<tr><td>_ga<td>compte<td>13 mois<td>Google</table>`,
			"statistical required ga: _ga [13 months]", nil},
		{"a head in Arabic", `<h2>الإحصائية</h2><table><tr><td>المزود<td>ملف تعريف الارتباط<td>الغرض<td>مدة الاحتفاظ<tr><td>Google<td>_ga<td>عد الزيارات<td>سنتان</table>`,
			"statistical required ga: _ga [2 years]", nil},
		{"a head that comes again", `<h2>Statistics</h2><table>` + head + `<tr><td>_ga<td>x` + head + `<tr><td>_gid<td>x</table>`, "statistical required ga: _ga _gid", nil},
		{"name and cookie", `<h2>Statistics</h2><table><tr><th>Name<th>Cookies<th>Purpose<tr><td>Google Analytics<td>_ga<td>x</table>`, "statistical required ga: _ga", []string{"function: Google Analytics"}},
		{"other tables", `<table><tr><td>Phone<td>12 34<tr><td>Our office<td>In town</table><h2>Statistics</h2><table>` + head + `<tr><td>_ga<td>x</table>`, "statistical required ga: _ga", nil},
		{"names in code and lists", `<h2>Statistics</h2><table>` + head + `<tr><td><ul><li><code>_ga</code><li><code>_gid</code></ul><td>x</table>`, "statistical required ga: _ga _gid", nil},
		{"code and nothing between", `<h2>Statistics</h2><table>` + head + `<tr><td><code>_ga</code><code>_gid</code><td>x</table>`, "statistical required ga: _ga _gid", nil},
		{"source lines", "<h2>Statistics</h2><table>" + head + "<tr><td>_ga,\n  _gid<td>x</table>", "statistical required ga: _ga _gid", nil},
		{"a placeholder that looks like a tag", `<h2>Statistics</h2><table>` + head + `<tr><td>SSESS<ID>, _abc_<container-id><td>x</table>`, "statistical required ssess: SSESS* _abc_*", nil},
		{"tags that nobody knows", `<h2>Statistics</h2><table>` + head + `<tr><td><app-name>aaa</app-name>, bbb<app-icon></app-icon><td>x</table>`, "statistical required aaa: aaa bbb", nil},
		{"a layout table", `<table><tr><td><h2>Statistics</h2><table>` + head + `<tr><td>_ga<td>x</table></table>`, "statistical required ga: _ga", nil},
		{"a table in a cell", `<h2>Statistics</h2><table>` + head + `<tr><td>_ga<td>x<table><tr><td>_gid<td>z</table><tr><td>bbb<td>y</table>`, "statistical required ga: _ga\nstatistical required bbb: bbb", nil},
		{"cells over rows", `<h2>Statistics</h2><table><tr><th>Provider<th>Cookie<th>Purpose<tr><td rowspan=2>Acme<td>aaa<td rowspan=0>x<tr><td>bbb<tr><td>Other<td>ccc</table>`,
			"statistical required acme: aaa bbb\nstatistical required other: ccc", nil},
		{"rowspan ends with its part", `<h2>Statistics</h2><table><tr><th>Provider<th>Cookie<th>Purpose<tbody><tr><td rowspan=9>Acme<td>aaa<td>x<tbody><tr><td>Other<td>ccc<td>y</table>`,
			"statistical required acme: aaa\nstatistical required other: ccc", nil},
		{"unseen parts", `<h2>Statistics</h2><script>"<table><tr><td>evil<td>x</table>"</script><!-- <table> --><table>` + head + `<tr><td>_ga<style>x</style><td>x</table>`, "statistical required ga: _ga", nil},

		{"Markdown as it is written", "# Statistics\n\nCookie | Purpose\n--|--\n_ga_*, __utm* | x\n`_gid` <br> _gat | y\nSSESS<ID> | z\n",
			"statistical required ga: _ga_* __utm*\nstatistical required ga-2: (ga) _gid _gat\nstatistical required ssess: SSESS*", nil},
		{"Markdown with bold names and a quote", "Statistics\n---\n\n> | Cookie | Purpose |\n> |---|---|\n> | **_ga** and *_gid* | x |\n", "statistical required ga: _ga _gid", nil},
		{"Markdown, escaped", "# Statistics\n\n|Cookie|Purpose|\n|-|-|\n|\\_ga|a \\| b|\n", "statistical required ga: _ga", []string{"purpose: a | b"}},
		{"HTML in Markdown", "<h2>Statistics</h2>\n<table>" + head + "<tr><td>_ga<td>x</table>", "statistical required ga: _ga", nil},
		{"tabs, two tables", "Statistics\nCookie\tPurpose\naaa\tx\n\nPurpose\tCookie\ny\tbbb\n", "statistical required aaa: aaa\nstatistical required bbb: bbb", nil},
		{"a cell that is too long for names", "Statistics\nCookie\tPurpose\naaa\tx\nbbb" + strings.Repeat(", bbb", maxCell) + "\ty\n", "statistical required aaa: aaa", []string{"# left out: bbb, bbb"}},
		{"tabs with titles", "Necessary cookies\nCookie\tPurpose\naaa\tx\n\nMarketing cookies\nThey are many, and they follow you.\nCookie\tPurpose\nbbb\ty\n",
			"necessary none aaa: aaa\nthird_party required bbb: bbb", []string{"description: They are many, and they follow you."}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			out, p := mustImport(t, "page", tt.page)
			if got := summary(p); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s\nin\n%s", got, tt.want, out)
			}
			for _, comment := range tt.comments {
				if !strings.Contains(out, comment) {
					t.Errorf("expected %q in\n%s", comment, out)
				}
			}
		})
	}
}

// doubtful are headings that speak of necessity, and do not plainly say that their
// cookies are necessary.
var doubtful = []string{
	`Essential tracking cookies`,
	`Notwendige Cookies und Tracking`,
	`Necessary cookies false`,
	`Cookies necessary to show ads`,
	`Necessary for profiling cookies`,
	`Cookies necessary for sharing`,
	`Necessary cookies (Facebook pixel)`,
	`Essential cookies, YouTube cookies`,
	`Necessary cookies and Google cookies`,
	`Essential partner cookies`,
	`Essential and comfort cookies`,
	`Cookies nécessaires de partenaires`,
	`Some necessary cookies`,
	`Quasi-essential cookies`,
	`Semi-necessary cookies`,
	`Zustimmung erforderlich Cookies`,
	`Einwilligung erforderlich: Cookies`,
	`Cookies: permission necessary`,
	`Accord nécessaire : cookies`,
	`Keineswegs notwendige Cookies`,
	`Kaum notwendige Cookies`,
	`Bedingt notwendige Cookies`,
	`Cookies guère nécessaires`,
	`Cookies peu nécessaires`,
}

func TestImportRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, page, want string }{
		{"nothing", "", "found no cookie in it"},
		{"prose", "We use cookies.", "found no cookie in it"},
		{"a table of something else", "<table><tr><td>Phone<td>12 34</table>", "found no cookie in it"},
		{"names that no policy can have", "<table><tr><th>Cookie<th>Purpose<tr><td>a*<td>x</table>", "found no cookie in it that a policy can have: expected at least 3 characters"},
		{"too much", strings.Repeat("x", 4<<20+1), "expected a page of at most 4194304 bytes"},
		{"UTF-16", "\xff\xfe<\x00t\x00", "expected a page in UTF-8"},
		{"an empty page of ours", `<main data-cookie-policy='{"version":1}'></main>`, "found no cookie in it"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			out, err := Import("page\n.html", []byte(tt.page))
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.HasPrefix(err.Error(), "page .html: ") {
				t.Errorf("got %q, %v, want an error with %q", out, err, tt.want)
			}
		})
	}
}

// TestDoubtfulHeadings: what a heading does not plainly call necessary needs consent
// until somebody has chosen.
func TestDoubtfulHeadings(t *testing.T) {
	t.Parallel()
	for _, heading := range doubtful {
		t.Run(heading, func(t *testing.T) {
			t.Parallel()
			for name, page := range map[string]string{
				"heading": "<h2>" + heading + "</h2><table><tr><th>Cookie<th>Purpose<tr><td>aaa<td>x</table>",
				"cell":    "<table><tr><th>Cookie<th>Purpose<th>Category<tr><td>aaa<td>x<td>" + heading + "</table>",
				"both":    "<h2>Necessary cookies</h2><table><tr><th>Cookie<th>Purpose<th>Category<tr><td>aaa<td>x<td>" + heading + "</table>",
				"below":   "<h2>" + heading + "</h2><table><tr><th>Cookie<th>Purpose<th>Category<tr><td>aaa<td>x<td>Necessary</table>",
				"tabs":    heading + "\nCookie\tPurpose\naaa\tx\n",
			} {
				out, p := mustImport(t, "page", page)
				if len(p.Services) != 1 || p.IsNecessary(0) || !strings.Contains(out, "# choose: none, required or objection\n    consent: required") {
					t.Errorf("%s: got %s in\n%s", name, summary(p), out)
				}
			}
		})
	}
}

// TestShortLines checks the lines that are the same for every page.
func TestShortLines(t *testing.T) {
	t.Parallel()
	for _, page := range []string{
		`<h2>Essential cookies</h2><table><tr><th>Cookie<th>Purpose<tr><td>_ga<td>x</table>`,
		`<h2>Necessary cookies</h2><table><tr><th>Cookie<th>Purpose<tr><td>aaa<td>Stores your cookie choices</table>`,
		tableOf(head2 + numbered(maxCookies+7, "<tr><td>c%[1]d<td>x")), ownPage,
		tableOf(head2 + "<tr><td>aaa<td>x" + strings.Repeat("<tr><td>no name here<td>x", maxLeftOut+7)),
	} {
		out, _ := mustImport(t, "page.html", page)
		for line := range strings.Lines(out) {
			if len(strings.TrimSuffix(line, "\n")) > 80 {
				t.Errorf("a line is too long: %s", line)
			}
		}
	}
}

// TestComments puts what would end a comment or a line wherever a page has text.
func TestComments(t *testing.T) {
	t.Parallel()
	for _, evil := range []string{"\n- id: evil", "\r- id: evil", "\u2028- id: evil", "\u0085- id: evil", "# x\ncategories: []", "\x00\x1b[2J", `"`, "'", ": ", "\u202eevil", "---", "{{", "\\"} {
		t.Run(fmt.Sprintf("%q", evil), func(t *testing.T) {
			t.Parallel()
			page := bytes.ReplaceAll([]byte(`<h2>Partners @</h2><p>Text @</p><table><tr><th>Provider<th>Function<th>Cookie<th>Purpose<th>Retention`+
				`<tr><td>P @<td>F @<td>aaa; prose with words @<td>U @<td>R @<tr><td>@<td>@<td>words that are no name @<td>@<td>@</table>`), []byte("@"), []byte(evil))
			out, p := mustImport(t, "na"+evil+"me.html", string(page))
			if len(p.Services) != 1 || len(p.Categories) != 1 || strings.Join(cookiesOf(p, 0), " ") != "aaa" {
				t.Errorf("got %s in\n%s", summary(p), out)
			}
			if found := regexp.MustCompile(`[\x00-\x09\x0b-\x1f\x7f\x{85}\x{2028}\x{2029}\x{202e}]`).FindString(out); found != "" {
				t.Errorf("found %q in\n%s", found, out)
			}
		})
	}
}
