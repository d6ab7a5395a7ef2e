package cookie

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"
)

// testNow is the hour in which the deletion tests take place.
var testNow = time.Date(2026, time.July, 15, 12, 0, 0, 0, time.UTC)

func atTestNow() time.Time { return testNow }

var deletionRows = []struct {
	name, line string
	want       bool
}{
	{"nothing said", "_ga=1", false},
	{"attributes that say nothing", "_ga=1; Path=/; Secure; HttpOnly; SameSite=Lax", false},
	{"no attributes, only a value that looks like one", "max-age=0", false},
	{"Django's own", `sessionid=""; expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/; SameSite=Lax`, true},
	{"empty line", "", false},
	{"nameless", "_ga; Max-Age=0", true},

	{"Max-Age zero", "_ga=1; Max-Age=0", true},
	{"Max-Age negative", "_ga=1; Max-Age=-1", true},
	{"Max-Age in odd case and spacing", "_ga=1;\tMAX-age \t= \t0 ", true},
	{"Max-Age without space", "_ga=1;max-age=0", true},
	{"Max-Age of many zeros", "_ga=1; Max-Age=" + strings.Repeat("0", 1024), true},
	{"Max-Age below any integer", "_ga=1; Max-Age=-" + strings.Repeat("9", 100), true},
	{"Max-Age minus zero", "_ga=1; Max-Age=-0", true},
	{"a year of five digits, which Chromium reads, before one of two", "_ga=1; Expires=1 Jan 02077 00 0:0:0", false},
	{"a year of five digits that is past, before one of two", "_ga=1; Expires=1 Jan 02020 00 0:0:0", true},
	{"a year of five digits alone", "_ga=1; Expires=Thu, 01 Jan 01970 00:00:00 GMT", false},
	{"Expires with a long s, which browsers do not know", "_ga=1; expire\u017f=Thu, 01 Jan 1970 00:00:00 GMT", false},
	{"a line feed before an attribute, which net/http writes as a space", "_ga=1; Max-Age=0;\nMax-Age=1000", false},
	{"a carriage return before the equals sign", "_ga=1; Max-Age=0; Max-Age\r=1000", false},
	{"a line feed in a date", "_ga=1; Expires=Thu, 01 Jan a\n2070 1970 00:00:00 GMT", false},
	{"a zero byte, where old browsers end the line", "_ga=1\x00; Max-Age=0", false},
	{"a delete character, for which browsers ignore the line", "_ga=1; Max-Age=0; \x7f", false},
	{"Max-Age positive", "_ga=1; Max-Age=1", false},
	{"Max-Age zeros, then one", "_ga=1; Max-Age=0001", false},
	{"Max-Age plus zero", "_ga=1; Max-Age=+0", false},
	{"Max-Age plus one", "_ga=1; Max-Age=+1", false},
	{"Max-Age empty", "_ga=1; Max-Age=", false},
	{"Max-Age without equals sign", "_ga=1; Max-Age", false},
	{"Max-Age minus alone", "_ga=1; Max-Age=-", false},
	{"Max-Age two minuses", "_ga=1; Max-Age=--1", false},
	{"Max-Age in quotes", `_ga=1; Max-Age="0"`, false},
	{"Max-Age fraction", "_ga=1; Max-Age=0.5", false},
	{"Max-Age hexadecimal", "_ga=1; Max-Age=0x0", false},
	{"Max-Age words", "_ga=1; Max-Age=0 seconds", false},
	{"Max-Age in other digits", "_ga=1; Max-Age=\u0660", false},
	{"Max-Age longer than 1024 bytes", "_ga=1; Max-Age=" + strings.Repeat("0", 1025), false},
	{"Max-Age negative, longer than 1024 bytes", "_ga=1; Max-Age=-" + strings.Repeat("9", 1024), false},

	{"two Max-Age, both zero or less", "_ga=1; Max-Age=0; Max-Age=-5", true},
	{"two Max-Age, the last one positive", "_ga=1; Max-Age=0; Max-Age=9", false},
	{"two Max-Age, the first one positive", "_ga=1; Max-Age=9; Max-Age=0", false},
	{"two Max-Age, the last one invalid (measured in Chromium: stored)", "_ga=1; Max-Age=0; Max-Age=zz", false},
	{"two Max-Age, the first one invalid", "_ga=1; Max-Age=zz; Max-Age=0", false},
	{"two Max-Age, the last one too long", "_ga=1; Max-Age=0; Max-Age=" + strings.Repeat("0", 1025), false},
	{"two Max-Age, the last one empty", "_ga=1; Max-Age=0; Max-Age", false},
	{"another name", "_ga=1; XMax-Age=0", false},
	{"no-break space is no space", "_ga=1;\u00a0Max-Age=0", false},

	{"Expires in the past", "_ga=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT", true},
	{"Expires a second ago", "_ga=1; Expires=Wed, 15 Jul 2026 11:59:59 GMT", true},
	{"Expires now", "_ga=1; Expires=Wed, 15 Jul 2026 12:00:00 GMT", false},
	{"Expires in the future", "_ga=1; Expires=Wed, 15 Jul 2026 12:00:01 GMT", false},
	{"Expires with dashes", "_ga=1; Expires=Thu, 01-Jan-1970 00:00:01 GMT", true},
	{"Expires unparsable", "_ga=1; Expires=yesterday", false},
	{"Expires empty", "_ga=1; Expires=", false},
	{"Expires without equals sign", "_ga=1; Expires", false},
	{"Expires zero", "_ga=1; Expires=0", false},
	{"Expires longer than 1024 bytes", "_ga=1; Expires=Thu, 01 Jan 1970 " + strings.Repeat(" ", 1024) + "00:00:00 GMT", false},
	{"Expires gmt in lower case", "_ga=1; expires=wed, 15 jul 2026 11:59:59 gmt", true},

	{"another zone, past by an hour", "_ga=1; Expires=Wed, 15 Jul 2026 11:00:00 PST", false},
	{"another zone, past by a day", "_ga=1; Expires=Tue, 14 Jul 2026 12:00:00 PST", false},
	{"another zone, past by more than a day", "_ga=1; Expires=Tue, 14 Jul 2026 11:59:59 PST", true},
	{"offset after GMT, past by an hour", "_ga=1; Expires=Wed, 15 Jul 2026 11:00:00 GMT-0800", false},
	{"no zone, past by an hour", "_ga=1; Expires=Wed, 15 Jul 2026 11:00:00", false},
	{"no zone, past by more than a day", "_ga=1; Expires=Tue, 14 Jul 2026 11:00:00", true},
	{"zone before the time", "_ga=1; Expires=PST Wed, 15 Jul 2026 11:00:00", false},

	{"two Expires, both past", "_ga=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Expires=Fri, 02 Jan 1970 00:00:00 GMT", true},
	{"two Expires, the last one in the future", "_ga=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Expires=Fri, 01 Jan 2100 00:00:00 GMT", false},
	{"two Expires, the first one in the future", "_ga=1; Expires=Fri, 01 Jan 2100 00:00:00 GMT; Expires=Thu, 01 Jan 1970 00:00:00 GMT", false},
	{"two Expires, one unparsable", "_ga=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Expires=never", false},

	{"Max-Age zero beats Expires in the future", "_ga=1; Expires=Fri, 01 Jan 2100 00:00:00 GMT; Max-Age=0", true},
	{"Max-Age positive beats Expires in the past", "_ga=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=60", false},
	{"Max-Age invalid, Expires in the past", "_ga=1; Max-Age=zz; Expires=Thu, 01 Jan 1970 00:00:00 GMT", false},
}

