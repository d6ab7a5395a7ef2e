package policy

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
)

// expression is the reference for patterns.
func expression(pattern string) *regexp.Regexp {
	return regexp.MustCompile(`(?s)^` + strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, `.*`) + `$`)
}

func indexOf(names ...string) ruleIndex {
	var rules []Rule
	for i, name := range names {
		rules = append(rules, Rule{Name: name, Service: i})
	}
	return newRuleIndex(rules)
}

// Q4: exact beats pattern, longer beats shorter, and patterns are anchored.
func TestLookupPrecedence(t *testing.T) {
	t.Parallel()
	x := indexOf("_ga", "_ga*", "_ga_*", "_ga_exact", "*_end", "*long_end", "mid*dle", "*float*", "a*b*c*d", "_ga_*_end", "*one*two*")
	for name, want := range map[string]string{
		"_ga": "_ga", "_gax": "_ga*", "_ga_": "_ga_*", "_ga_x": "_ga_*", "_ga_exact": "_ga_exact", "_ga_exactly": "_ga_*",
		"x_end": "*_end", "_end": "*_end", "xlong_end": "*long_end", "long_end": "*long_end", "_ga_x_end": "_ga_*_end", "_ga__end": "_ga_*_end",
		"_ga_end": "*_end", // of four literals each, "_ga_*" does too: a policy with both is refused
		"middle":  "mid*dle", "midXdle": "mid*dle", "middl": "", "midle": "", "mddle": "",
		"float": "*float*", "a float b": "*float*", "floa": "", "abcd": "a*b*c*d", "a1b2c3d": "a*b*c*d", "acbd": "", "abcde": "",
		"onetwo": "*one*two*", "twoone": "", "x one two x": "*one*two*", "xfloat_end": "*float*",
		"": "", "_g": "", "_GA": "", "x_ga": "", "_ga\xff": "_ga*",
	} {
		rule, _, _ := x.find(name, len(name))
		got := ""
		if rule != nil {
			got = rule.Name
		}
		if name == "_ga_end" {
			if got != "*_end" && got != "_ga_*" {
				t.Errorf("Q4: %q falls under %q", name, got)
			}
			continue
		}
		if got != want {
			t.Errorf("Q4: %q falls under %q, want %q", name, got, want)
		}
	}
}

func randomText(r *rand.Rand, letters string, most int) string {
	b := make([]byte, r.IntN(most+1))
	for i := range b {
		b[i] = letters[r.IntN(len(letters))]
	}
	return string(b)
}

// Q4: the index finds what trying every rule finds.
func TestLookupLikeTryingEveryRule(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	hits, misses := 0, 0
	for range 40 {
		var names []string
		for range 30 {
			name := randomText(r, "aab_***", 8)
			switch r.IntN(4) { // longer than what is compared at once, and alike at one end
			case 0:
				name = "a_long_beginning_" + name
			case 1:
				name += "_and_a_long_end_"
			}
			clash := literals(name) < minLiterals && isPattern(name) || name == ""
			for _, other := range names {
				clash = clash || name == other || isPattern(name) && isPattern(other) && literals(name) == literals(other) && overlap(name, other)
			}
			if !clash {
				names = append(names, name)
			}
		}
		x := indexOf(names...)
		expressions := make(map[string]*regexp.Regexp)
		for _, name := range names {
			expressions[name] = expression(name)
		}
		for range 300 {
			name := randomText(r, "aab_", 10)
			switch r.IntN(6) {
			case 0:
				name = "a_long_beginning_" + name
			case 1:
				name += "_and_a_long_end_"
			case 2:
				name = names[r.IntN(len(names))] // mostly with stars in it, which are letters as any other
			}
			want, most, ties := "", -1, 0
			for _, pattern := range names {
				n := literals(pattern)
				if pattern == name && !isPattern(name) {
					n = 1000 // exact
				}
				switch {
				case !expressions[pattern].MatchString(name):
				case n > most:
					want, most, ties = pattern, n, 0
				case n == most:
					ties++
				}
			}
			if ties > 0 {
				t.Fatalf("F1: %q is covered by two equally specific rules of %q", name, names)
			}
			got := ""
			behind := randomText(r, "ab_=; ", 20)
			if rule, service, _ := x.find(name+behind, len(name)); rule != nil {
				if got = rule.Name; names[service] != got {
					t.Fatalf("Q4: %q falls under %q, but to the service of %q", name, got, names[service])
				}
				hits++
			} else {
				misses++
			}
			if got != want {
				t.Fatalf("Q4: %q falls under %q, want %q of %q", name, got, want, names)
			}
		}
	}
	if hits < 1000 || misses < 1000 {
		t.Errorf("%d hits and %d misses check too little", hits, misses)
	}
}

