package policyimport

import (
	"errors"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/caddy-consent/caddy-consent/enforcer/consent"
	"github.com/caddy-consent/caddy-consent/enforcer/policy"
)

// hostile are pages that are large, deep or broken. Each has a cookie that is found
// all the same, unless there is no want.
var hostile = []struct {
	name string
	page func() string
	want string
}{
	{"colspan", fixed(tableOf(`<tr><th>Cookie<th colspan=1000000000>Purpose<tr><td>aaa<td colspan=99999999999999999999>x`)), "aaa"},
	{"rowspan", fixed(tableOf(`<tr><th>Provider<th>Cookie<th>Purpose<tr><td rowspan=1000000000>P<td>aaa<td>x` + strings.Repeat("<tr><td>bbb<td>y", 50))), "aaa"},
	{"rowspans and colspans", func() string {
		return tableOf(`<tr><th>Cookie<th>Purpose` + strings.Repeat("<tr><td>aaa<td rowspan=65534 colspan=1000>x", 8000))
	}, "aaa"},
	{"spans that are none", fixed(tableOf(`<tr><th colspan=-1>Cookie<th rowspan=x>Purpose<tr><td colspan=0>aaa<td rowspan=-5>x`)), "aaa"},
	{"many rows", func() string {
		var b strings.Builder
		for i := range 6000 {
			fmt.Fprintf(&b, "<tr><td>c%d<td>x%d", i, i)
		}
		return tableOf(head2 + b.String())
	}, "c0"},
	{"many rows of prose", func() string {
		return tableOf(head2 + "<tr><td>aaa<td>x" + strings.Repeat("<tr><td>this is no name<td>x", 6000))
	}, "aaa"},
	{"many titles", func() string {
		var b strings.Builder
		for i := range 6000 {
			fmt.Fprintf(&b, "<tr><td colspan=2>Title %d<tr><td>aaa<td>x", i)
		}
		return tableOf(head2 + b.String())
	}, "aaa"},
	{"many categories", func() string {
		var b strings.Builder
		for i := range 6000 {
			fmt.Fprintf(&b, "<tr><td>c%d<td>x<td>Kind %d", i, i)
		}
		return tableOf("<tr><th>Cookie<th>Purpose<th>Category" + b.String())
	}, "c0"},
	{"patterns", func() string {
		var b strings.Builder
		for i := range 400 {
			fmt.Fprintf(&b, "<tr><td>*a%d*b%d*<td>x", i, i)
		}
		return tableOf(head2 + b.String())
	}, "*a0*b0*"},
	{"long patterns", func() string {
		return tableOf(head2 + "<tr><td>aaa<td>x" + strings.Repeat("<tr><td>"+strings.Repeat("ab*", 40)+"<td>x", 400))
	}, "aaa"},
	{"patterns that match the cookie of the choice", func() string {
		var b strings.Builder
		const name = "cookies_preferences"
		for i := range name {
			fmt.Fprintf(&b, "<tr><td>%s*, *%s<td>x", name[:i], name[i:])
		}
		return tableOf(head2 + "<tr><td>aaa<td>x" + b.String())
	}, "aaa"},
	{"deep elements", func() string { return strings.Repeat("<div>", 20000) + tableOf(head2+"<tr><td>aaa<td>x") }, ""},
	{"deep tables", func() string {
		return strings.Repeat("<table><tr><td>", 20000) + tableOf(head2+"<tr><td>aaa<td>x")
	}, ""},
	{"deep cells", func() string {
		return tableOf(head2 + "<tr><td>" + strings.Repeat("<b>", 20000) + "aaa" + strings.Repeat("</b>", 20000) + "<td>x")
	}, "aaa"},
	{"formatting elements", func() string {
		var b strings.Builder
		b.WriteString("<p>")
		for i := range 500 {
			fmt.Fprintf(&b, "<b a=%d>", i)
		}
		return b.String() + strings.Repeat("</p><p>x", 15000) + tableOf(head2+"<tr><td>aaa<td>x")
	}, "aaa"},
	{"attributes", func() string { return "<p " + strings.Repeat("a=b ", 20000) + ">" + tableOf(head2+"<tr><td>aaa<td>x") }, "aaa"},
	{"ends of nothing", func() string {
		return strings.Repeat("</b></td></table></p>", 20000) + tableOf(head2+"<tr><td>aaa<td>x")
	}, "aaa"},
	{"tags without end", func() string { return tableOf(head2+"<tr><td>aaa<td>x") + strings.Repeat("<a", 40000) }, "aaa"},
	{"comments without end", func() string { return tableOf(head2+"<tr><td>aaa<td>x") + strings.Repeat("<!--", 40000) }, "aaa"},
	{"entities", func() string {
		return tableOf(head2 + "<tr><td>aaa<td>" + strings.Repeat("&amp;&#0;&#x110000;&notanentity;", 20000))
	}, "aaa"},
	{"a long cell of names", func() string {
		return tableOf(head2 + "<tr><td>aaa<td>x<tr><td>bbb" + strings.Repeat(", aaa", 20000) + "<td>x")
	}, "aaa"},
	{"a long cell of brackets", func() string {
		return tableOf(head2 + "<tr><td>aaa<td>x<tr><td>" + strings.Repeat("([{&lt;", 15000) + "<td>x")
	}, "aaa"},
	{"a long retention", func() string {
		return tableOf("<tr><th>Cookie<th>Retention<tr><td>aaa<td>" + strings.Repeat("1 day ", 20000))
	}, "aaa"},
	{"a long heading", func() string {
		return "<h2>" + strings.Repeat("necessary ", 15000) + "</h2>" + tableOf(head2+"<tr><td>aaa<td>x")
	}, "aaa"},
	{"long texts over many rows", func() string {
		return tableOf("<tr><th>Provider<th>Cookie<th>Purpose<tr><td rowspan=0>" + strings.Repeat(`"\ `, 5000) + "<td>aaa<td>x" + numbered(1000, "<tr><td>c%[1]d<td>x%[1]d"))
	}, "aaa"},
	{"invalid UTF-8", fixed(tableOf(head2 + "<tr><td>aaa<td>\xff\xfe\x80<tr><td>\xc3(<td>x")), "aaa"},
	{"NULs", fixed(tableOf(head2 + "<tr><td>aaa\x00<td>x\x00y")), "aaa"},
	{"a mark at the beginning", fixed("\xef\xbb\xbf" + tableOf(head2+"<tr><td>aaa<td>x")), "aaa"},
	{"Markdown, rows", func() string { return "Cookie|Purpose\n-|-\naaa|x\n" + strings.Repeat("|\n", 40000) }, "aaa"},
	{"Markdown, columns", func() string {
		return strings.Repeat("|a", 8000) + "\n" + strings.Repeat("|-", 8000) + "\n" + strings.Repeat("|\n", 20000)
	}, ""},
	{"Markdown, quotes", func() string { return strings.Repeat(">", 600000) }, ""},
	{"Markdown, lists", func() string { return strings.Repeat("- ", 40000) + "a" }, ""},
	{"Markdown, backticks", func() string {
		var b strings.Builder
		for i := range 2000 {
			b.WriteString(strings.Repeat("`", i) + " ")
		}
		return b.String()
	}, ""},
	{"Markdown, emphasis", func() string { return strings.Repeat("*a **a ", 20000) }, ""},
	{"Markdown, links", func() string { return strings.Repeat("[a](", 20000) + strings.Repeat("![", 20000) }, ""},
	{"Markdown, headings", func() string { return strings.Repeat("# a\n", 20000) }, ""},
	{"tabs, rows", func() string { return "Cookie\tPurpose\naaa\tx\n" + strings.Repeat("\t\n", 40000) }, "aaa"},
	{"tabs, columns", func() string { return "Cookie\tPurpose" + strings.Repeat("\t", 600000) + "\naaa\tx\n" }, "aaa"},
	{"a page of ours, deep", func() string {
		return `<main data-cookie-policy="` + strings.Repeat("[", 40000) + `"><section data-category=a data-consent=none><p data-service=b><ul data-cookies><li><code>aaa</code></ul>` + strings.Repeat("<section data-category=a>", 8000)
	}, ""},
	{"a page of ours, long", func() string {
		return `<main data-cookie-policy="{}"><section data-category=a data-consent=none>` + numbered(6000, "<div data-service=s%[1]d><ul data-cookies><li><code>c%[1]d</code></ul></div>")
	}, ""},
	{"a page of ours, many patterns", func() string {
		return `<main data-cookie-policy="{}"><section data-category=a data-consent=required><div data-service=s><ul data-cookies>` + numbered(6000, "<li><code>*c%[1]d*</code>")
	}, ""},
}

