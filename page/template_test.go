package page

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/caddy-consent/caddy-consent/enforcer/consent"
)

// TestOwnTemplate: the site's own page gets the same data as the built-in one, and may
// have a style of the site.
func TestOwnTemplate(t *testing.T) {
	t.Parallel()
	const own = `<p>{{.Language}} {{range .Categories}}{{.ID}}{{with .Box}}={{.State}}{{end}} {{end}}{{.Text.Save}}</p>` + aForm
	p := configured(t, Config{Policy: parse(t, manyKinds), Template: own, TemplateName: "own.html"})
	w := get(p, visitor(p, []string{"video"}, nil), "/?lang=fr")
	if got := w.Body.String(); got != `<p>fr necessary statistical=undecided comfort-things=undecided third_party=granted marketing=undecided Enregistrer mon choix</p><form method="post" action="/cookies?lang=fr"><input type="hidden" name="policy" value=""><button name="choice" value="refuse"></button></form>` {
		t.Errorf("got %s", got)
	}
	if got := w.Header().Get("Content-Security-Policy"); got != "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'" {
		t.Errorf("Content-Security-Policy %s", got)
	}
	var file strings.Builder
	if err := p.Write(&file, "en"); err != nil || strings.Contains(file.String(), "<form") || !strings.Contains(file.String(), "necessary statistical comfort-things") {
		t.Errorf("%v: %s", err, &file)
	}
}

// TestConfig: what cannot work is found before anybody asks.
func TestConfig(t *testing.T) {
	t.Parallel()
	list := "consent: {format: list}\n"
	onlyGrants := strings.Replace(manyKinds, "consent: objection", "consent: required", 1)
	for _, c := range []struct{ name, policy, template, want string }{
		{"the built-in page", manyKinds, "", ""},
		{"a text", manyKinds, "x", "own.html: expected a form"},
		{"a form", manyKinds, "x" + aForm, ""},
		{"no template", manyKinds, "{{", "own.html:1"},
		{"an unknown word", manyKinds, "a\nb\n{{nonsense}}", "own.html:3"},
		{"an unknown field", manyKinds, "a\n{{.Nonsense}}", "own.html:2"},
		{"a field that only some visitors have", manyKinds, "a\n{{with .Choice}}{{with .SignalDenies}}{{.Nonsense}}{{end}}{{end}}" + aForm, ""},
		{"the same, where some have it", manyKinds + "signals: {gpc: [marketing]}\n", "a\n{{with .Choice}}{{with .SignalDenies}}{{.Nonsense}}{{end}}{{end}}" + aForm, "own.html:2"},
		{"a field of a receipt", manyKinds, "a\n\n{{with .Choice}}{{with .Receipt}}{{.Nonsense}}{{end}}{{end}}" + aForm, "own.html:3"},
		{"one that fails in one language", manyKinds, `{{if eq .Language "fr"}}{{.Nonsense}}{{end}}` + aForm, `in the language "fr"`},
		{"HTML that is not closed", manyKinds, `<a href="{{.Site}}`, "own.html"},
		{"one without an end", manyKinds, `{{define "x"}}xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx{{template "x"}}{{end}}{{template "x"}}`, "own.html"},
		{"one that is too long", manyKinds, "{{range 1000000}}xx{{end}}", "own.html: expected a page of at most 1048576 bytes"},
		{"C10: a list, where visitors object", manyKinds + list, "", ""},
		{"a list, where they do not", onlyGrants + list, "", ""},
		{"a list with a word that is an answer", strings.Replace(onlyGrants, "key: m,", "key: on,", 1) + list, "", `could not be read back`},
		{"a key like any other", strings.Replace(onlyGrants, "key: m,", "key: on,", 1), "", ""},
		{"more than a cookie holds", manyKinds + manyServices(), "", "browsers keep 4096"},
		{"where nobody chooses", manyKinds + manyServices() + managedChoice, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := New(Config{Policy: parse(t, c.policy), Template: c.template, TemplateName: "own.html"})
			switch {
			case c.want == "" && err != nil:
				t.Error(err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
	if _, err := New(Config{}); err == nil {
		t.Error("there is a page of no policy")
	}
	if _, err := New(Config{Policy: parse(t, manyKinds), Template: "{{"}); err == nil || !strings.Contains(err.Error(), "template:1") {
		t.Errorf("error %v", err)
	}
}

func manyServices() string {
	var text strings.Builder
	for i := range 100 {
		id := strings.Repeat("x", 30) + string(rune('a'+i%26)) + string(rune('a'+i/26))
		text.WriteString("  - {id: " + id + ", category: marketing, cookies: [" + id + "]}\n")
	}
	return text.String()
}

// TestFailingTemplate: visitors get the built-in page, and the operator one message a
// minute.
func TestFailingTemplate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, template string }{
		{"a wrong field", `{{with .Choice}}{{if eq .Status "undecodable"}}{{.Nonsense}}{{end}}{{end}}<p>own</p>` + aForm},
		{"no end", `<p>own</p>{{with .Choice}}{{if eq .Status "undecodable"}}{{range 100000}}xxxxxxxxxxxxxxxxxxxxxxxx{{end}}{{end}}{{end}}` + aForm},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var told []error
			p := configured(t, Config{
				Policy: parse(t, manyKinds), Template: c.template, TemplateName: "own.html",
				OnError: func(err error) { told = append(told, err) },
			})
			now := testNow
			p.now = func() time.Time { return now }
			broken := Visitor{Choice: consent.Choice{Undecodable: p.policy.Decoder.All}}
			for _, step := range []struct {
				after time.Duration
				v     Visitor
				told  int
			}{{0, Visitor{}, 0}, {0, broken, 1}, {59 * time.Second, broken, 1}, {time.Second, broken, 2}, {time.Second, broken, 2}, {0, Visitor{}, 2}} {
				now = now.Add(step.after)
				w := get(p, step.v, "/?lang=en")
				isOwn := step.v.Choice == consent.Choice{}
				if w.Code != 200 || strings.Contains(w.Body.String(), "own") != isOwn || strings.Contains(w.Body.String(), "<h1>Cookie policy</h1>") == isOwn {
					t.Errorf("%d %s", w.Code, w.Body)
				}
				if got := strings.Contains(w.Header().Get("Content-Security-Policy"), "unsafe-inline"); got != isOwn {
					t.Error("the other page's Content-Security-Policy")
				}
				if len(told) != step.told {
					t.Errorf("told %d times, want %d", len(told), step.told)
				}
			}
			if !strings.Contains(told[0].Error(), "own.html") {
				t.Error(told[0])
			}
			p.onError = nil
			now = now.Add(time.Hour)
			if w := get(p, broken, "/"); w.Code != 200 {
				t.Errorf("status %d", w.Code)
			}
		})
	}
}

