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

// parts are what a pair consists of.
type parts struct{ Text, Name, Value string }

func partsOf(pair Pair) parts { return parts{pair.Text, pair.Name(), pair.Value()} }

var pairRows = []struct {
	name, text string
	want       parts
}{
	{"plain", "sessionid=abc", parts{Text: "sessionid=abc", Name: "sessionid", Value: "abc"}},
	{"space and tab around everything", " \t a \t = \t b \t ", parts{Text: "a \t = \t b", Name: "a", Value: "b"}},
	{"tab inside a value", "a=b\tc", parts{Text: "a=b\tc", Name: "a", Value: "b\tc"}},
	{"first equals sign ends the name", "a=b=c==", parts{Text: "a=b=c==", Name: "a", Value: "b=c=="}},
	{"quotes stay", `a="b c"`, parts{Text: `a="b c"`, Name: "a", Value: `"b c"`}},
	{"quotes in a name", `"a"=b`, parts{Text: `"a"=b`, Name: `"a"`, Value: "b"}},
	{"JSON", `p={"ga":true,"x":"="}`, parts{Text: `p={"ga":true,"x":"="}`, Name: "p", Value: `{"ga":true,"x":"="}`}},
	{"backslashes", `p="{\"ga\": true\054 \"at\": false}"`, parts{Text: `p="{\"ga\": true\054 \"at\": false}"`, Name: "p", Value: `"{\"ga\": true\054 \"at\": false}"`}},
	{"brackets in a name", "a[b]=c", parts{Text: "a[b]=c", Name: "a[b]", Value: "c"}},
	{"colon in a name", "a:b=c", parts{Text: "a:b=c", Name: "a:b", Value: "c"}},
	{"comma in a value", "a=b,c=d", parts{Text: "a=b,c=d", Name: "a", Value: "b,c=d"}},
	{"UTF-8 in a name", "préférence=é", parts{Text: "préférence=é", Name: "préférence", Value: "é"}},
	{"bytes that are not UTF-8", "\xe9\xff=\x80", parts{Text: "\xe9\xff=\x80", Name: "\xe9\xff", Value: "\x80"}},
	{"no-break space is no space", "\u00a0a\u00a0=b", parts{Text: "\u00a0a\u00a0=b", Name: "\u00a0a\u00a0", Value: "b"}},
	{"line breaks are no space", "\na\r=b\v", parts{Text: "\na\r=b\v", Name: "\na\r", Value: "b\v"}},
	{"case stays", "SessionID=A", parts{Text: "SessionID=A", Name: "SessionID", Value: "A"}},
	{"no value", "a=", parts{Text: "a=", Name: "a"}},
	{"equals sign first", "=b", parts{Text: "=b", Value: "b"}},
	{"equals signs first", "==b", parts{Text: "==b", Value: "=b"}},
	{"equals sign alone", "=", parts{Text: "="}},
	{"nameless", "_ga", parts{Text: "_ga", Value: "_ga"}},
	{"nameless with space", "\t_ga x ", parts{Text: "_ga x", Value: "_ga x"}},
	{"nothing", "", parts{}},
	{"only space", " \t ", parts{}},
}

// Q2: the name is what precedes the first "=", space and tab alone are trimmed,
// and every other byte stays as it is.
func TestPair(t *testing.T) {
	t.Parallel()
	for _, row := range pairRows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			if got := partsOf(onePair(row.text)); got != row.want {
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
			want := parts{Text: text, Name: strings.Trim(name, " \t"), Value: strings.Trim(value, " \t")}
			if !named {
				want.Name, want.Value = "", text
			}
			if got := partsOf(pair); got != want {
				t.Fatalf("Q2: pair %+v, want %+v", got, want)
			}
			if pair.Text != "" {
				at := offsetIn(line, pair.Text)
				if at < end {
					t.Fatalf("Q10: %q is a copy, or stands before byte %d, which is read already", pair.Text, end)
				}
				end = at + len(pair.Text)
			}
			for _, part := range []string{pair.Name(), pair.Value()} {
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

// onePair reads a text that is no more than one pair.
func onePair(text string) Pair {
	pair, _, _ := Next(text)
	return pair
}
