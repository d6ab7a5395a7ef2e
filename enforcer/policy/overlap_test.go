package policy

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// F1: the pairs that are found are those that comparing all finds.
func TestClashesLikeComparingAll(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	some := 0
	for range 2000 {
		var patterns []string
		for range r.IntN(40) {
			if text := randomText(r, "aab*", 6) + "*" + randomText(r, "aab", 6); !slices.Contains(patterns, text) {
				patterns = append(patterns, text)
			}
		}
		var rivals []rival
		var want []clash
		for i, pattern := range patterns {
			rivals = append(rivals, newRival(pattern, i))
			for j, other := range patterns[:i] {
				if overlap(pattern, other) {
					want = append(want, clash{j, i})
				}
			}
		}
		some += len(want)
		if got := clashes(rivals, 1<<20); !slices.Equal(got, want) {
			t.Fatalf("%q: got %v, want %v", patterns, got, want)
		}
		if got := clashes(rivals, 3); len(got) < min(3, len(want)) || len(got) > 3+len(patterns) {
			t.Fatalf("%q: got %d of %d", patterns, len(got), len(want))
		}
	}
	if some < 1000 {
		t.Errorf("only %d pairs: this checks too little", some)
	}
}

// crowded is a policy with many patterns.
func crowded(n int, form string) []byte {
	var b strings.Builder
	b.WriteString("version: 1\ncategories:\n  - {id: a, consent: required}\n  - {id: b, consent: none}\nservices:\n  - {id: n, category: b, cookies: [cookies_preferences]}\n  - id: s\n    category: a\n    cookies:\n")
	for i := range n {
		fmt.Fprintf(&b, "      - \""+form+"\"\n", i)
	}
	return []byte(b.String())
}

// F1: problems are listed up to a number.
func TestProblemsAreListedUpToANumber(t *testing.T) {
	t.Parallel()
	for form, more := range map[string]string{
		"cookie*%06d": "", "%06d*cookie": "", "a*%06d*b": "more", "%06d;": "more", "ab*": "more", "cookie": "more",
	} {
		_, err := Parse("policy.yaml", crowded(6000, strings.ReplaceAll(form+"%.0s", "%06d%.0s", "%06d")))
		var problems Problems
		if more == "" {
			if err != nil {
				t.Errorf("%s: %v", form, err)
			}
			continue
		}
		if !errors.As(err, &problems) || len(problems) != maxProblems+1 || len(err.Error()) > 64<<10 {
			t.Errorf("%s: %d problems, %d bytes", form, len(problems), len(fmt.Sprint(err)))
			continue
		}
		if last := problems[maxProblems].Error(); !strings.HasPrefix(last, "policy.yaml: and ") || !strings.HasSuffix(last, " more") {
			t.Errorf("%s: the last one is %q", form, last)
		}
	}
}

// F1: a problem is short, however long a name in it is, and there are not more categories
// than can be looked through.
func TestProblemsAreShort(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", 100_000)
	for text, want := range map[string]string{
		string(crowded(1, long+"*%d")) + "      - \"" + long + "*0*\"\n":                                                            `pattern "éé`,
		string(crowded(1, "c%d")) + "unlisted: " + long + "\n":                                                                      "unknown unlisted",
		strings.Replace(string(crowded(1, "c%d")), "services:", strings.Repeat("  - {id: c, consent: none}\n", 600)+"services:", 1): "expected at most 512 categories",
	} {
		_, err := Parse("policy.yaml", []byte(text))
		if err == nil || !strings.Contains(err.Error(), want) || len(err.Error()) > 64<<10 || !utf8.ValidString(err.Error()) {
			t.Errorf("want %s, got %d bytes: %.300v", want, len(fmt.Sprint(err)), err)
		}
	}
}

func BenchmarkPatterns(b *testing.B) {
	for _, c := range []struct{ name, form string }{
		{"one beginning", "cookie*%06d"}, {"one end", "%06d*cookie"}, {"all overlap", "a*%06d*b"},
	} {
		text := crowded(6000, c.form)
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = Parse("policy.yaml", text)
			}
		})
	}
}
