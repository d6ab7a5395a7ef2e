package consent

import "bytes"

// unquote undoes what Python's http.cookies does to a value with unusual bytes
// in it: quotes around it, and \", \\ and \054 inside. It works in place.
func unquote(text []byte) []byte {
	if len(text) < 2 || text[0] != '"' || text[len(text)-1] != '"' {
		return text
	}
	text = text[1 : len(text)-1]
	if bytes.IndexByte(text, '\\') < 0 {
		return text
	}
	out := text[:0]
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' || i+1 == len(text) {
			out = append(out, text[i])
			continue
		}
		if c, ok := octal(text[i+1:]); ok {
			out = append(out, c)
			i += 3
			continue
		}
		i++
		out = append(out, text[i])
	}
	return out
}

// octal reads the three digits of an escape such as \054.
func octal(digits []byte) (byte, bool) {
	if len(digits) < 3 || digits[0] > '3' {
		return 0, false
	}
	var c byte
	for _, d := range digits[:3] {
		if d < '0' || d > '7' {
			return 0, false
		}
		c = c<<3 | (d - '0')
	}
	return c, true
}

// percentDecode undoes JavaScript's encodeURIComponent, in place: "+" stays
// "+". It reports false for a broken escape, as decodeURIComponent throws.
func percentDecode(text []byte) ([]byte, bool) {
	out := text[:0]
	for i := 0; i < len(text); i++ {
		if text[i] != '%' {
			out = append(out, text[i])
			continue
		}
		if i+2 >= len(text) {
			return nil, false
		}
		high, low := unhex[text[i+1]], unhex[text[i+2]]
		if high < 0 || low < 0 {
			return nil, false
		}
		out = append(out, byte(high<<4|low))
		i += 2
	}
	return out, true
}

// maxLayers is how many percent-encodings are taken off a text that is encoded as a whole.
const maxLayers = 3

// wholeDecoded takes percent-encodings off a text, as long as all of it is encoded, or
// the quotes of JSON are. It leaves the text that it was given alone.
func wholeDecoded(text []byte) []byte {
	for layer := 0; layer < maxLayers && (isEncodedWhole(text) || hasEncodedQuotes(text)); layer++ {
		decoded, ok := percentDecode(bytes.Clone(text))
		if !ok {
			break
		}
		text = decoded
	}
	return text
}

// hasEncodedQuotes reports whether a text is JSON in which the quotes are encoded, and
// other characters may not be: js-cookie writes it so. Without quotes it is none.
func hasEncodedQuotes(text []byte) bool {
	return hasStructure(text) && bytes.IndexByte(text, '"') < 0 && bytes.Contains(text, []byte("%22"))
}

// isEncodedWhole reports whether a text is what encodeURIComponent, or a stricter
// encoder, makes of another one. No encoder escapes letters, digits and "-._", so a text
// in which such an escape stands was meant as it is.
func isEncodedWhole(text []byte) bool {
	hasEscapes := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '%':
			if i+2 >= len(text) || unhex[text[i+1]] < 0 || unhex[text[i+2]] < 0 {
				return false
			}
			if isPlain(byte(unhex[text[i+1]]<<4 | unhex[text[i+2]])) {
				return false
			}
			hasEscapes = true
			i += 2
		case !isPlain(c) && bytes.IndexByte([]byte("~!*'()"), c) < 0:
			return false
		}
	}
	return hasEscapes
}

// isPlain reports whether no encoder escapes a byte.
func isPlain(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '.' || c == '_'
}

// unhex is the value of each hexadecimal digit, and -1 for other bytes.
var unhex = func() (table [256]int8) {
	for c := range table {
		switch {
		case '0' <= c && c <= '9':
			table[c] = int8(c - '0')
		case 'a' <= c && c <= 'f':
			table[c] = int8(c - 'a' + 10)
		case 'A' <= c && c <= 'F':
			table[c] = int8(c - 'A' + 10)
		default:
			table[c] = -1
		}
	}
	return table
}()
