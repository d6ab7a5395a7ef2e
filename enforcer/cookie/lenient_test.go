package cookie

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var readingRows = []struct {
	name, cookie string
	want         []string // all of these have to be among the readings
}{
	{"no-break space (Django)", "\u00a0_ga\u00a0", []string{"_ga"}},
	{"ideographic space", "\u3000_ga", []string{"_ga"}},
	{"line and paragraph separator", "\u2028_ga\u2029", []string{"_ga"}},
	{"en quad to hair space", "\u2000\u200a_ga", []string{"_ga"}},
	{"next line", "_ga\u0085", []string{"_ga"}},
	{"separators 0x1C to 0x1F", "\x1c\x1d_ga\x1e\x1f", []string{"_ga"}},
	{"vertical tab and form feed", "\v_ga\f", []string{"_ga"}},
	{"byte 0xA0 alone, as Latin-1 (Starlette)", "\xa0_ga", []string{"_ga"}},
	{"byte 0x85 alone, as Latin-1 (Starlette)", "_ga\x85", []string{"_ga"}},
	{"zero width space is no white space", "\u200b_ga", []string{"\u200b_ga"}},
	{"dots (PHP)", "_pk.id.1", []string{"_pk_id_1"}},
	{"space inside (PHP)", "_pk id", []string{"_pk_id"}},
	{"bracket with partner (PHP)", "_ga[x]", []string{"_ga"}},
	{"bracket without partner (PHP)", "_ga[x", []string{"_ga_x", "_ga"}},
	{"two brackets", "_ga[x][y]", []string{"_ga"}},
	{"dot and bracket", "_pk.id[x", []string{"_pk_id", "_pk_id_x"}},
	{"white space and dot", "\u00a0_pk.id", []string{"_pk.id", "_pk_id"}},
	{"percent (Perl)", "%5Fga", []string{"_ga"}},
	{"percent in lower case", "_g%61", []string{"_ga"}},
	{"percent at the end", "_ga%20", []string{"_ga"}},
	{"percent, then PHP", "_pk%2Eid", []string{"_pk_id"}},
	{"percent, then bracket", "_ga%5Bx%5D", []string{"_ga"}},
	{"percent, then white space", "%C2%A0_ga", []string{"_ga"}},
	{"good escape beside a broken one (Perl)", "_g%61_1%", []string{"_ga_1%"}},
	{"good escape beside letters (Perl)", "%zz%5Fga", []string{"%zz_ga"}},
	{"a sign is no digit", "%+5_ga%-5", []string{"%+5_ga%-5"}},
	{"escape at the very end", "_g%61", []string{"_ga"}},
	{"broken escapes at the end", "%5Fga%6", []string{"_ga%6"}},
	{"percent, then escape", "%%5Fga", []string{"%_ga"}},
	{"decoded once", "%255Fga", []string{"%5Fga"}},
}

// Q7: every name that a backend may make of it is among the readings.
func TestReadings(t *testing.T) {
	t.Parallel()
	for _, row := range readingRows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			got := slices.Collect(Readings(row.cookie))
			for _, want := range row.want {
				if !slices.Contains(got, want) {
					t.Errorf("Q7: Readings(%q) = %q, want %q among them", row.cookie, got, want)
				}
			}
			if len(got) > 12 {
				t.Errorf("Q10: %d readings of one name", len(got))
			}
			seen := 0
			for range Readings(row.cookie) { // a caller that has seen enough
				seen++
				break
			}
			if seen != 1 {
				t.Errorf("Q7: %d readings before the first break", seen)
			}
		})
	}
}

// Q7: case is kept (Q4), double encoding is not undone twice, and only the ends
// are trimmed.
func TestReadingsThatNobodyReads(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, cookie, not string }{
		{"decoded twice", "%255Fga", "_ga"},
		{"zero width space", "\u200b_ga", "_ga"},
		{"white space inside", "_\u00a0ga", "_ga"},
		{"case", "%5FGA", "_ga"},
		{"closing bracket alone", "_ga]", "_ga"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			if got := slices.Collect(Readings(row.cookie)); slices.Contains(got, row.not) {
				t.Errorf("Q7: Readings(%q) = %q, want no %q", row.cookie, got, row.not)
			}
		})
	}
}

