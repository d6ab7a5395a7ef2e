package consent

import (
	"bytes"
	"cmp"
)

// IsVersion tells whether a text is a version that can be compared: numbers with
// "." or "-" between them, as in "3", "1.10" and "2026-01-31".
func IsVersion(text string) bool {
	_, ok := isOlder([]byte(text), nil)
	return ok
}

// isOlder tells whether a version is older than another one. Numbers are compared
// one by one, and one that is missing is zero. It reports false in ok where the
// first text is no version.
func isOlder(version, than []byte) (older, ok bool) {
	decided := false
	for more := true; more || len(than) > 0; {
		var number, other []byte
		if more {
			if number, version, more = nextNumber(version); len(number) == 0 {
				return false, false
			}
		}
		other, than, _ = nextNumber(than)
		if c := compareNumbers(number, other); c != 0 && !decided {
			older, decided = c < 0, true
		}
	}
	return older, true
}

// nextNumber cuts a number and the separator after it off a version. The number is
// empty where there is none.
func nextNumber(version []byte) (number, rest []byte, more bool) {
	n := 0
	for n < len(version) && '0' <= version[n] && version[n] <= '9' {
		n++
	}
	if n == len(version) {
		return version, nil, false
	}
	if version[n] != '.' && version[n] != '-' {
		return nil, nil, false
	}
	return version[:n], version[n+1:], true
}

// compareNumbers compares numbers of any number of digits.
func compareNumbers(a, b []byte) int {
	a, b = bytes.TrimLeft(a, "0"), bytes.TrimLeft(b, "0")
	return cmp.Or(cmp.Compare(len(a), len(b)), bytes.Compare(a, b))
}
