package cookie

import (
	"strings"
	"time"
)

// maxAttributeBytes is where RFC 6265bis, section 5.6, has browsers ignore an
// attribute for the length of its value.
const maxAttributeBytes = 1024

// Deletes tells whether a Set-Cookie line deletes its cookie in every reading
// (rule S2): it has Max-Age attributes, each a valid number of zero or less; or
// it has none, and Expires attributes that all lie in the past.
//
// It asks for the time only where there is an Expires attribute to compare.
//
// One invalid Max-Age spoils the line: Chromium lets the last Max-Age count
// even where it is invalid, and stores a session cookie. So does a control
// character: net/http writes line breaks as spaces, some browsers end a line at a
// zero byte, and RFC 6265bis, section 5.6, has them ignore the whole line.
func Deletes(line string, now func() time.Time) bool {
	var maxAges, expires bool
	expired := true
	_, attributes := cut(line, ';')
	for attributes != "" {
		var attribute string
		attribute, attributes = cut(attributes, ';')
		if attribute = trimLeft(attribute); !mayDelete(attribute) {
			continue
		}
		name, value := cut(attribute, '=')
		switch name, value = trim(name), trim(value); {
		case isNamed(name, "max-age"):
			if !isZeroOrLess(value) {
				return false
			}
			maxAges = true
		case isNamed(name, "expires"):
			expires = true
			expired = expired && isPast(value, now())
		}
	}
	return (maxAges || expires && expired) && !HasControls(line)
}

// HasControls tells whether a line has control characters, a tab aside. Browsers
// differ in what they make of it: some ignore it, and some let it end there.
func HasControls(line string) bool {
	for i := range len(line) {
		if c := line[i]; c < ' ' && c != '\t' || c == 0x7f {
			return true
		}
	}
	return false
}

// isNamed tells whether an attribute has a name, in any case of ASCII. Where
// EqualFold takes another letter for one of these, such as the long s, that letter
// has more bytes.
func isNamed(attribute, name string) bool {
	return len(attribute) == len(name) && strings.EqualFold(attribute, name)
}

// mayDelete tells for next to nothing whether an attribute can be one of the two
// that matter here: most are not.
func mayDelete(attribute string) bool {
	return attribute != "" && (attribute[0]|0x20 == 'm' || attribute[0]|0x20 == 'e')
}

// isZeroOrLess reads a Max-Age value (RFC 6265bis, section 5.6.2) of any number
// of digits.
func isZeroOrLess(value string) bool {
	if len(value) > maxAttributeBytes {
		return false
	}
	digits, negative := strings.CutPrefix(value, "-")
	if digits == "" {
		return false
	}
	for i := range len(digits) {
		if !isDigit(digits[i]) || digits[i] != '0' && !negative {
			return false
		}
	}
	return true
}

// isPast tells whether an Expires value lies in the past however it is read.
// RFC 6265bis ignores a time zone and Firefox honours it, so a date that does
// not end as in "00:00:00 GMT" has to be past by more than a day. Chromium takes
// years of five digits, which for others are none.
func isPast(value string, now time.Time) bool {
	if len(value) > maxAttributeBytes {
		return false
	}
	seconds := value[strings.LastIndexByte(value, ':')+1:]
	if len(seconds) != len("00 GMT") || !strings.EqualFold(seconds[2:], " GMT") {
		now = now.Add(-24 * time.Hour)
	}
	for _, yearDigits := range []int{rfcYear, chromiumYear} {
		if date, ok := parseDate(value, yearDigits); !ok || !date.Before(now) {
			return false
		}
	}
	return true
}