// Q7: ordinary names have no other readings, and asking costs nothing.
func TestReadingsOfOrdinaryNames(t *testing.T) {
	names := []string{"sessionid", "csrftoken", "_ga", "__Host-a", "a!#$&'*+-^`|~", "a]b", "a:b", "a,b", `"a"`, ""}
	for _, name := range names {
		if got := slices.Collect(Readings(name)); len(got) != 0 {
			t.Errorf("Q7: Readings(%q) = %q, want none", name, got)
		}
	}
	n := 0
	allocs := testing.AllocsPerRun(10, func() {
		for _, name := range names {
			for range Readings(name) {
				n++
			}
		}
	})
	if allocs != 0 || n != 0 {
		t.Errorf("Q7: %v allocations and %d readings, want none", allocs, n)
	}
}

var hiddenRows = []struct {
	name, text string
	want       []string
}{
	{"nothing", "sessionid=S", nil},
	{"comma", "sessionid=S,_ga=G", []string{"_ga"}},
	{"closing quote and space", `sessionid="S" _ga=G`, []string{"_ga"}},
	{"closing quote alone", `sessionid="S"_ga=G`, []string{"_ga"}},
	{"RFC 2965", "$Version=1, sessionid=S, _ga=G", []string{"sessionid", "_ga"}},
	{"space before the equals sign", "S, _ga =G", []string{"_ga"}},
	{"tab before the equals sign", "a=S,_ga\t \t=G", []string{"_ga"}},
	{"tab", "a=S\t_ga=G", []string{"_ga"}},
	{"space", "a=S _ga=G", []string{"_ga"}},
	{"several", "a=1,b=2 c=3\td=4", []string{"b", "c", "d"}},
	{"words between", "a=1 words in between _ga = 2", []string{"_ga"}},
	{"runs of separators", "a=1,, \t,_ga=2", []string{"_ga"}},
	{"in the name of the pair", `"S" _ga=G`, []string{"_ga"}},
	{"comma in the name of the pair", "S,_ga=G", []string{"_ga"}},
	{"opening quote is none", `a="_ga=G"`, nil},
	{"opening quote after space is none", `a= "_ga=G"`, []string{`"_ga`}},
	{"quote inside quotes closes", `a="x"_ga=G"`, []string{"_ga"}},
	{"empty quotes", `a=""_ga=G`, []string{"_ga"}},
	{"quote in the middle closes", `a=x"_ga=G`, []string{"_ga"}},
	{"base64 padding", "a=QUJD==", nil},
	{"base64 padding after a word", "a=QUJDRA==; ", nil},
	{"query string", "a=x?b=1&c=2", nil},
	{"equals sign in the token before", "a=b=c=d", nil},
	{"JSON without equals sign", `p={"ga": true, "matomo": false}`, nil},
	{"JSON in Python's quotes", `p="{\"ga\": true\054 \"matomo\": false}"`, nil},
	{"nothing before the equals sign", "a=b, =c", nil},
	{"space, then equals sign", "a=b =c", nil},
	{"non-ASCII", "a=b,préf=c", []string{"préf"}},
	{"no-break space is no separator", "a=b\u00a0_ga=c", nil},
	{"nameless hides nothing", `"a" _ga`, nil},
	{"empty", "", nil},
}

// Q8: what a lenient parser may find inside another pair, and nothing else.
func TestHidden(t *testing.T) {
	t.Parallel()
	for _, row := range hiddenRows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			pair := onePair(row.text)
			got := slices.Collect(Hidden(pair))
			if !slices.Equal(got, row.want) {
				t.Errorf("Q8: Hidden(%q) = %q, want %q", row.text, got, row.want)
			}
			if len(got) > 0 && !MayHide(pair) {
				t.Errorf("Q8: MayHide(%q) is false, and yet it hides %q", row.text, got)
			}
			seen := 0
			for range Hidden(pair) { // a caller that has seen enough
				seen++
				break
			}
			if seen != min(1, len(row.want)) {
				t.Errorf("Q8: %d names before the first break", seen)
			}
		})
	}
}

// Q8: the cheap question spares ordinary pairs the dear one.
func TestMayHide(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		text string
		want bool
	}{
		{"sessionid=abc", false},
		{"a=b,c d\te\"f", false}, // no "=" that a name could precede
		{"_ga", false},
		{"", false},
		{"a=", false},
		{"a=b=", true},
		{"a b=c", true},
		{"a\tb=c", true},
		{"a,b=c", true},
		{`a"b=c`, true},
	} {
		if got := MayHide(onePair(row.text)); got != row.want {
			t.Errorf("Q8: MayHide(%q) = %v, want %v", row.text, got, row.want)
		}
	}
}

