package cookie

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

const testLimit = 100 * time.Second

// expiring is an Expires attribute so many seconds from the hour of the tests.
func expiring(seconds int) string {
	return "Expires=" + testNow.Add(time.Duration(seconds)*time.Second).Format("Mon, 02 Jan 2006 15:04:05 GMT")
}

var lifetimeRows = []struct {
	name, line string
	want       bool
}{
	{"session cookie", "_ga=1", false},
	{"session cookie with attributes", "_ga=1; Path=/; Secure", false},
	{"a value that looks like an attribute", "Max-Age=101", false},
	{"empty line", "", false},

	{"Max-Age of the limit", "_ga=1; Max-Age=100", false},
	{"Max-Age above it", "_ga=1; Max-Age=101", true},
	{"Max-Age above it, in odd case and spacing", "_ga=1;\tmAX-aGE \t=\t 101 ", true},
	{"Max-Age with zeros before it", "_ga=1; Max-Age=00000000000000000000000100", false},
	{"Max-Age beyond any integer", "_ga=1; Max-Age=" + strings.Repeat("9", 50), true},
	{"Max-Age of 2 to the 64 and one", "_ga=1; Max-Age=18446744073709551617", true},
	{"Max-Age below zero", "_ga=1; Max-Age=-101", false},
	{"Max-Age far below zero", "_ga=1; Max-Age=-" + strings.Repeat("9", 50), false},
	{"Max-Age that is no number", "_ga=1; Max-Age=101x", false},
	{"Max-Age with a plus, which Chromium reads", "_ga=1; Max-Age=+101", true},
	{"Max-Age with a plus, short", "_ga=1; Max-Age=+100", false},
	{"Max-Age with two", "_ga=1; Max-Age=++101", false},
	{"Max-Age with a plus and a minus", "_ga=1; Max-Age=+-101", false},
	{"Max-Age empty", "_ga=1; Max-Age=", false},
	{"Max-Age longer than 1024 bytes", "_ga=1; Max-Age=" + strings.Repeat("0", 1024) + "101", false},

	{"the last Max-Age is short", "_ga=1; Max-Age=101; Max-Age=100", false},
	{"the last Max-Age is long", "_ga=1; Max-Age=100; Max-Age=101", true},
	{"a long Max-Age before one that some browsers ignore", "_ga=1; Max-Age=101; Max-Age=zz", true},
	{"a short Max-Age before one that some browsers ignore", "_ga=1; Max-Age=101; Max-Age=100; Max-Age=zz", false},
	{"what this gateway makes of a line", "_ga=1; Max-Age=63072000; Path=/; Max-Age=100", false},

	{"Expires at the limit", "_ga=1; " + expiring(100), false},
	{"Expires after it", "_ga=1; " + expiring(101), true},
	{"Expires in the past", "_ga=1; " + expiring(-1), false},
	{"Expires that cannot be read", "_ga=1; Expires=soon", false},
	{"Expires that does not end in GMT", "_ga=1; Expires=" + testNow.Add(90*time.Second).Format(time.ANSIC), false},
	{"Expires that does not end in GMT, late", "_ga=1; Expires=" + testNow.Add(110*time.Second).Format(time.ANSIC), true},
	{"Expires with a year of five digits, which Chromium reads", "_ga=1; Expires=Fri, 01 Jan 02099 00:00:00 GMT", true},
	{"Expires beyond the year 9999", "_ga=1; Expires=Fri, 01 Jan 10000 00:00:00 GMT", true},
	{"two years, of which Chromium reads the first and others the second", "_ga=1; Expires=1 Jan 02099 00 0:0:0", true},
	{"Expires with a year of six digits", "_ga=1; Expires=Fri, 01 Jan 002099 00:00:00 GMT", false},
	{"two Expires, the first one later", "_ga=1; " + expiring(101) + "; " + expiring(50), false},
	{"two Expires, the last one past", "_ga=1; " + expiring(101) + "; " + expiring(-1), false},
	{"two Expires, the last one later", "_ga=1; " + expiring(50) + "; " + expiring(101), true},
	{"Expires, then one that cannot be read", "_ga=1; " + expiring(101) + "; Expires=soon", true},
	{"Expires that cannot be read, then one", "_ga=1; Expires=soon; " + expiring(101), true},

	{"a short Max-Age beats a late Expires", "_ga=1; Max-Age=100; " + expiring(101), false},
	{"a long Max-Age beats an early Expires", "_ga=1; " + expiring(50) + "; Max-Age=101", true},
	{"a late Expires with a Max-Age that is not valid", "_ga=1; Max-Age=zz; " + expiring(101), true},
	{"a late Expires, a short Max-Age and one that is not valid", "_ga=1; Max-Age=5; Max-Age=zz; " + expiring(101), false},
}

func TestOutlives(t *testing.T) {
	t.Parallel()
	for _, c := range lifetimeRows {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := Outlives(c.line, testLimit, atTestNow); got != c.want {
				t.Errorf("%q: got %t, want %t", c.line, got, c.want)
			}
		})
	}
}

var validMaxAge = regexp.MustCompile(`(?i)^[ \t]*max-age[ \t]*=[ \t]*(-?[0-9]+)[ \t]*$`)

// FuzzOutlives: a line that a cap was appended to does not outlive it, and where
// a browser goes by the last Max-Age, that alone decides.
func FuzzOutlives(f *testing.F) {
	for _, c := range lifetimeRows {
		f.Add(c.line)
	}
	for _, c := range deletionRows {
		f.Add(c.line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		outlives := Outlives(line, testLimit, atTestNow)
		if capped := fmt.Sprintf("%s; Max-Age=%d", line, testLimit/time.Second); Outlives(capped, testLimit, atTestNow) {
			t.Errorf("%q outlives the cap that was appended", capped)
		}
		if outlives && Deletes(line, atTestNow) {
			t.Errorf("%q both deletes and outlives", line)
		}
		attributes := strings.Split(line, ";")[1:]
		for i := len(attributes) - 1; i >= 0; i-- {
			name, value, _ := strings.Cut(attributes[i], "=")
			if !strings.EqualFold(strings.Trim(name, " \t"), "max-age") || len(strings.Trim(value, " \t")) > 1024 {
				continue
			}
			if found := validMaxAge.FindStringSubmatch(attributes[i]); found != nil {
				n, err := strconv.ParseFloat(found[1], 64)
				if err == nil && outlives != (n > testLimit.Seconds()) {
					t.Errorf("%q: got %t with the last Max-Age %g", line, outlives, n)
				}
			}
			return
		}
	})
}
