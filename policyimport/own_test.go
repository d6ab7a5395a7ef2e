package policyimport

import (
	"fmt"
	"strings"
	"testing"
)

// ownPage is a page of ours with one service, in which a test changes something.
const ownPage = `<html lang="en"><main data-cookie-policy='{"version":1,"site":"https://a.example","language":"en"}'>
<div data-text="introduction"><p>Hello.</p></div>
<section data-category="necessary" data-consent="none"><h2>Necessary</h2><table>
<tr data-service="log-in"><th data-text="provider">Acme</th><td data-text="function">F</td><td><ul data-cookies><li><code>sid</code></li></ul></td><td data-text="purpose">P</td><td data-retention>2 weeks</td></tr>
</table></section>
<section data-category="extra" data-consent="required"><h2 data-text="title">Extra</h2><table>
<tr data-service="stats" data-domain="host"><th data-text="provider">Stats</th><td><ul data-cookies><li><code>_st*</code> <span data-retention>(1 day)</span></li></ul><ul data-origins><li><code>https://st.example</code></li></ul></td><td data-retention></td></tr>
</table></section></main></html>`

const ownSummary = "necessary none log-in: sid [2 weeks]\nextra required stats: _st* [1 day]"

func TestOwnPage(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, old, new string
		want           string // see summary
		parts          []string
	}{
		{"as it is", "", "", ownSummary, []string{"introduction: Hello.", "title: Extra", `origins: ["https://st.example"]`, "    domain: host\n"}},

		// What a lawyer changes in the text counts.
		{"another retention", "2 weeks", "3 weeks", "necessary none log-in: sid [3 weeks]\nextra required stats: _st* [1 day]", nil},
		{"another provider", ">Acme<", ">Acme <b>Inc</b>\n & Sons<", ownSummary, []string{"provider: Acme Inc & Sons"}},
		{"a retention in other words", "2 weeks", "a fortnight", "necessary none log-in: sid\nextra required stats: _st* [1 day]", []string{"# retention: a fortnight: "}},
		{"another paragraph", "<p>Hello.</p>", "<p>Hello.</p>\n<p>You.</p>", ownSummary, []string{`introduction: "Hello.\n\nYou."`}},
		{"one more cookie", "<li><code>sid</code></li>", "<li><code>sid</code></li><li>sid2</li>", "necessary none log-in: sid [2 weeks] sid2 [2 weeks]\nextra required stats: _st* [1 day]", nil},
		{"one more row", "</table></section>\n<section", "<tr><td data-text=provider>New</td><td><ul data-cookies><li><code>new</code></ul></table></section>\n<section",
			"necessary none log-in: sid [2 weeks]\nnecessary none new: new\nextra required stats: _st* [1 day]", []string{"- id: new\n"}},
		{"an empty cell", `data-text="purpose">P<`, `data-text="purpose"> <`, ownSummary, nil},

		// Attributes that no policy can have.
		{"no consent", ` data-consent="none"`, "", strings.Replace(ownSummary, "none", "required", 1), []string{"choose none, required or objection"}},
		{"an unknown consent", `"none"`, `"nothing"`, strings.Replace(ownSummary, "none", "required", 1), []string{`# consent: nothing: unknown consent`}},
		{"two categories of one id", `data-category="extra"`, `data-category="necessary"`, "necessary none log-in: sid [2 weeks]", []string{"# left out: category necessary: ", "# left out: _st* of Stats: its category was left out"}},
		{"a category without id", `data-category="extra"`, `data-category=""`, "necessary none log-in: sid [2 weeks]", []string{"# left out: category "}},
		{"two services of one id", `data-service="stats"`, `data-service="log-in"`, "necessary none log-in: sid [2 weeks]", []string{`# left out: _st* of Stats: service "log-in" is`}},
		{"a service that is none", `data-service="stats"`, `data-service="!"`, "necessary none log-in: sid [2 weeks]", []string{"# left out: _st* of Stats: expected letters"}},
		{"a key that is none", `data-service="stats"`, `data-service="stats" data-key="a b"`, ownSummary, []string{"# key: a b: expected letters"}},
		{"a domain that is none", `"host"`, `"com"`, ownSummary, []string{"# domain: com: "}},
		{"an origin that is none", `https://st.example`, `st.example/x`, ownSummary, []string{"# origins: st.example/x: "}},
		{"a cookie that is none", `<code>sid</code>`, `<code>s;id</code>`, "extra required stats: _st* [1 day]", []string{"# left out: s;id of Acme: "}},
		{"a cookie twice", `<code>_st*</code>`, `<code>sid</code>`, "necessary none log-in: sid [2 weeks]\nextra required stats:", []string{`# cookies: sid: cookie "sid" is`}},
		{"a service outside", `<div data-text="introduction">`, `<p data-service="lost"></p><div data-text="introduction">`, ownSummary, []string{"# left out: lost: expected a category around the service"}},
		{"anonymized in vain", `data-service="stats"`, `data-service="stats" data-anonymized`, ownSummary, []string{"anonymized: true"}},

		// Settings that no policy can have.
		{"an unknown setting", `"version":1,`, `"version":1,"x\ny: 1":[{"a":"\u2028"},[]],`, ownSummary, []string{"# left out: x y: 1: unknown key"}},
		{"another version", `"version":1,`, `"version":2,`, ownSummary, []string{"version: 1\n", "# left out: version: expected 1"}},
		{"no version", `"version":1,`, ``, ownSummary, []string{"version: 1\n"}},
		{"a setting that the page shows", `"version":1,`, `"version":1,"services":[],`, ownSummary, []string{"# left out: services: expected it in the text of the page"}},
		{"an invalid setting", `"version":1,`, `"version":1,"signals":{"gpc":["nobody"]},`, ownSummary, []string{`# left out: signals: unknown category "nobody"`}},
		{"a setting twice", `"version":1,`, `"version":1,"unlisted":"strip","unlisted":"allow",`, ownSummary, []string{"\nunlisted: strip\n", `# left out: unlisted: key "unlisted" stands twice`}},
		{"no JSON", `{"version":1,`, `{"version":1;`, ownSummary, []string{"version: 1\n", "# reading data-cookie-policy: "}},
		{"a list", `'{"version":1,"site":"https://a.example","language":"en"}'`, `'[]'`, ownSummary, []string{"# reading data-cookie-policy: expected a JSON object"}},
		{"deep settings", `"version":1,`, `"version":1,"x":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + `,`, ownSummary, []string{"# reading data-cookie-policy: expected at most 16"}},
		{"breaks of lines in settings", `"version":1,`, `"version":1,"consent":{"cookie":"c","timestamp":"a\u2028b"},"x":1,`, ownSummary, []string{`timestamp: "a\Lb"`, "# left out: x: unknown key"}},
		{"sources of the choice", `"version":1,`, `"version":1,"consent":{"sources":[{"cookie":"a","format":"json"},{"cookie":"b","version":{"member":"v","at_least":"1.10"}}],"combine":"deny_wins"},`,
			ownSummary, []string{"combine: deny_wins", `at_least: "1.10"`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if !strings.Contains(ownPage, tt.old) {
				t.Fatalf("there is no %q to change", tt.old)
			}
			out, p := mustImport(t, "page.html", strings.Replace(ownPage, tt.old, tt.new, 1))
			if got := summary(p); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s\nin\n%s", got, tt.want, out)
			}
			for _, part := range tt.parts {
				if !strings.Contains(out, part) {
					t.Errorf("expected %q in\n%s", part, out)
				}
			}
		})
	}
}

func TestOwnPageLanguage(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, page, text, setting string // the languages; "" where they are not said
		want                      string
	}{
		{"all in one", "en", "", "en", "en"},
		{"all in one, which is the default", "en", "", "", "en"},
		{"texts in the policy's language", "fr", "en", "en", "en"},
		{"texts in the default language", "fr", "en", "", "en"},
		{"texts of a region", "fr", "en-GB", "en", "en"},
		{"texts in the page's language", "fr", "", "en", "fr"},
		{"texts in the page's language, and no other", "ar", "", "", "ar"},
		{"texts in a third language", "fr", "de", "en", "fr"},
		{"a page that does not say", "", "", "fr", "fr"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			attribute, setting := "", ""
			if tt.text != "" {
				attribute = fmt.Sprintf(` lang="%s"`, tt.text)
			}
			if tt.setting != "" {
				setting = fmt.Sprintf(`,"language":"%s"`, tt.setting)
			}
			page := fmt.Sprintf(`<html lang="%s"><main data-cookie-policy='{"version":1%s,"unlisted":"strip"}'><section data-category="a" data-consent="required"><h2 data-text="title"%s>T</h2>`+
				`<table><tr data-service="b"><td data-text="purpose"></td><td data-cookies><li><code>ccc</code></li></td></tr></table></section></main>`, tt.page, setting, attribute)
			out, p := mustImport(t, "page.html", page)
			if p.Language != tt.want {
				t.Errorf("got %q, want %q in\n%s", p.Language, tt.want, out)
			}
		})
	}
}