// Q10: no byte is in two names, so the work that a pair can cause is bounded by
// its length, also where it is made of nothing but separators.
func TestHiddenIsLinear(t *testing.T) {
	for _, unit := range []string{",a=", "a =", " ", "\"", ",", "=", "a ", " a  = ", `"a" b=`, "\t,\" x"} {
		t.Run(fmt.Sprintf("%q", unit), func(t *testing.T) {
			text := "n=" + strings.Repeat(unit, 20_000)
			pair := onePair(text)
			sum, end := 0, 0
			for name := range Hidden(pair) {
				at := offsetIn(pair.Text, name)
				if at < end {
					t.Fatalf("Q10: %q at %d is a copy, or overlaps what ends at %d", name, at, end)
				}
				end = at + len(name)
				sum += len(name)
			}
			if sum > len(text) {
				t.Errorf("Q10: names of %d bytes in a pair of %d", sum, len(text))
			}
			if allocs := testing.AllocsPerRun(2, func() {
				for range Hidden(pair) {
				}
			}); allocs != 0 {
				t.Errorf("Q10: %v allocations, want none", allocs)
			}
		})
	}
}

// hiddenForm says what Hidden looks for in other words: a separator, a run of
// other bytes, space and tab, "=".
var hiddenForm = regexp.MustCompile("(?s)[, \t\"]([^, \t\"=]+)[ \t]*=")

// hiddenByExpression reads a pair that is ASCII.
func hiddenByExpression(pair Pair) (names []string) {
	text := pair.Text
	if strings.HasPrefix(pair.Value(), `"`) { // the opening quote is an ordinary byte
		at := len(text) - len(pair.Value())
		text = text[:at] + "\x00" + text[at+1:]
	}
	for _, m := range hiddenForm.FindAllStringSubmatchIndex(text, -1) {
		names = append(names, pair.Text[m[2]:m[3]])
	}
	return names
}

func TestHiddenByExpressionItself(t *testing.T) {
	t.Parallel()
	for _, row := range hiddenRows {
		if got := hiddenByExpression(onePair(row.text)); !slices.Equal(got, row.want) {
			t.Errorf("the reference finds %q in %q, want %q", got, row.text, row.want)
		}
	}
}

// FuzzHidden: every name is a substring that is followed, after space and tab,
// by "="; it finds what a regular expression finds; and MayHide never denies
// what Hidden finds (Q8, Q10).
func FuzzHidden(f *testing.F) {
	for _, row := range hiddenRows {
		f.Add(row.text)
	}
	for _, row := range pairRows {
		f.Add(row.text)
	}
	f.Fuzz(func(t *testing.T, line string) {
		pair, _, _ := Next(line)
		end := 0
		var got []string
		for name := range Hidden(pair) {
			at := offsetIn(pair.Text, name)
			if name == "" || at < end {
				t.Fatalf("Q8: %q is empty, a copy, or overlaps another name in %q", name, pair.Text)
			}
			end = at + len(name)
			if after := strings.TrimLeft(pair.Text[end:], " \t"); !strings.HasPrefix(after, "=") {
				t.Fatalf("Q8: %q in %q is followed by %q, want =", name, pair.Text, after)
			}
			got = append(got, name)
		}
		if len(got) > 0 && !MayHide(pair) {
			t.Fatalf("Q8: MayHide is false for %q, which hides %q", pair.Text, got)
		}
		if want := hiddenByExpression(pair); !slices.Equal(got, want) {
			t.Fatalf("Q8: Hidden(%q) = %q, want %q", pair.Text, got, want)
		}
	})
}

// FuzzReadings: no name has many readings, none is longer than the name, and a
// name without unusual bytes has none (Q7, Q10).
func FuzzReadings(f *testing.F) {
	for _, row := range readingRows {
		f.Add(row.cookie)
	}
	plain := regexp.MustCompile(`^[!-$&-\-/-Z\\-~]*$`) // no white space, ".", "%" or "["
	f.Fuzz(func(t *testing.T, name string) {
		n := 0
		for reading := range Readings(name) {
			n++
			if len(reading) > len(name) {
				t.Fatalf("Q10: %q is longer than %q", reading, name)
			}
		}
		if n > 12 || n > 0 && plain.MatchString(name) {
			t.Fatalf("Q7: %d readings of %q", n, name)
		}
		if strings.TrimSpace(name) != name && !slices.Contains(slices.Collect(Readings(name)), strings.TrimSpace(name)) {
			trimmed := strings.Trim(strings.TrimSpace(name), "\x1c\x1d\x1e\x1f")
			if trimmed == strings.TrimSpace(name) { // else Python trims more than Go does
				t.Fatalf("Q7: no reading of %q is without white space", name)
			}
		}
	})
}
