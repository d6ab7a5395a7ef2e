package page

import (
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/caddy-consent/caddy-consent/enforcer/consent"
	"github.com/caddy-consent/caddy-consent/enforcer/policy"
	"golang.org/x/net/html"
)

var testNow = time.Date(2026, time.November, 24, 12, 0, 0, 0, time.UTC)

// manyKinds has one of everything that a page tells apart.
const manyKinds = `version: 1
site: https://data.example.org
categories:
  - {id: necessary, consent: none, title: {en: Needed, ar: ضرورية}, description: Without them nothing works.}
  - {id: statistical, consent: required, exempt_if_anonymized: true}
  - {id: comfort-things, consent: objection}
  - {id: third_party, consent: required}
  - {id: marketing, consent: required}
services:
  - {id: portal, category: necessary, provider: Portal, cookies: [sessionid, {name: cookies_preferences, retention: 6 months}], retention: 2 weeks}
  - {id: matomo, key: m, category: statistical, provider: Matomo, function: Counting, purpose: To count, cookies: ["_pk_id.*", {name: _pk_x, retention: 1 day, domain: site, path: /y}], domain: host, path: /x, retention: 13 months}
  - {id: ga, category: statistical, provider: Google Analytics, cookies: [_ga]}
  - {id: anon, category: statistical, provider: Counter, anonymized: true, cookies: [anon_id], retention: session}
  - {id: chat, category: comfort-things, cookies: [chat_id]}
  - {id: yt, key: video, category: third_party, provider: YouTube, origins: [https://www.youtube-nocookie.com]}
  - {id: vimeo, key: video, category: third_party, provider: Vimeo, cookies: [vuid]}
`

func parse(t testing.TB, text string) *policy.Policy {
	t.Helper()
	p, err := policy.Parse("policy.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// shipped is the policy that the project ships.
func shipped(t testing.TB) string {
	t.Helper()
	data, err := os.ReadFile("../policy.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func newPage(t testing.TB, text string) *Page {
	t.Helper()
	return configured(t, Config{Policy: parse(t, text), SHA256: "0123456789ab", Updated: time.Date(2026, time.March, 5, 0, 0, 0, 0, time.UTC)})
}

func configured(t testing.TB, c Config) *Page {
	t.Helper()
	p, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	p.now = func() time.Time { return testNow }
	return p
}

// visitor is somebody who has granted and denied some keys.
func visitor(p *Page, granted, denied []string) Visitor {
	var answers []consent.Answer
	for _, key := range granted {
		answers = append(answers, consent.Answer{Key: key, Granted: true})
	}
	for _, key := range denied {
		answers = append(answers, consent.Answer{Key: key})
	}
	v := Visitor{Host: "data.example.org", Path: "/cookies", HTTPS: true}
	if len(answers) > 0 {
		v.Choice = p.policy.Decoder.Decode(p.policy.Decoder.Encode(answers, testNow), func() time.Time { return testNow })
	}
	return v
}

func signalled(p *Page, v Visitor) Visitor {
	v.GPC, v.Choice = true, p.policy.Signalled(v.Choice)
	return v
}

// get asks for the page. Headers are names and values.
func get(p *Page, v Visitor, target string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, target, nil)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	p.Serve(w, r, v, nil)
	return w
}

// elements are all elements of a page, in the order of the document.
func elements(t testing.TB, page string) (all []*html.Node) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	for n := range root.Descendants() {
		if n.Type == html.ElementNode {
			all = append(all, n)
		}
	}
	return all
}

func attribute(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

func has(n *html.Node, name string) bool { _, ok := attribute(n, name); return ok }

func valueOf(n *html.Node, name string) string { v, _ := attribute(n, name); return v }

// textOf is the text in an element, with its white space made even.
func textOf(n *html.Node) string {
	var text strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			text.WriteString(d.Data)
		}
	}
	return strings.Join(strings.Fields(text.String()), " ")
}

