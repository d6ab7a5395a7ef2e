package cookie

import (
	"strings"
	"time"
)

// ParseDate reads the value of an Expires attribute with the algorithm of RFC
// 6265bis, section 5.6.1, as browsers do. It reports false where the algorithm
// fails; browsers then ignore the attribute.
func ParseDate(value string) (time.Time, bool) { return parseDate(value, rfcYear) }

// How many digits a year has at most.
const (
	rfcYear      = 4
	chromiumYear = 5 // measured
)

// parseDate reads a date whose year has so many digits at most.
func parseDate(value string, yearDigits int) (time.Time, bool) {
	d := dateFields{day: -1, month: -1, year: -1, yearDigits: yearDigits}
	for rest := value; rest != ""; {
		var token string
		token, rest = nextDateToken(rest)
		d.read(token)
	}
	return d.time()
}

// dateFields is what the tokens of a date have told so far. A field of -1 is
// not found yet; the first token that fits a field is the one that counts.
type dateFields struct {
	hasTime              bool
	hour, minute, second int
	day, month, year     int
	yearDigits           int
}

func (d *dateFields) read(token string) {
	if !d.hasTime {
		if h, m, s, ok := clock(token); ok {
			d.hasTime, d.hour, d.minute, d.second = true, h, m, s
			return
		}
	}
	if d.day < 0 {
		if n, ok := number(token, 1, 2); ok {
			d.day = n
			return
		}
	}
	if d.month < 0 && len(token) >= 3 {
		if i := strings.Index(months, strings.ToLower(token[:3])); i >= 0 && i%3 == 0 {
			d.month = i/3 + 1
			return
		}
	}
	if d.year < 0 {
		if n, ok := number(token, 2, d.yearDigits); ok {
			d.year = n
		}
	}
}

const months = "janfebmaraprmayjunjulaugsepoctnovdec"

func (d *dateFields) time() (time.Time, bool) {
	year := d.year
	switch {
	case 70 <= year && year <= 99:
		year += 1900
	case 0 <= year && year <= 69:
		year += 2000
	}
	if !d.hasTime || d.day < 1 || d.day > 31 || d.month < 0 || year < 1601 ||
		d.hour > 23 || d.minute > 59 || d.second > 59 {
		return time.Time{}, false
	}
	t := time.Date(year, time.Month(d.month), d.day, d.hour, d.minute, d.second, 0, time.UTC)
	if t.Day() != d.day { // there is no such day in that month
		return time.Time{}, false
	}
	return t, true
}

// nextDateToken cuts the next run of non-delimiters off a date.
func nextDateToken(s string) (token, rest string) {
	start := 0
	for start < len(s) && isDateDelimiter(s[start]) {
		start++
	}
	end := start
	for end < len(s) && !isDateDelimiter(s[end]) {
		end++
	}
	return s[start:end], s[end:]
}

// isDateDelimiter is the delimiter rule of the RFC: 0x09, 0x20 to 0x2F, 0x3B to
// 0x40, 0x5B to 0x60, 0x7B to 0x7E.
func isDateDelimiter(c byte) bool {
	return c == '\t' || ' ' <= c && c <= '/' || ';' <= c && c <= '@' || '[' <= c && c <= '`' || '{' <= c && c <= '~'
}

// clock reads hms-time: three fields of one or two digits between colons, and
// then anything that does not begin with a digit.
func clock(token string) (hour, minute, second int, ok bool) {
	h, rest, ok1 := strings.Cut(token, ":")
	m, s, ok2 := strings.Cut(rest, ":")
	if !ok1 || !ok2 {
		return 0, 0, 0, false
	}
	hour, hourOK := exactNumber(h, 2)
	minute, minuteOK := exactNumber(m, 2)
	second, secondOK := number(s, 1, 2)
	return hour, minute, second, hourOK && minuteOK && secondOK
}

// number reads between least and most digits at the start of a token; what
// follows them must not be a digit.
func number(token string, least, most int) (n int, ok bool) {
	i := 0
	for i < len(token) && isDigit(token[i]) {
		if i == most {
			return 0, false
		}
		n = n*10 + int(token[i]-'0')
		i++
	}
	return n, i >= least
}

// exactNumber reads a token that is nothing but one to most digits.
func exactNumber(token string, most int) (int, bool) {
	n, ok := number(token, 1, most)
	return n, ok && isDigit(token[len(token)-1])
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
