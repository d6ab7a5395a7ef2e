// Package cookie reads Cookie and Set-Cookie lines as bytes, the way RFC
// 6265bis and real browsers read them. It never parses a cookie to write it
// anew: what it returns are substrings of what it was given.
package cookie

import "strings"

// Pair is one cookie of a Cookie line, or the first part of a Set-Cookie line.
type Pair struct {
	// Text is the pair as it was sent, trimmed of space and tab.
	Text string

	// Name is what precedes the first "=", trimmed of space and tab. A pair
	// without "=" has an empty name.
	Name string

	// Value is what follows the first "=", trimmed of space and tab.
	Value string

	// Nameless tells that the pair has no "=". Chromium sends such a text for a
	// cookie without a name; PHP, Rack, Go, Tomcat and Firefox take it for a
	// name.
	Nameless bool
}

// Next cuts the first pair off a Cookie line (RFC 6265bis, section 5.8.3, read
// backwards): pairs stand between ";". It returns the rest of the line, and
// false once the line is used up. A pair with an empty Text is not a cookie.
func Next(line string) (pair Pair, rest string, more bool) {
	if i := strings.IndexByte(line, ';'); i >= 0 {
		return ParsePair(line[:i]), line[i+1:], true
	}
	return ParsePair(line), "", false
}

// Find looks for the first pair with a name in a Cookie line, and returns its
// value and the rest of the line. It finds what [Next] finds, without reading
// the pairs before it.
func Find(line, name string) (value, rest string, ok bool) {
	for at := 0; ; {
		i := strings.Index(line[at:], name)
		if i < 0 {
			return "", "", false
		}
		start := at + i
		at = start + len(name)
		if before := trimRight(line[:start]); before != "" && before[len(before)-1] != ';' {
			continue
		}
		if !IsNamed(line[start:], name) {
			continue
		}
		pair, rest, _ := Next(line[start:])
		return pair.Value, rest, true
	}
}

// IsNamed tells whether the first pair of a line has a name, as [Next] reads it.
func IsNamed(line, name string) bool {
	after, ok := strings.CutPrefix(trimLeft(line), name)
	if !ok {
		return false
	}
	after = trimLeft(after)
	return after != "" && after[0] == '='
}

// ParsePair reads the text of one pair.
func ParsePair(text string) Pair {
	text = trim(text)
	i := strings.IndexByte(text, '=')
	if i < 0 {
		return Pair{Text: text, Nameless: true}
	}
	return Pair{Text: text, Name: trimRight(text[:i]), Value: trimLeft(text[i+1:])}
}

// trim removes space and tab, and nothing else, from both ends: RFC 6265bis,
// section 5.6, knows no other white space. Django and others trim more, which
// is why [Readings] exists.
func trim(s string) string { return trimLeft(trimRight(s)) }

func trimLeft(s string) string {
	for len(s) > 0 && (s[0] == ' ' || s[0] == '\t') {
		s = s[1:]
	}
	return s
}

func trimRight(s string) string {
	for len(s) > 0 && (s[len(s)-1] == ' ' || s[len(s)-1] == '\t') {
		s = s[:len(s)-1]
	}
	return s
}
