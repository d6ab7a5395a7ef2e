package cookie

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var hiddenRows = []struct {
	name, text string
	want       []string
}{
	{"nothing", "sessionid=S", nil},
	{"comma", "sessionid=S,_ga=G", []string{"_ga"}},
	{"closing quote and space", `sessionid="S" _ga=G`, []string{"_ga"}},
	{"closing quote alone", `sessionid="S"_ga=G`, []string{"_ga"}},
	{"RFC 2965", "$Version=1, sessionid=S, _ga=G", []string{"sessionid", "_ga"}},
	{"space before the equals sign", "S, _ga =G", []string{"S", "_ga"}},
	{"tab before the equals sign", "a=S,_ga\t \t=G", []string{"_ga"}},
	{"tab", "a=S\t_ga=G", []string{"_ga"}},
	{"space", "a=S _ga=G", []string{"_ga"}},
	{"several", "a=1,b=2 c=3\td=4", []string{"b", "c", "d"}},
	{"words between", "a=1 words in between _ga = 2", []string{"words", "in", "between", "_ga", "2"}},
	{"runs of separators", "a=1,, \t,_ga=2", []string{"_ga"}},
	{"in the name of the pair", `"S" _ga=G`, []string{"_ga"}},
	{"comma in the name of the pair", "S,_ga=G", []string{"S", "_ga"}},
	{"opening quote is none", `a="_ga=G"`, nil},
	{"opening quote after space is none", `a= "_ga=G"`, []string{`"_ga`}},
	{"quote inside quotes closes", `a="x"_ga=G"`, []string{"_ga"}},
	{"opening quote that nothing closes (WebOb)", `a="_ga=G`, []string{"_ga"}},
	{"opening quote that an escaped one closes (WebOb)", `a="b\"_ga=G`, []string{"_ga"}},
	{"opening quote of a pair without name (WebOb)", `="_ga=G"`, []string{"_ga"}},
	{"empty quotes", `a=""_ga=G`, []string{"_ga"}},
	{"quote in the middle closes", `a=x"_ga=G`, []string{"_ga"}},
	{"base64 padding", "a=QUJD==", nil},
	{"base64 padding after a word", "a=QUJDRA==; ", nil},
	{"query string", "a=x?b=1&c=2", nil},
	{"equals sign in the token before", "a=b=c=d", nil},
	{"names in JSON", `p={"ga": "x", "matomo": "y", "_ga": ["_gid","_gat", "_gac"]}`, nil},
	{"words in JSON", `p={"ga": true, "matomo": false}`, []string{"true", "false}"}},
	{"JSON in Python's quotes", `p="{\"ga\": true\054 \"matomo\": false}"`, nil},
	{"nothing before the equals sign", "a=b, =c", nil},
	{"space, then equals sign", "a=b =c", nil},
	{"non-ASCII", "a=b,préf=c", []string{"préf", "f"}},
	{"no-break space (WebOb)", "a=b\u00a0_ga=c", []string{"_ga"}},
	{"a byte of 0x80 and up (WebOb)", "a=\"b\"\xa0_ga=c", []string{"\xa0_ga", "_ga"}},
	{"control byte (WebOb)", "a=b\x01_ga=c", []string{"_ga"}},
	{"closing bracket (WebOb)", "a=b]_ga=c", []string{"_ga"}},
	{"opening bracket (WebOb)", "a=b[_ga=c", []string{"_ga"}},
	{"backslash (WebOb)", `a=b x\_ga=c`, []string{`x\_ga`, "_ga"}},
	{"bracket (WebOb), and brackets (PHP)", "a=b]_ga[x]=c", []string{"_ga"}},
	{"white space after a byte of no name", "a=b]_ga\xa0=c", []string{"_ga"}},
	{"in the name of the pair (WebOb)", "x[_ga=c", []string{"_ga"}},
	{"parenthesis (Tomcat)", "a=b,(_ga=c", []string{"(_ga", "_ga"}},
	{"all that Tomcat skips", "a=b, ({[:<>?@\\]})\t= _ga=c", []string{"_ga"}},
	{"parenthesis in a value", "a=b(_ga=c", nil},
	{"parenthesis in a word", "a=b,x(_ga=c", []string{"x(_ga"}},
	{"parenthesis, then a word (Tomcat)", "(_ga=c", []string{"_ga"}},
	{"alone where the pair begins", "_ga x, y=b", []string{"_ga", "x", "y"}},
	{"alone after a comma (CGI.pm, Mojolicious)", "a=b,_ga", []string{"_ga"}},
	{"alone between commas", "a=b,_ga,c", []string{"_ga", "c"}},
	{"alone after comma and space", "a=b, _ga ", []string{"_ga"}},
	{"alone after a space (Mojolicious)", "a=b _ga", []string{"_ga"}},
	{"alone after a closing quote (Mojolicious)", `a="b"_ga`, []string{"_ga"}},
	{"alone after a quote that closes nothing", `a=b"_ga`, nil},
	{"alone after a quote and a space (Mojolicious)", `a=b"c" _ga`, []string{"_ga"}},
	{"alone in quotes", `a="b _ga c"`, nil},
	{"alone in quotes, after an escaped one", `a="b\" _ga c"`, nil},
	{"alone after an escaped quote that closes (Mojolicious)", `a="b\"_ga`, []string{"_ga"}},
	{"alone in quotes, between commas (CGI.pm)", `a="b,_ga,c"`, []string{"_ga"}},
	{"alone before a value in quotes", `x _ga y="z"`, []string{"x", "_ga", "y"}},
	{"alone in quotes that nothing closes", `a="b _ga`, []string{"b", "_ga"}},
	{"alone after base64 padding", "a=QUJD== _ga", []string{"_ga"}},
	{"a list of names in quotes", `a=["_ga","_gid"]`, nil},
	{"alone behind white space of the value", "a= \t _ga", nil},
	{"alone in a pair without name (Mojolicious)", `"a" _ga`, []string{"_ga"}},
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
		{"a=b\te\"f", false},
		{`a="b c"`, true},
		{`a="b"`, false},
		{`a="b"c`, true},
		{`a="b`, true},
		{`a="`, false},
		{"a=b,c", true},
		{"a=b c", true},
		{"a[b=c", true},
		{"(b=c", true},
		{"a(b=c", false},
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

// Q10: no byte is in many names, so the work that a pair can cause is bounded by
// its length, also where it is made of nothing but separators.
func TestHiddenIsLinear(t *testing.T) {
	for _, unit := range []string{",a=", "a =", " ", "\"", ",", "=", "a ", " a  = ", `"a" b=`, "\t,\" x", "]a", "[a", "\xa0a", ",(", ",([a", ",a[b]"} {
		t.Run(fmt.Sprintf("%q", unit), func(t *testing.T) {
			text := "n=" + strings.Repeat(unit, 20_000) + "="
			pair := onePair(text)
			sum := 0
			for name := range Hidden(pair) {
				sum += len(name)
			}
			if sum > 4*len(text) {
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

// carelessParsers find names in a pair as parsers do that were measured
// (docs/careless-parsers.md), written down a second time.
var carelessParsers = map[string]func(text string) (names []string){
	"WebOb": func(text string) []string {
		const legal = "[A-Za-z0-9_~!@#$%^&*()+=`.?|:/{}<>'-]"
		return submatches(`(`+legal+`+?)[\s\v]*=[\s\v]*(?:"(?:\\"|.)*?"|(?:`+legal+`|\\(?:[0-3][0-7][0-7]|.))*)`, text)
	},
	"CGI.pm": func(text string) (names []string) {
		for _, part := range strings.Split(text, ",") {
			name, _, _ := strings.Cut(strings.Trim(part, cSpace), "=")
			names = append(names, name)
		}
		return names
	},
	"Mojolicious": func(text string) (names []string) {
		for m := mojolicious.FindStringSubmatchIndex(text); m != nil; m = mojolicious.FindStringSubmatchIndex(text) {
			names, text = append(names, text[m[2]:m[3]]), text[m[1]:]
		}
		return names
	},
	"Tomcat": func(text string) []string {
		const separators = `\t "(),:<=>?@\[\]\\{}`
		return submatches(`(?:^|,)[`+separators+`]*([^`+separators+`\x00-\x1f\x7f]+)[ \t]*=`, text)
	},
}

var mojolicious = regexp.MustCompile(`(?s)^[,\s\v]*([^=;, ]+)[\s\v]*(?:=[\s\v]*"(?:\\\\|\\"|[^"])*"|=[\s\v]*[^;, ]*)?`)

func submatches(expression, text string) (names []string) {
	for _, m := range regexp.MustCompile(`(?s)`+expression).FindAllStringSubmatch(text, -1) {
		names = append(names, m[1])
	}
	return names
}

func TestCarelessParsersThemselves(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		parser, text string
		want         []string
	}{
		{"WebOb", `sessionid="S"]_ga =G`, []string{"sessionid", "_ga"}},
		{"CGI.pm", "sessionid=S, _ga,x=1", []string{"sessionid", "_ga", "x"}},
		{"Mojolicious", `sessionid="S, T"x _ga`, []string{"sessionid", "x", "_ga"}},
		{"Tomcat", "sessionid=S,({_ga=G", []string{"sessionid", "_ga"}},
	} {
		if got := carelessParsers[row.parser](row.text); !slices.Equal(got, row.want) {
			t.Errorf("%s finds %q in %q, want %q", row.parser, got, row.text, row.want)
		}
	}
}

// FuzzHidden: every name is a substring; MayHide never denies what Hidden finds; and
// what the careless parsers find is the pair's own name, or a reading of what Hidden
// does (Q8, Q10, Q12).
func FuzzHidden(f *testing.F) {
	for _, row := range hiddenRows {
		f.Add(row.text)
	}
	for _, row := range pairRows {
		f.Add(row.text)
	}
	for _, found := range []string{"0=\r\"\"1", `0=""0=""1`, `(="0="`, `"=(  0`, "\"0 \n=", "0=0 0=\"\\\"1", "=(\t\"\"0"} { // by this test
		f.Add(found)
	}
	f.Fuzz(func(t *testing.T, line string) {
		pair, _, _ := Next(line)
		total := 0
		known := readingsOf(pair.NameAsSent())
		if pair.Name() == "" { // the text of a pair without a name is judged elsewhere
			text, _, _ := Next(strings.TrimLeft(pair.Text, "= \t"))
			known = slices.Concat(known, readingsOf(text.NameAsSent()), readingsOf(text.Text))
		}
		for name := range Hidden(pair) {
			if name == "" || offsetIn(pair.Text, name) < 0 {
				t.Fatalf("Q8: %q is empty, or a copy, in %q", name, pair.Text)
			}
			total += len(name)
			known = append(known, readingsOf(name)...)
		}
		if total > 4*len(pair.Text) {
			t.Fatalf("Q10: names of %d bytes in a pair of %d", total, len(pair.Text))
		}
		if total > 0 && !MayHide(pair) {
			t.Fatalf("Q8: MayHide is false for %q", pair.Text)
		}
		for parser, read := range carelessParsers {
			for _, name := range read(pair.Text) {
				if isPlain.MatchString(name) && !slices.Contains(known, name) {
					t.Fatalf("Q12: %s finds %q in %q, Hidden only %q", parser, name, pair.Text, known)
				}
			}
		}
	})
}

// isPlain matches names as trackers' cookies have.
var isPlain = regexp.MustCompile(`^[A-Za-z0-9_.-]+$`)