// S2: a deletion is one in every reading.
func TestDeletes(t *testing.T) {
	t.Parallel()
	for _, row := range deletionRows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			if got := Deletes(row.line, atTestNow); got != row.want {
				t.Errorf("S2: Deletes(%.200q) = %v, want %v", row.line, got, row.want)
			}
		})
	}
}

// S2, S4: the last Max-Age wins in browsers, so no line with one appended that
// keeps the cookie may count as a deletion.
func TestDeletesSeesWhatIsAppended(t *testing.T) {
	t.Parallel()
	deletions := 0
	for _, row := range deletionRows {
		if !row.want {
			continue
		}
		deletions++
		for _, appended := range []string{"; Max-Age=1", "; max-age=zz", ";Max-Age"} {
			if Deletes(row.line+appended, atTestNow) {
				t.Errorf("S2: Deletes(%.200q) with %q appended is true", row.line, appended)
			}
		}
	}
	if deletions == 0 {
		t.Error("no row is a deletion: nothing was checked")
	}
}

// S2: the clock is asked only where there is a date to compare.
func TestDeletesAsksForTheTimeOnlyWhereItMatters(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]bool{
		"a=1; Path=/":    false,
		"a=1; Max-Age=0": false,
		"a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT": true,
	} {
		asked := false
		Deletes(line, func() time.Time { asked = true; return testNow })
		if asked != want {
			t.Errorf("S2: asked for the time for %q: %v, want %v", line, asked, want)
		}
	}
}

