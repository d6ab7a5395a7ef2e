package cookie

import (
	"math"
	"strings"
	"time"
)

// Outlives tells whether a cookie would live longer than a limit in any browser
// that it is set in now (rule S4). A session cookie does not: when the browser
// ends is for the visitor to say.
//
// Max-Age beats Expires, and of several the last one counts. Browsers differ in
// those that are not valid: RFC 6265bis ignores them, and for Chromium the last one
// makes a session cookie; it also knows a plus before a Max-Age and years of five
// digits (measured). Where one of the two readings is too long, the cookie is.
func Outlives(line string, limit time.Duration, now func() time.Time) bool {
	maxAge, expires := readLife(line)
	if maxAge.found && secondsExceed(strings.TrimPrefix(maxAge.last, "+"), limit) ||
		!maxAge.found && expires.found && dateExceeds(expires.last, chromiumYear, limit, now) {
		return true // in Chromium
	}
	if maxAge.foundValid {
		return secondsExceed(maxAge.valid, limit)
	}
	return expires.foundValid && dateExceeds(expires.valid, rfcYear, limit, now)
}

// readLife reads the attributes that say how long a cookie lives.
func readLife(line string) (maxAge, expires lastOnes) {
	_, rest := cut(line, ';')
	for rest != "" {
		var name, value string
		name, value, rest = nextAttribute(rest)
		switch {
		case isNamed(name, "max-age"):
			maxAge.add(value, isSeconds(value))
		case isNamed(name, "expires"):
			_, valid := ParseDate(value)
			expires.add(value, valid)
		}
	}
	return maxAge, expires
}

// lastOnes are the last attribute of a name, and the last that is valid.
type lastOnes struct {
	last, valid       string
	found, foundValid bool
}

func (l *lastOnes) add(value string, valid bool) {
	l.last, l.found = value, true
	if valid {
		l.valid, l.foundValid = value, true
	}
}

// isSeconds tells whether a Max-Age value is valid (RFC 6265bis, section 5.6.2).
func isSeconds(value string) bool {
	digits := strings.TrimPrefix(value, "-")
	for i := range len(digits) {
		if !isDigit(digits[i]) {
			return false
		}
	}
	return digits != ""
}

// secondsExceed tells whether a Max-Age value is valid and longer than a limit.
func secondsExceed(value string, limit time.Duration) bool {
	if !isSeconds(value) || value[0] == '-' {
		return false
	}
	var seconds int64
	for i := range len(value) {
		if seconds < math.MaxInt64/100 { // beyond that, more digits do not matter
			seconds = seconds*10 + int64(value[i]-'0')
		}
	}
	return seconds > int64(limit/time.Second)
}

// dateExceeds tells whether an Expires value can be read and lies beyond a limit.
func dateExceeds(value string, yearDigits int, limit time.Duration, now func() time.Time) bool {
	date, ok := parseDate(value, yearDigits)
	return ok && date.Sub(now()) > limit
}
