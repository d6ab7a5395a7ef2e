package cookie

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

// collapsedNames are also the seeds of the fuzz target.
// TestCollapsed holds F3: no id in a name reaches a log.
func TestCollapsed(t *testing.T) {
	t.Parallel()
	for name, want := range collapsedNames {
		if got := Collapsed(name); got != want {
			t.Errorf("Collapsed(%q) = %q, want %q", name, got, want)
		}
	}
}

var collapsedNames = map[string]string{
	"":                             "",
	"_ga":                          "_ga",
	"_gat":                         "_gat",
	"__utma":                       "__utma",
	"facade":                       "facade",
	"_pk_id.1.1fff":                "_pk_id.*.*",
	"_ga_TEST00001":                "_ga_TEST*",
	"_hjSession_1234567":           "_hjSession_*",
	"SSESS0a1b2c3d4e5f":            "SSESS*",
	"id-0a1b2c3d-4e5f-4a6b-8c7d-9": "id-*-*-*-*-*",
	"DEADBEEF0":                    "*",
	"real_cookie_banner-v:3":       "real_cookie_banner-v:*",
	"page2":                        "page*",
	"_ga_1fff":                     "_ga_*",
	"é1é[22]":                      "é*é[*]",
	"faceless1faceless":            "faceless*faceless",
	"abcdefgh12345678z":            "abcdefgh*z",
	"x1abcdefgz":                   "x*abcdefgz",
	"x1abcdef0gz":                  "x*gz",
}

// byExpressions is Collapsed as two regular expressions, which are slower and easier
// to read.
func byExpressions(name string) string {
	words := regexp.MustCompile(`[0-9A-Za-z]+`)
	hexadecimal := regexp.MustCompile(`^[a-fA-F]*[0-9][0-9a-fA-F]*$`)
	ids := regexp.MustCompile(`[a-fA-F]*[0-9][0-9a-fA-F]{7,}|[0-9]+`)
	return ids.ReplaceAllString(words.ReplaceAllStringFunc(name, func(word string) string {
		if hexadecimal.MatchString(word) {
			return "*"
		}
		return word
	}), "*")
}

func FuzzCollapsed(f *testing.F) {
	for name := range collapsedNames {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		got := Collapsed(name)
		if len(name) > maxShown {
			if len(got) > maxShown+len("…") || !strings.HasSuffix(got, "…") {
				t.Errorf("a long name became %q", got)
			}
			return
		}
		if want := byExpressions(name); got != want {
			t.Errorf("Collapsed(%q) = %q, want %q", name, got, want)
		}
		if utf8.ValidString(name) && !utf8.ValidString(got) {
			t.Errorf("Collapsed(%q) = %q", name, got)
		}
	})
}
