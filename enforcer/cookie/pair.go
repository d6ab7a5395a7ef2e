// Package cookie reads Cookie and Set-Cookie lines as bytes, the way RFC
// 6265bis and real browsers read them. It never parses a cookie to write it
// anew: what it returns are substrings of what it was given.
package cookie

import "strings"

// Pair is one cookie of a Cookie line, or the first part of a Set-Cookie line.
type Pair struct {
	// Text is the pair as it was sent, trimmed of space and tab.
	Text string

	equals int // where the first "=" stands in the text, or -1
}

// Name is what precedes the first "=", trimmed of space and tab. It is empty
// where there is no "=".
func (p Pair) Name() string {
	if p.equals < 0 {
		return ""
	}
	return trimRight(p.Text[:p.equals])
}

// NameAsSent is the name with the white space that stands before "=": for some backends
// it is a part of it. It is empty where there is no "=".
func (p Pair) NameAsSent() string { return p.Text[:max(p.equals, 0)] }

// SpacesName reports whether white space stands between the name and "=".
func (p Pair) SpacesName() bool { return p.equals > 0 && isSpace(p.Text[p.equals-1]) }

// Value is what follows the first "=", trimmed of space and tab. Where there is
// no "=" it is the whole text: Chromium sends that for a cookie without a name.
// PHP, Rack, Go, Tomcat and Firefox take it for a name.
func (p Pair) Value() string { return trimLeft(p.Text[p.equals+1:]) }

// Next cuts the first pair off a Cookie line (RFC 6265bis, section 5.8.3, read
// backwards): pairs stand between ";". It returns the rest of the line, and
// false once the line is used up. A pair with an empty Text is not a cookie.
func Next(line string) (pair Pair, rest string, more bool) {
	text := line
	if i := strings.IndexByte(line, ';'); i >= 0 {
		text, rest, more = line[:i], line[i+1:], true
	}
	text = trim(text)
	return Pair{Text: text, equals: strings.IndexByte(text, '=')}, rest, more
}

// cut is strings.Cut for a byte, which is faster.
func cut(s string, separator byte) (before, after string) {
	if i := strings.IndexByte(s, separator); i >= 0 {
		return s[:i], s[i+1:]
	}
	return s, ""
}

// trim removes space and tab, and nothing else, from both ends: RFC 6265bis,
// section 5.6, knows no other white space. Django and others trim more, which
// is why [Readings] exists.
func trim(s string) string { return trimLeft(trimRight(s)) }

func trimLeft(s string) string {
	for len(s) > 0 && isSpace(s[0]) {
		s = s[1:]
	}
	return s
}

func trimRight(s string) string {
	for len(s) > 0 && isSpace(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' }
