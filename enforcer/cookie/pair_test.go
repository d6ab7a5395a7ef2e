package cookie

import (
	"slices"
	"strings"
	"testing"
	"unsafe"
)

// offsetIn tells where a substring starts in the string it was cut from. It is
// how the tests see that nothing was copied, and that nothing is looked at
// twice. It is -1 where sub is not cut from s at all.
func offsetIn(s, sub string) int {
	start, at := uintptr(unsafe.Pointer(unsafe.StringData(s))), uintptr(unsafe.Pointer(unsafe.StringData(sub)))
	if at < start || at+uintptr(len(sub)) > start+uintptr(len(s)) {
		return -1
	}
	return int(at - start)
}

var pairRows = []struct {
	name, text string
	want       Pair
}{
	{"plain", "sessionid=abc", Pair{Text: "sessionid=abc", Name: "sessionid", Value: "abc"}},
	{"space and tab around everything", " \t a \t = \t b \t ", Pair{Text: "a \t = \t b", Name: "a", Value: "b"}},
	{"tab inside a value", "a=b\tc", Pair{Text: "a=b\tc", Name: "a", Value: "b\tc"}},
	{"first equals sign ends the name", "a=b=c==", Pair{Text: "a=b=c==", Name: "a", Value: "b=c=="}},
	{"quotes stay", `a="b c"`, Pair{Text: `a="b c"`, Name: "a", Value: `"b c"`}},
	{"quotes in a name", `"a"=b`, Pair{Text: `"a"=b`, Name: `"a"`, Value: "b"}},
	{"JSON", `p={"ga":true,"x":"="}`, Pair{Text: `p={"ga":true,"x":"="}`, Name: "p", Value: `{"ga":true,"x":"="}`}},
	{"backslashes", `p="{\"ga\": true\054 \"at\": false}"`, Pair{Text: `p="{\"ga\": true\054 \"at\": false}"`, Name: "p", Value: `"{\"ga\": true\054 \"at\": false}"`}},
	{"brackets in a name", "a[b]=c", Pair{Text: "a[b]=c", Name: "a[b]", Value: "c"}},
	{"colon in a name", "a:b=c", Pair{Text: "a:b=c", Name: "a:b", Value: "c"}},
	{"comma in a value", "a=b,c=d", Pair{Text: "a=b,c=d", Name: "a", Value: "b,c=d"}},
	{"UTF-8 in a name", "préférence=é", Pair{Text: "préférence=é", Name: "préférence", Value: "é"}},
	{"bytes that are not UTF-8", "\xe9\xff=\x80", Pair{Text: "\xe9\xff=\x80", Name: "\xe9\xff", Value: "\x80"}},
	{"no-break space is no space", "\u00a0a\u00a0=b", Pair{Text: "\u00a0a\u00a0=b", Name: "\u00a0a\u00a0", Value: "b"}},
	{"line breaks are no space", "\na\r=b\v", Pair{Text: "\na\r=b\v", Name: "\na\r", Value: "b\v"}},
	{"case stays", "SessionID=A", Pair{Text: "SessionID=A", Name: "SessionID", Value: "A"}},
	{"no value", "a=", Pair{Text: "a=", Name: "a"}},
	{"equals sign first", "=b", Pair{Text: "=b", Value: "b"}},
	{"equals signs first", "==b", Pair{Text: "==b", Value: "=b"}},
	{"equals sign alone", "=", Pair{Text: "="}},
	{"nameless", "_ga", Pair{Text: "_ga", Value: "_ga"}},
	{"nameless with space", "\t_ga x ", Pair{Text: "_ga x", Value: "_ga x"}},
	{"nothing", "", Pair{}},
	{"only space", " \t ", Pair{}},
}

// Q2: the name is what precedes the first "=", space and tab alone are trimmed,
// and every other byte stays as it is.
func TestPair(t *testing.T) {
	t.Parallel()
	for _, row := range pairRows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			if got := onePair(row.text); got != row.want {
				t.Errorf("Q2: Next(%q) = %+v, want %+v", row.text, got, row.want)
			}
		})
	}
}

var lineRows = []struct {
	name, line string
	texts      []string
}{
	{"one", "a=1", []string{"a=1"}},
	{"two", "a=1; b=2", []string{"a=1", "b=2"}},
	{"no space between", "a=1;b=2", []string{"a=1", "b=2"}},
	{"duplicates keep their order", "a=2; a=1; a=2", []string{"a=2", "a=1", "a=2"}},
	{"empty pairs", ";; a=1;;\t; b=2; ", []string{"", "", "a=1", "", "", "b=2", ""}},
	{"nothing", "", []string{""}},
	{"semicolon alone", ";", []string{"", ""}},
	{"quotes do not hide a semicolon", `a="1;b=2"`, []string{`a="1`, `b=2"`}},
	{"commas do not part", "a=1, b=2", []string{"a=1, b=2"}},
	{"nameless among named", "a=1; _ga; =x", []string{"a=1", "_ga", "=x"}},
}

// Q2: pairs are what stands between ";", also between quotes; nothing is lost,
// and the last call says so.
func TestNext(t *testing.T) {
	t.Parallel()
	for _, row := range lineRows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			var texts []string
			for rest, more := row.line, true; more; {
				if len(texts) > len(row.line) {
					t.Fatalf("Q10: more pairs than bytes in %q", row.line)
				}
				var pair Pair
				pair, rest, more = Next(rest)
				texts = append(texts, pair.Text)
				if !more && rest != "" {
					t.Errorf("Q2: the line is used up, and yet %q is left", rest)
				}
			}
			if !slices.Equal(texts, row.texts) {
				t.Errorf("Q2: pairs of %q are %q, want %q", row.line, texts, row.texts)
			}
		})
	}
}

