package policy

import (
	"slices"
	"strings"
	"testing"
)

const manyLanguages = `version: 1
site: https://portal.example.org
language: FR
updated: 2026-11-24
introduction: {fr: Bonjour, en: Hello, pt-br: Olá}
gpc_json: true
signals: {gpc: [statistical]}
consent: {cookie: choice, max_age: 6 months}
categories:
  - {id: necessary, consent: none, title: Nécessaires}
  - {id: statistical, consent: required}
  - {id: free, consent: none}
  - {id: more, consent: objection}
services:
  - {id: a, category: statistical, cookies: [choice], purpose: {"fr": Compter}}
  - {id: b, category: necessary, cookies: [b_cookie]}
`

func TestText(t *testing.T) {
	t.Parallel()
	p, err := Parse("policy.yaml", []byte(strings.Replace(manyLanguages, "cookies: [choice], purpose", "key: ka, cookies: [a_cookie], purpose", 1)+
		"  - {id: c, category: necessary, cookies: [choice]}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if p.Language != "fr" {
		t.Errorf("the language is %q", p.Language)
	}
	for _, row := range []struct {
		name      string
		text      Text
		tag       string
		words, in string
	}{
		{"its own", p.Introduction, "fr", "Bonjour", "fr"},
		{"another", p.Introduction, "en", "Hello", "en"},
		{"of a region", p.Introduction, "en-GB", "Hello", "en"},
		{"of that region only", p.Introduction, "pt-BR", "Olá", "pt-BR"},
		{"of no region", p.Introduction, "pt", "Bonjour", ""},
		{"one that is not there", p.Introduction, "ar", "Bonjour", ""},
		{"the same for all", p.Categories[0].Title, "ar", "Nécessaires", ""},
		{"the same for all, in its own", p.Categories[0].Title, "fr", "Nécessaires", ""},
		{"one language only", p.Services[0].Purpose, "ar", "Compter", ""},
		{"nothing", p.Services[1].Purpose, "fr", "", ""},
	} {
		words, in := row.text.In(row.tag)
		if words != row.words || in != row.in {
			t.Errorf("%s: got %q in %q, want %q in %q", row.name, words, in, row.words, row.in)
		}
	}
	if got := p.Introduction.String(); got != "Bonjour" {
		t.Errorf("the introduction is %q", got)
	}
	if want := `{"version":1,"site":"https://portal.example.org","language":"FR","updated":"2026-11-24","gpc_json":true,"signals":{"gpc":["statistical"]},"consent":{"cookie":"choice","max_age":"6 months"}}`; p.Settings != want {
		t.Errorf("the settings are\n%s\nwant\n%s", p.Settings, want)
	}
	var options []string
	for _, o := range p.Options() {
		options = append(options, o.Key)
		if got, want := p.SignalDenies(o.Place), o.Key == "ka"; got != want {
			t.Errorf("the signal denies %q: %t", o.Key, got)
		}
	}
	if !slices.Equal(options, []string{"ka", "more"}) {
		t.Errorf("the options are %q", options)
	}
}

func TestTextProblems(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, old, new string
		want           []string
	}{
		{"no language", "language: FR", "language: nonsense-language-of-mine", []string{`3:11: expected a language such as en, fr or ar as language, found "nonsense-language-of-mine"`}},
		{"no text in the policy's own", "language: FR", "language: ar", []string{
			`5:15: expected introduction in the policy's own language "ar", which is shown where there is no other, found it in en, fr, pt-BR`,
			`15:66: expected purpose in the policy's own language "ar", which is shown where there is no other, found it in fr`,
		}},
		{"no language of a text", "en: Hello", "english!: Hello", []string{`5:29: expected a language such as en, fr or ar as the language of introduction, found "english!"`}},
		{"no text", "en: Hello", "en: 7", []string{`5:33: expected text as introduction, found the number 7: put it in quotes if it is meant`}},
		{"twice", "en: Hello", "FR: Hello", []string{`5:29: "FR" stands twice in introduction`}},
		{"no words", "{fr: Bonjour, en: Hello, pt-br: Olá}", "{}", []string{`5:15: expected introduction in the policy's own language "fr", which is shown where there is no other, found it in none`}},
		{"a list", "{fr: Bonjour, en: Hello, pt-br: Olá}", "[a]", []string{`5:15: expected text as introduction, found a list`}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			text := strings.Replace(manyLanguages, row.old, row.new, 1)
			if text == manyLanguages {
				t.Fatal("nothing was replaced")
			}
			text = strings.Replace(text, "signals: {gpc: [statistical]}", "", 1)
			text = strings.Replace(text, "gpc_json: true", "", 1)
			text = strings.Replace(text, "cookies: [choice], ", "cookies: [a_cookie], ", 1)
			text = strings.Replace(text, "cookies: [b_cookie]", "cookies: [choice]", 1)
			_, err := Parse("policy.yaml", []byte(text))
			problems, _ := err.(Problems)
			if got := positions(problems); !slices.Equal(got, row.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(row.want, "\n"))
			}
		})
	}
}

func TestSpans(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		text string
		want []Span
	}{
		{"session", nil},
		{"13 months", []Span{{13, "month"}}},
		{"1 year 1 month 4 days", []Span{{1, "year"}, {1, "month"}, {4, "day"}}},
		{"30 min", []Span{{30, "minute"}}},
		{"5 S", []Span{{5, "second"}}},
		{"2 Weeks", []Span{{2, "week"}}},
		{"24 h", []Span{{24, "hour"}}},
	} {
		r, err := parseRetention(row.text)
		if err != nil {
			t.Fatal(err)
		}
		if got := r.Spans(); !slices.Equal(got, row.want) {
			t.Errorf("%q: got %v, want %v", row.text, got, row.want)
		}
	}
	for unit := range units {
		if r, err := parseRetention("3 " + unit); err != nil || len(r.Spans()) != 1 || r.Spans()[0].Unit == "" {
			t.Errorf("unit %q: %v (%v)", unit, r.Spans(), err)
		}
	}
}