// boxesOn are the boxes of a page: a mark for each, "+" ticked, "-" not, "x" disabled.
func boxesOn(t testing.TB, page string) string {
	t.Helper()
	var marks []string
	for _, n := range elements(t, page) {
		if n.Data != "input" || valueOf(n, "type") != "checkbox" {
			continue
		}
		mark := "-"
		if has(n, "checked") {
			mark = "+"
		}
		if has(n, "disabled") {
			mark += "x"
		}
		marks = append(marks, valueOf(n, "value")+mark)
	}
	return strings.Join(marks, " ")
}

// variants are pages of all kinds, by what is special about them.
func variants(t testing.TB) map[string]string {
	t.Helper()
	pages := make(map[string]string)
	ship, many := newPage(t, shipped(t)), newPage(t, manyKinds+"signals: {gpc: [statistical]}\n")
	all := Visitor{Path: "/cookies", Choice: consent.Choice{Granted: many.policy.Decoder.All}}
	managed := newPage(t, manyKinds+managedChoice)
	for _, language := range Languages() {
		pages["shipped, "+language] = get(ship, Visitor{Path: "/cookies"}, "/?lang="+language).Body.String()
		pages["everything granted, "+language] = get(many, all, "/?lang="+language).Body.String()
		pages["with a receipt, "+language] = get(many, all, "/?saved="+seal(sealed{value: hashValue("x"), receipt: strings.Repeat("A", 26)}, testNow)+"&lang="+language, "Cookie", "cookies_preferences=x").Body.String()
		pages["signalled, "+language] = get(many, signalled(many, all), "/?lang="+language).Body.String()
		pages["managed, "+language] = get(managed, all, "/?lang="+language).Body.String()
		var file strings.Builder
		if err := many.Write(&file, language); err != nil {
			t.Fatal(err)
		}
		pages["a file, "+language] = file.String()
		w := httptest.NewRecorder()
		many.Serve(w, httptest.NewRequest(http.MethodPut, "/?lang="+language, nil), Visitor{Path: "/cookies"}, nil)
		pages["a refusal, "+language] = w.Body.String()
	}
	return pages
}

const managedChoice = `consent:
  sources:
    - {cookie: other_manager, decode: json, keys: {statistical: [stats], comfort-things: [comfort], third_party: [third], marketing: [ads]}}
`

// TestMarkup: what holds for every page, whoever asks.
func TestMarkup(t *testing.T) {
	t.Parallel()
	pages := variants(t)
	if len(pages) != 7*len(Languages()) {
		t.Fatalf("%d pages", len(pages))
	}
	for name, page := range pages {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ids := make(map[string]*html.Node)
			var headings, labelled []string
			for _, n := range elements(t, page) {
				if id, ok := attribute(n, "id"); ok {
					if ids[id] != nil || id == "" {
						t.Errorf("the id %q stands twice", id)
					}
					ids[id] = n
				}
				checkElement(t, n)
				if len(n.Data) == 2 && n.Data[0] == 'h' && n.Data[1] >= '1' && n.Data[1] <= '6' {
					headings = append(headings, n.Data)
				}
				if n.Data == "label" {
					labelled = append(labelled, valueOf(n, "for"))
				}
			}
			for id, n := range ids {
				if n.Data == "input" && !slices.Contains(labelled, id) {
					t.Errorf("the box %q has no label", id)
				}
			}
			for _, id := range labelled {
				if ids[id] == nil || ids[id].Data != "input" {
					t.Errorf("the label of %q has no box", id)
				}
			}
			if len(headings) == 0 || headings[0] != "h1" || slices.Contains(headings[1:], "h1") {
				t.Errorf("headings %v", headings)
			}
			for i := 1; i < len(headings); i++ {
				if headings[i][1] > headings[i-1][1]+1 {
					t.Errorf("a heading is left out: %v", headings)
				}
			}
		})
	}
}