// Q10: reading allocates nothing, whatever the line says.
func TestNextDoesNotAllocate(t *testing.T) {
	line := strings.Repeat(`a[b]="{1}" ; =x; préf = 1;;`, 50)
	pairs := 0
	allocs := testing.AllocsPerRun(10, func() {
		pairs = 0
		for rest, more := line, true; more; pairs++ {
			_, rest, more = Next(rest)
		}
	})
	if allocs != 0 || pairs != 201 {
		t.Errorf("Q10: %v allocations for %d pairs, want none for 201", allocs, pairs)
	}
}

// FuzzNext compares with the two lines of code that say the same (Q2), and sees
// that all texts are cut from the line, in order (Q10).
func FuzzNext(f *testing.F) {
	for _, row := range pairRows {
		f.Add(row.text)
	}
	for _, row := range lineRows {
		f.Add(row.line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		segments := strings.Split(line, ";")
		end := 0
		for rest, more := line, true; more; {
			if len(segments) == 0 {
				t.Fatalf("Q10: more pairs than segments in %q", line)
			}
			var pair Pair
			pair, rest, more = Next(rest)
			text := strings.Trim(segments[0], " \t")
			name, value, named := strings.Cut(text, "=")
			if !named {
				name = ""
			}
			want := Pair{Text: text, Name: strings.Trim(name, " \t"), Value: strings.Trim(value, " \t")}
			if !named {
				want.Name, want.Value = "", text
			}
			if pair != want {
				t.Fatalf("Q2: pair %+v, want %+v", pair, want)
			}
			if pair.Text != "" {
				at := offsetIn(line, pair.Text)
				if at < end {
					t.Fatalf("Q10: %q is a copy, or stands before byte %d, which is read already", pair.Text, end)
				}
				end = at + len(pair.Text)
			}
			for _, part := range []string{pair.Name, pair.Value} {
				if part != "" && offsetIn(pair.Text, part) < 0 {
					t.Fatalf("Q2: %q is no substring of %q", part, pair.Text)
				}
			}
			segments = segments[1:]
		}
		if len(segments) != 0 {
			t.Fatalf("Q2: %q were not read", segments)
		}
	})
}

// findByNext is the reference for Find: it reads every pair.
func findByNext(line, name string) (values []string) {
	for more := true; more; {
		var pair Pair
		pair, line, more = Next(line)
		if pair.Name == name && strings.Contains(pair.Text, "=") {
			values = append(values, pair.Value)
		}
	}
	return values
}

func findAll(t *testing.T, line, name string) (values []string) {
	t.Helper()
	for rest := line; ; {
		value, after, ok := Find(rest, name)
		if !ok {
			return values
		}
		if len(after) >= len(rest) {
			t.Fatalf("Q10: Find(%q, %q) does not get on", rest, name)
		}
		values, rest = append(values, value), after
	}
}

var findRows = []struct {
	name, line string
	want       []string
}{
	{"only one", "choice=1", []string{"1"}},
	{"several (C3)", "choice=1; a=2; choice=3", []string{"1", "3"}},
	{"space and tab", "a=1;\t choice \t=\t2 ;b=3", []string{"2"}},
	{"equals sign in the value", "choice=a=b", []string{"a=b"}},
	{"no value", "choice=", []string{""}},
	{"nameless", "choice; a=choice", nil},
	{"longer names", "xchoice=1; choicex=2; choice x=3; x choice=4", nil},
	{"in a value", "a=choice=1; b= choice=2", nil},
	{"in a value, then for real", "a=choice=1;choice=2", []string{"2"}},
	{"another case", "Choice=1", nil},
	{"no-break space", "\u00a0choice=1; choice\u00a0=2", nil},
	{"nothing", "", nil},
}

// C3: the consent cookies of a line are found where reading every pair finds
// them.
func TestFind(t *testing.T) {
	t.Parallel()
	for _, row := range findRows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			if got := findAll(t, row.line, "choice"); !slices.Equal(got, row.want) {
				t.Errorf("C3: found %q in %q, want %q", got, row.line, row.want)
			}
			if got := findByNext(row.line, "choice"); !slices.Equal(got, row.want) {
				t.Errorf("the reference finds %q in %q, want %q", got, row.line, row.want)
			}
		})
	}
}

// FuzzFind compares Find with reading every pair (C3). A name is one that a
// policy may give to the consent cookie.
func FuzzFind(f *testing.F) {
	for _, row := range findRows {
		f.Add(row.line, "choice")
		f.Add(row.line, "c")
	}
	f.Fuzz(func(t *testing.T, line, name string) {
		if name == "" || name != trim(name) || strings.ContainsAny(name, ";=") {
			return
		}
		if got, want := findAll(t, line, name), findByNext(line, name); !slices.Equal(got, want) {
			t.Fatalf("C3: found %q for %q in %q, want %q", got, name, line, want)
		}
	})
}

// onePair reads a text that is no more than one pair.
func onePair(text string) Pair {
	pair, _, _ := Next(text)
	return pair
}