// TestWrite: a file has everything but what somebody would have to answer.
func TestWrite(t *testing.T) {
	t.Parallel()
	p := newPage(t, manyKinds)
	for _, language := range Languages() {
		var file strings.Builder
		if err := p.Write(&file, language); err != nil {
			t.Fatal(err)
		}
		got := outline(t, file.String())
		want := outline(t, get(p, Visitor{}, "/?lang="+language).Body.String())
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("%s: got\n%s", language, strings.Join(got, "\n"))
		}
		for _, not := range []string{"<form", "<input", "<button", "<nav", texts[language].Choice + "<", "<a "} {
			if strings.Contains(file.String(), not) {
				t.Errorf("%s: found %q", language, not)
			}
		}
	}
	for _, language := range []string{"", "de", "EN", "fr-CA"} {
		if err := p.Write(new(strings.Builder), language); err == nil || !strings.Contains(err.Error(), "ar, en, fr") {
			t.Errorf("%q: %v", language, err)
		}
	}
	if err := p.Write(brokenWriter{}, "en"); !errors.Is(err, errBroken) {
		t.Errorf("error %v", err)
	}
	own := configured(t, Config{Policy: parse(t, manyKinds), Template: "{{.Choice.Action}}" + aForm})
	if err := own.Write(new(strings.Builder), "en"); err == nil || !strings.Contains(err.Error(), "without a visitor") {
		t.Errorf("error %v", err)
	}
}

var errBroken = errors.New("the disk is full")

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errBroken }