var (
	maxAgeAttribute  = regexp.MustCompile(`^[ \t]*[Mm][Aa][Xx]-[Aa][Gg][Ee][ \t]*(?:=[ \t]*((?s).*?)[ \t]*)?$`)
	expiresAttribute = regexp.MustCompile(`^[ \t]*[Ee][Xx][Pp][Ii][Rr][Ee][Ss][ \t]*(?:=[ \t]*((?s).*?)[ \t]*)?$`) // (?i) knows a long s, too
	controls         = regexp.MustCompile(`[\x00-\x08\x0a-\x1f\x7f]`)
	zeroOrLess       = regexp.MustCompile(`^(0+|-[0-9]+)$`)
	digits           = regexp.MustCompile(`[0-9]`)
)

// FuzzDeletes compares with a reading of the attributes by regular expressions
// (S2): exactly so for Max-Age; for Expires, a deletion needs dates that no
// parser of the standard library takes for the future.
func FuzzDeletes(f *testing.F) {
	for _, row := range deletionRows {
		f.Add(row.line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		got := Deletes(line, atTestNow)
		if got && controls.MatchString(line) {
			t.Fatalf("S2: Deletes(%q) in spite of a control character", line)
		}
		var maxAges, expires []string
		for _, attribute := range strings.Split(line, ";")[1:] {
			if m := maxAgeAttribute.FindStringSubmatch(attribute); m != nil {
				maxAges = append(maxAges, m[1])
			} else if m := expiresAttribute.FindStringSubmatch(attribute); m != nil {
				expires = append(expires, m[1])
			}
		}
		if len(maxAges) > 0 {
			want := !controls.MatchString(line)
			for _, v := range maxAges {
				want = want && len(v) <= 1024 && zeroOrLess.MatchString(v)
			}
			if got != want {
				t.Fatalf("S2: Deletes(%q) = %v, but its Max-Age are %q", line, got, maxAges)
			}
			return
		}
		if got && len(expires) == 0 {
			t.Fatalf("S2: Deletes(%q) without Max-Age and Expires", line)
		}
		for _, v := range expires {
			if !got {
				break
			}
			if len(digits.FindAllString(v, -1)) < 6 { // a day, a year and a time at least
				t.Fatalf("S2: Deletes(%q), but %q is no date", line, v)
			}
			if date, err := http.ParseTime(v); err == nil && !date.Before(testNow) {
				t.Fatalf("S2: Deletes(%q), but %q is not past", line, v)
			}
		}
		if got && Deletes(line+"; Max-Age=1", atTestNow) {
			t.Fatalf("S2: Deletes(%q), also where a Max-Age keeps it", line)
		}
	})
}
