package cookie

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// readingsOf are a name and all its readings.
func readingsOf(name string) []string {
	all := []string{name}
	readings := ReadingsOf(name)
	for reading, ok := readings.Next(); ok; reading, ok = readings.Next() {
		all = append(all, strings.Clone(reading))
	}
	return all
}

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
	{"space at the end (PHP)", "foo ", []string{"foo", "foo_"}},
	{"spaces and dot at the end (PHP)", "foo. ", []string{"foo.", "foo__"}},
	{"tab at the end (PHP)", "a.b\t", []string{"a_b\t", "a_b"}},
	{"white space at the beginning (PHP)", "\v\f foo.x ", []string{"foo_x_", "foo_x"}},
	{"percent, then space at the end (PHP)", "foo%20", []string{"foo", "foo_"}},
	{"bracket without partner, and a dot (PHP 8.0)", "_ga[x.y", []string{"_ga_x.y", "_ga_x_y"}},
	{"no-break space is a byte of a name (PHP)", "a.b\u00a0", []string{"a_b\u00a0"}},
	{"longer than the room", strings.Repeat("a.", 300) + "%5F", []string{strings.Repeat("a_", 300) + "_", strings.Repeat("a.", 300) + "_"}},
}

// mostReadings are a name, and those of the name as it came and decoded.
const mostReadings = 1 + 8 + 1 + 8

// Q7: every name that a backend may make of it is among the readings.
func TestReadings(t *testing.T) {
	t.Parallel()
	for _, row := range readingRows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			got := readingsOf(row.cookie)
			for _, want := range row.want {
				if !slices.Contains(got, want) {
					t.Errorf("Q7: ReadingsOf(%q) = %q, want %q among them", row.cookie, got, want)
				}
			}
			if len(got) > mostReadings {
				t.Errorf("Q10: %d readings of one name", len(got))
			}
			if !HasReadings(row.cookie) {
				t.Errorf("Q7: HasReadings(%q) is false", row.cookie)
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
			if got := readingsOf(row.cookie); slices.Contains(got, row.not) {
				t.Errorf("Q7: ReadingsOf(%q) = %q, want no %q", row.cookie, got, row.not)
			}
		})
	}
}

// Q7: ordinary names have no other readings.
func TestReadingsOfOrdinaryNames(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"sessionid", "csrftoken", "_ga", "__Host-a", "a!#$&'*+-^`|~", "a]b", "a:b", "a,b", `"a"`, ""} {
		if got := readingsOf(name); len(got) != 1 || HasReadings(name) {
			t.Errorf("Q7: ReadingsOf(%q) = %q, want none", name, got[1:])
		}
	}
}

// Q12: to read names that values hide costs no memory.
func TestReadingsAllocateNothing(t *testing.T) {
	for _, name := range []string{"https://www.example.org/a%20page?x[y].z", "\u00a0_pk.id ", strings.Repeat(".", maxReading)} {
		n := 0
		allocs := testing.AllocsPerRun(10, func() {
			readings := ReadingsOf(name)
			for _, ok := readings.Next(); ok; _, ok = readings.Next() {
				n++
			}
		})
		if allocs != 0 || n == 0 {
			t.Errorf("Q12: %v allocations for %d readings of %q, want none", allocs, n, name)
		}
	}
}

// FuzzReadings: no name has many readings, none is longer than the name, and a
// name without unusual bytes has none (Q7, Q10).
func FuzzReadings(f *testing.F) {
	for _, row := range readingRows {
		f.Add(row.cookie)
	}
	plain := regexp.MustCompile(`^[!-$&-\-/-Z\\-~]*$`) // no white space, ".", "%" or "["
	f.Fuzz(func(t *testing.T, name string) {
		got := readingsOf(name)
		for _, reading := range got {
			if len(reading) > len(name) {
				t.Fatalf("Q10: %q is longer than %q", reading, name)
			}
		}
		if n := len(got) - 1; n >= mostReadings || n > 0 && (plain.MatchString(name) || !HasReadings(name)) {
			t.Fatalf("Q7: %d readings of %q", n, name)
		}
		if trimmed := strings.TrimSpace(name); trimmed != "" && trimmed != name && !slices.Contains(got, trimmed) {
			if trimmed == strings.Trim(trimmed, "\x1c\x1d\x1e\x1f") { // else Python trims more than Go does
				t.Fatalf("Q7: no reading of %q is without white space", name)
			}
		}
	})
}
