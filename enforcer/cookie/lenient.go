package cookie

import (
	"iter"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Readings yields the other names that backends may read in a cookie's name,
// and the name's value in none of them. It allocates only for names that have
// such readings.
//
//   - Django, Werkzeug and Starlette trim all Unicode white space; under ASGI
//     they take the bytes for Latin-1, so that 0x85 and 0xA0 are white space.
//   - PHP reads "." and " " as "_", "[" without a partner as "_", and otherwise
//     only what stands before "[".
//   - Perl's CGI modules, and PHP before 7.4.11, decode percent escapes, and
//     leave broken ones as they are.
//
// See rule Q7.
func Readings(name string) iter.Seq[string] {
	return func(yield func(string) bool) {
		if !hasReadings(name) {
			return
		}
		if !readings(name, yield) {
			return
		}
		if decoded := percentDecoded(name); decoded != name && yield(decoded) {
			readings(decoded, yield)
		}
	}
}

// hasReadings tells whether a name can be read in another way at all. Bytes of
// 0x80 and up may be white space, so they count.
func hasReadings(name string) bool {
	for i := range len(name) {
		switch c := name[i]; {
		case c <= ' ', c >= 0x7f, c == '.', c == '[', c == '%':
			return true
		}
	}
	return false
}

func readings(name string, yield func(string) bool) bool {
	trimmed := strings.TrimFunc(name, isPythonSpace)
	if !yield(trimmed) || !yield(trimLatin1(name)) {
		return false
	}
	php := phpMangled.Replace(trimmed)
	if !yield(php) {
		return false
	}
	before, _, found := strings.Cut(php, "[")
	if !found {
		return true
	}
	return yield(before) && yield(strings.ReplaceAll(php, "[", "_"))
}

// isPythonSpace is what Python's str.strip takes: the separators 0x1C to 0x1F
// too.
func isPythonSpace(r rune) bool { return unicode.IsSpace(r) || 0x1c <= r && r <= 0x1f }

// trimLatin1 trims white space where each byte is a character.
func trimLatin1(s string) string {
	for len(s) > 0 && isPythonSpace(rune(s[0])) {
		s = s[1:]
	}
	for len(s) > 0 && isPythonSpace(rune(s[len(s)-1])) {
		s = s[:len(s)-1]
	}
	return s
}

// percentDecoded undoes the escapes of a name that are well-formed.
func percentDecoded(name string) string {
	var decoded []byte
	from := 0
	for i := 0; i+2 < len(name); i++ {
		if name[i] != '%' {
			continue
		}
		if name[i+1] == 'u' && i+5 < len(name) { // as JavaScript's escape writes, and CGI.pm reads
			if c, err := strconv.ParseUint(name[i+2:i+6], 16, 16); err == nil {
				decoded = utf8.AppendRune(append(decoded, name[from:i]...), rune(c))
				from = i + 6
				i += 5
			}
			continue
		}
		if c, err := strconv.ParseUint(name[i+1:i+3], 16, 8); err == nil {
			decoded = append(append(decoded, name[from:i]...), byte(c))
			from = i + 3
			i += 2
		}
	}
	return string(decoded) + name[from:]
}

var phpMangled = strings.NewReplacer(".", "_", " ", "_")

// Hidden yields the names that a lenient parser may find inside another pair:
// those followed by "=" right after a comma, a space, a tab or a closing quote,
// as in `sessionid="S" _ga=G`. Space and tab before the "=" count as nothing, as
// Python's SimpleCookie has it. Each byte of the pair is looked at a constant
// number of times, and stands in one name at most.
//
// See rule Q8.
func Hidden(pair Pair) iter.Seq[string] {
	return func(yield func(string) bool) {
		text := pair.Text
		openingQuote := len(text) - len(pair.Value())
		start, end := -1, -1 // the token in hand; end < 0: it is still growing
		for i := range len(text) {
			switch c := text[i]; {
			case c == ',' || c == '"' && i != openingQuote:
				start, end = i+1, -1
			case c == ' ' || c == '\t':
				if start < 0 || start == i {
					start, end = i+1, -1
				} else if end < 0 {
					end = i
				}
			case c == '=':
				if start >= 0 && end < 0 {
					end = i
				}
				if start >= 0 && start < end && !yield(text[start:end]) {
					return
				}
				start, end = -1, -1
			case end >= 0:
				start, end = i, -1
			}
		}
	}
}

// MayHide tells, for next to nothing, that [Hidden] may find a name in a pair.
func MayHide(pair Pair) bool {
	if strings.IndexByte(pair.Value(), '=') >= 0 {
		return true
	}
	name := pair.Name()
	for i := range len(name) {
		// The four are the smallest bytes in names; few names get past the first test.
		if c := name[i]; c <= ',' && (c == ',' || c == '"' || isSpace(c)) {
			return true
		}
	}
	return false
}
