package cookie

import (
	"math"
	"time"
)

// Outlives tells whether a cookie would live longer than a limit in any browser
// that it is set in now (rule S4). A session cookie does not: when the browser
// ends is for the visitor to say.
//
// The last Max-Age counts, as RFC 6265bis has it. Where it is not valid, Chromium
// makes a session cookie of the line, and others look at the Max-Age before it,
// and then at Expires; the longest of these lives counts.
func Outlives(line string, limit time.Duration, now func() time.Time) bool {
	limitSeconds := int64(limit / time.Second)
	outlives, decided := false, false // by what was read so far
	expires := ""
	_, rest := cut(line, ';')
	for rest != "" {
		var name, value string
		name, value, rest = nextAttribute(rest)
		switch {
		case isNamed(name, "max-age"):
			seconds, valid := readSeconds(value)
			longer := valid && seconds > limitSeconds
			outlives = longer || outlives && !valid
			decided = valid
		case isNamed(name, "expires"):
			if expires == "" || isLater(value, expires) {
				expires = value
			}
		}
	}
	if decided || outlives || expires == "" {
		return outlives
	}
	latest, ok := latestExpiry(expires)
	return ok && latest.Sub(now()) > limit
}

// readSeconds reads a Max-Age value (RFC 6265bis, section 5.6.2). What lies below
// zero is zero, and what is beyond an integer is a number that is large.
func readSeconds(value string) (seconds int64, valid bool) {
	digits, negative := value, false
	if value != "" && value[0] == '-' {
		digits, negative = value[1:], true
	}
	if digits == "" {
		return 0, false
	}
	for i := range len(digits) {
		c := digits[i]
		if !isDigit(c) {
			return 0, false
		}
		if seconds < math.MaxInt64/100 {
			seconds = seconds*10 + int64(c-'0')
		}
	}
	if negative {
		return 0, true
	}
	return seconds, true
}

// isLater tells whether an Expires value is later than another one, of which
// browsers take the last that they can read.
func isLater(value, than string) bool {
	date, ok := latestExpiry(value)
	if !ok {
		return false
	}
	other, ok := latestExpiry(than)
	return !ok || date.After(other)
}