// Q4: names are compared whole, also where their windows are the same: one with a
// zero byte, which is what stands behind a short name, and long ones that begin
// and end alike.
func TestLookupComparesWhole(t *testing.T) {
	t.Parallel()
	const long, other = "a_long_beginning_A_and_a_long_end", "a_long_beginning_B_and_a_long_end"
	for _, row := range []struct {
		rules      []string
		name, want string
	}{
		{[]string{long}, long, long},
		{[]string{long}, other, ""},
		{[]string{long, other}, long, long},
		{[]string{long, other}, other, other},
		{[]string{"_ga\x00*"}, "_ga\x00x", "_ga\x00*"},
		{[]string{"_ga\x00*"}, "_ga", ""},
		{[]string{"_ga"}, "_ga\x00", ""},
	} {
		x := indexOf(row.rules...)
		for _, behind := range []string{"", "=value; and what follows"} {
			got := ""
			if rule, _, _ := x.find(row.name+behind, len(row.name)); rule != nil {
				got = rule.Name
			}
			if got != row.want {
				t.Errorf("Q4: %q of %q falls under %q, want %q", row.name, row.rules, got, row.want)
			}
		}
	}
}

// Q4: two long names may have the same key, because a hash is a part of it.
func TestLookupDoesNotTrustHashes(t *testing.T) {
	t.Parallel()
	const long, other = "a_long_beginning_A_and_a_long_end", "a_long_beginning_B_and_a_long_end"
	x := indexOf(long, "sessionid", "csrftoken")
	x.add(nameKey(windowOf(other), other), 0)
	if rule, _, _ := x.find(other, len(other)); rule != nil {
		t.Errorf("Q4: %q falls under %q", other, rule.Name)
	}
	if rule, _, _ := x.find(long, len(long)); rule == nil {
		t.Errorf("Q4: %q is not found", long)
	}
}

// words are all texts of some letters up to a length.
func words(letters string, most int) (all []string) {
	all = []string{""}
	for from := 0; most > 0; most-- {
		to := len(all)
		for _, w := range all[from:to] {
			for i := range len(letters) {
				all = append(all, w+letters[i:i+1])
			}
		}
		from = to
	}
	return all
}

// F1: two patterns overlap where some name matches both. Two patterns of up to
// four bytes have a common name of up to eight, or none.
func TestOverlapByTryingEveryName(t *testing.T) {
	t.Parallel()
	patterns, names := words("ab*", 4), words("ab", 8)
	matches := make([][]uint64, len(patterns))
	for i, pattern := range patterns {
		matches[i] = make([]uint64, len(names)/64+1)
		e := expression(pattern)
		g := newGlob(&Rule{Name: pattern})
		for j, name := range names {
			ok := e.MatchString(name)
			if ok {
				matches[i][j/64] |= 1 << (j % 64)
			}
			if isPattern(pattern) && g.match(name) != ok {
				t.Fatalf("Q4: pattern %q matches %q: %v, want %v", pattern, name, !ok, ok)
			}
		}
	}
	yes, no := 0, 0
	for i, a := range patterns {
		for j, b := range patterns {
			want := false
			for k := range matches[i] {
				want = want || matches[i][k]&matches[j][k] != 0
			}
			if got := overlap(a, b); got != want {
				t.Fatalf("F1: overlap(%q, %q) = %v, want %v", a, b, got, want)
			}
			if want {
				yes++
			} else {
				no++
			}
		}
	}
	if yes < 1000 || no < 1000 {
		t.Errorf("%d pairs that overlap and %d that do not check too little", yes, no)
	}
}

// Q10: a lookup takes no longer where long names differ in the middle only.
func TestLongNamesHaveKeysOfTheirOwn(t *testing.T) {
	t.Parallel()
	for _, n := range []int{17, 24, 25, 32, 33, 40, 100} {
		keys := make(map[uint64]string)
		for i := range n {
			name := strings.Repeat("a", i) + "b" + strings.Repeat("a", n-i-1)
			k := nameKey(windowOf(name), name)
			if other, taken := keys[k.hash()]; taken {
				t.Errorf("%q and %q have the same hash", other, name)
			}
			keys[k.hash()] = name
		}
	}
}

// Q10: looking a name up costs no allocation, and a long hostile name is let go.
func TestLookupDoesNotAllocate(t *testing.T) {
	x := indexOf("_ga", "_ga_*", "*_end", "*float*", "a*b*c*d*e*f")
	names := []string{"_ga", "_ga_1", "x_end", "a float b", "abcdef", "none", strings.Repeat("ab", 50_000), "_ga_" + strings.Repeat("x", 100_000)}
	found := 0
	allocs := testing.AllocsPerRun(5, func() {
		found = 0
		for _, name := range names {
			if rule, _, _ := x.find(name, len(name)); rule != nil {
				found++
			}
		}
	})
	if allocs != 0 || found != 6 {
		t.Errorf("Q10: %v allocations and %d names found, want none and 6", allocs, found)
	}
}