const head2 = "<tr><th>Cookie<th>Purpose"

func fixed(page string) func() string { return func() string { return page } }

func tableOf(rows string) string { return "<h2>Statistics</h2><table>" + rows + "</table>" }

func numbered(count int, format string) string {
	var b strings.Builder
	for i := range count {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

func TestHostile(t *testing.T) {
	t.Parallel()
	for _, tt := range hostile {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			page := tt.page()
			if len(page) > maxBytes {
				t.Fatalf("the page has %d bytes: it would only be refused", len(page))
			}
			out, err := Import("page", []byte(page))
			if tt.want == "" {
				if err == nil {
					checkResult(t, []byte(page), out)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			p := checkResult(t, []byte(page), out)
			for rule := range p.Rules() {
				if rule.Name == tt.want {
					return
				}
			}
			t.Errorf("expected the cookie %q in %.2000s", tt.want, out)
		})
	}
}

// TestLimits checks what happens to more than a policy can have.
func TestLimits(t *testing.T) {
	t.Parallel()
	out, p := mustImport(t, "page.html", tableOf(head2+numbered(consent.MaxServices+7, "<tr><td>c%[1]d<td>x%[1]d")))
	if len(p.Services) != consent.MaxServices || !strings.Contains(out, "# 7 more rows or cookies were left out") {
		t.Errorf("got %d services, and %s", len(p.Services), out[max(len(out)-300, 0):])
	}
	out, p = mustImport(t, "page.html", `<main data-cookie-policy="{}"><section data-category=a data-consent=none>`+numbered(consent.MaxServices+7, "<div data-service=s%[1]d><ul data-cookies><li><code>c%[1]d</code></ul></div>"))
	if len(p.Services) != consent.MaxServices || !strings.Contains(out, "# 7 more services were left out") {
		t.Errorf("got %d services, and %s", len(p.Services), out[max(len(out)-300, 0):])
	}
	out, p = mustImport(t, "page.html", tableOf(head2+numbered(maxCookies+7, "<tr><td>c%[1]d<td>x")))
	if got := len(cookiesOf(p, 0)); got != maxCookies || !strings.Contains(out, "# 7 more rows or cookies were left out") {
		t.Errorf("got %d cookies, and %s", got, out[max(len(out)-300, 0):])
	}
	out, _ = mustImport(t, "page.html", tableOf(head2+"<tr><td>aaa<td>x"+strings.Repeat("<tr><td>no name here<td>x", maxLeftOut+7)))
	if !strings.Contains(out, "# 7 more rows name no cookie") || strings.Count(out, "\n") > maxLeftOut+50 {
		t.Errorf("got %s", out[max(len(out)-300, 0):])
	}
}

// saysNecessary is what a page has that calls any cookies necessary, whatever stands
// around it. It is much simpler than what it checks.
var saysNecessary = regexp.MustCompile(`(?i)necess|nécess|essen[tzc]i|indispensable|notwendig|erforderlich|necesari|imprescindible|ضروري|[أا]ساسي|لازم`)

// denies is what a heading of other cookies begins with.
var denies = regexp.MustCompile(`(?i)\b(not|non|no|unnecessary|nicht|pas|sans|without)\b|غير|ليس|بعض|شرك`)

// plainWords are all the words that a heading may have which is taken at its word.
var plainWords = regexp.MustCompile(`^(?:[0-9]+|[a-z]|cookies?|trackers?|traceurs?|` +
	`necessar(?:y|ia|ias|io|ios)|necessaires?|necesari[ao]s?|esse?n[tc]i(?:al|ales|els?|elles?)|indispensables?|imprescindibles|notwendigen?|notwendig|erforderlich(?:en?)?|` +
	`strictly|strict|absolutely|technically|technical|always|active|category|type|list|table|the|our|these|this|that|which|are|for|to|of|on|and|` +
	`function|work|operate|properly|correctly|proper|functioning|operation|website|websites|site|platform|portal|web|first|party|internal|interne?s?|` +
	`strictement|absolument|techniquement|techniques?|toujours|actifs|categorie|liste|tableau|les?|la|nos|notre|cet?|cette|pour|au|du|des?|que|qui|sont|et|` +
	`bon|fonctionne(?:ment|r)?|correctement|correct|plateforme|portail|internet|premiere|partie|proprietaires?|` +
	`unbedingt|zwingend|technische?|immer|aktiv|kategorie|typ|tabelle|die|der|das|dem|den|fur|zum|unserer?|dieser?|und|betrieb|funktion|funktionieren|webseite|seite|plattform|portals|` +
	`estrictamente|absolutamente|tecnicamente|tecnicas|siempre|activas|categoria|tipo|lista|tabla|las|los|el|para|del|nuestro|sitio|funcionamiento|plataforma|propi[ao]s?|` +
	`[\x{600}-\x{6ff}]+)$`) // Arabic ones are looked at in denies

// otherUses are purposes that nobody needs, and trackers are cookies for them.
var (
	otherUses = regexp.MustCompile(`\b(?:advertis|marketing|publicit|tracking|profiling|analytic|statisti|audience|ads\b|retarget)|اعلان|تتبع|احصائ`)
	trackers  = regexp.MustCompile(`^(?:_ga|_gid|_gat|_ga_.*|_pk_.*|_hj.*|_hs.*|hubspotutk|_fbp|_gcl_.*|IDE)$`)
)

// checkPlain checks that a heading says nothing but that cookies are necessary.
func checkPlain(t *testing.T, title string) {
	t.Helper()
	words := wordsOf(title)
	if strings.HasSuffix(title, "…") {
		words = words[:max(len(words)-1, 0)] // the last one is cut
	}
	for _, word := range words {
		if !plainWords.MatchString(word) {
			t.Errorf("%q is taken at its word, with the word %q in it", title, word)
		}
	}
}

// alsoPublished are the other headings of the necessary cookies in a result.
var alsoPublished = regexp.MustCompile(`(?m)^  - id: necessary\n(?:    # .*\n)*    consent: none\n`)

// checkResult checks what is true of every result: a policy can be made of it, its
// comments and texts are no more than that, and no cookie passes without consent
// unless the page says that it is necessary.
func checkResult(t *testing.T, page, out []byte) *policy.Policy {
	t.Helper()
	p, err := policy.Parse("policy.yaml", out)
	if err != nil {
		t.Fatalf("the result is no policy: %v\n%s", err, out)
	}
	own := strings.Contains(strings.ToLower(string(page)), "data-consent")
	said := seen(html.UnescapeString(string(page)))
	for _, c := range p.Categories {
		if c.Consent == policy.Required || own {
			continue
		}
		title := c.Title.String()
		if c.Consent != policy.None || !saysNecessary.MatchString(plain(title)) && !saysNecessary.MatchString(title) || denies.MatchString(title) || !saysNecessary.MatchString(said) && !saysNecessary.MatchString(plain(said)) {
			t.Errorf("the category %q with the title %q needs consent %q", c.ID, title, c.Consent)
		}
		if c.ID != "necessary" {
			t.Errorf("the category %q needs no consent", c.ID)
		}
		checkPlain(t, title)
	}
	if own {
		return p
	}
	for line := range strings.Lines(alsoPublished.FindString(string(out))) {
		if heading, ok := strings.CutPrefix(line, "    # also published as: "); ok {
			checkPlain(t, strings.TrimSuffix(heading, "\n"))
		}
	}
	for i, s := range p.Services {
		if !p.IsNecessary(i) {
			continue
		}
		if otherUses.MatchString(plain(s.Purpose.String() + " " + s.Function.String())) {
			t.Errorf("service %q is for %q, and needs no consent", s.ID, s.Purpose)
		}
		for _, name := range cookiesOf(p, i) {
			if trackers.MatchString(name) {
				t.Errorf("the tracker %q needs no consent", name)
			}
		}
	}
	return p
}

func FuzzImport(f *testing.F) {
	pages, err := filepath.Glob("testdata/*.*")
	if err != nil {
		f.Fatal(err)
	}
	for _, page := range pages {
		data, err := os.ReadFile(page)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(filepath.Base(page), data)
	}
	f.Add("page.html", []byte(ownPage))
	for _, tt := range hostile {
		if page := tt.page(); len(page) < 10000 {
			f.Add("page", []byte(page))
		}
	}
	for _, heading := range doubtful {
		f.Add("page", []byte("<h2>"+heading+"</h2>"+strings.TrimPrefix(tableOf(head2+"<tr><td>_fbp<td>Advertising"), "<h2>Statistics</h2>")))
		f.Add("page", []byte("<h2>Necessary cookies</h2><table><tr><th>Cookie<th>Purpose<th>Category<tr><td>_ga, aaa<td>x<td>"+heading+"<tr><td>bbb<td>Ads<td></table>"))
	}
	for _, page := range []string{
		"<h2>Cookies that are not necessary</h2>" + tableOf(head2+"<tr><td>aaa<td>x"), "<h2>Necessary cookies</h2><h3>Other</h3><table>" + head2 + "<tr><td>aaa<td>x",
		"# Essential\n\nCookie|Purpose\n-|-\n`a`b|c\n", "Necessary\nCookie\tPurpose\tType\naaa\tx\tmarketing\n", "<b>غير الضرورية</b><table>" + head2 + "<tr><td>aaa<td>x",
	} {
		f.Add("page", []byte(page))
	}
	f.Fuzz(func(t *testing.T, name string, page []byte) {
		out, err := Import(name, page)
		if err != nil {
			var problems policy.Problems
			if len(out) > 0 || errors.As(err, &problems) && !strings.Contains(string(page), "data-cookie-policy") {
				t.Errorf("got an error that no page should have: %v", err)
			}
			return
		}
		checkResult(t, page, out)
	})
}