func checkElement(t *testing.T, n *html.Node) {
	t.Helper()
	switch n.Data {
	case "script", "iframe", "object", "embed", "img", "link", "base":
		t.Errorf("found the element %q", n.Data)
	case "label", "legend", "caption", "button", "h1", "h2", "h3", "dt", "title":
		if textOf(n) == "" {
			t.Errorf("an element %q says nothing", n.Data)
		}
	case "input":
		if valueOf(n, "type") == "checkbox" && !has(n, "id") {
			t.Errorf("a box has no id")
		}
	}
	for _, a := range n.Attr {
		switch {
		case a.Key == "style" || strings.HasPrefix(a.Key, "on"):
			t.Errorf("found the attribute %q of %q", a.Key, n.Data)
		case (a.Key == "href" || a.Key == "src" || a.Key == "action") && !strings.HasPrefix(a.Val, "?lang=") && !strings.HasPrefix(a.Val, "/cookies"):
			t.Errorf("found the address %q", a.Val)
		}
	}
}

// TestButtons: all ways to choose look alike, and the Enter key accepts nothing.
func TestButtons(t *testing.T) {
	t.Parallel()
	var buttons []string
	for _, n := range elements(t, get(newPage(t, manyKinds), Visitor{}, "/").Body.String()) {
		if n.Data == "button" {
			buttons = append(buttons, valueOf(n, "value"))
			if len(n.Attr) != 2 || valueOf(n, "name") != "choice" || n.Parent.Data != "div" || n.Parent.Parent.Data != "form" {
				t.Errorf("button %q has the attributes %v", valueOf(n, "value"), n.Attr)
			}
		}
	}
	if got := strings.Join(buttons, " "); got != "save refuse accept" {
		t.Errorf("buttons %s", got)
	}
	for _, special := range []string{"button:first", "button:last", "button:nth", "[value=", ".primary"} {
		if strings.Contains(string(style), special) {
			t.Errorf("the style has %q", special)
		}
	}
}

// TestSize: the page that the project ships comes in three packets of a slow network's
// first round trips.
func TestSize(t *testing.T) {
	t.Parallel()
	for name, page := range variants(t) {
		if !strings.HasPrefix(name, "shipped") {
			continue
		}
		if !strings.Contains(page, "<form") || len(page) >= 30_000 {
			t.Errorf("%s has %d bytes", name, len(page))
		}
	}
}

// TestDirection: a page says which language it is in, and so does each text that is in
// another one.
func TestDirection(t *testing.T) {
	t.Parallel()
	p := newPage(t, manyKinds)
	for _, c := range []struct{ language, dir, title, titleLang, provider string }{
		{"en", "ltr", "Needed", "", ""},
		{"fr", "ltr", "Needed", "en ltr", "en ltr"},
		{"ar", "rtl", "ضرورية", "", "en ltr"},
	} {
		t.Run(c.language, func(t *testing.T) {
			t.Parallel()
			w := get(p, Visitor{}, "/?lang="+c.language)
			if got := w.Header().Get("Content-Language"); got != c.language {
				t.Errorf("Content-Language %q", got)
			}
			found := 0
			for _, n := range elements(t, w.Body.String()) {
				foreign := strings.TrimSpace(valueOf(n, "lang") + " " + valueOf(n, "dir"))
				switch {
				case n.Data == "html" && foreign != c.language+" "+c.dir:
					t.Errorf("the page is in %q", foreign)
				case valueOf(n, "data-text") == "title":
					found++
					if textOf(n) != c.title || foreign != c.titleLang {
						t.Errorf("title %q in %q", textOf(n), foreign)
					}
				case valueOf(n, "data-text") == "provider":
					found++
					if foreign != c.provider {
						t.Errorf("provider in %q", foreign)
					}
				case n.Data == "code" && valueOf(n, "dir") != "ltr":
					t.Errorf("%q may be turned round", textOf(n))
				}
			}
			if found != 7 {
				t.Errorf("found %d titles and providers", found)
			}
		})
	}
}
