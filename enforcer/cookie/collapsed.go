package cookie

import "strings"

// Collapsed is a cookie's name as logs may show it (rule F3): with "*" in place
// of runs of digits and of hexadecimal ids, which may tell who the visitor is. A
// name that is very long is cut, and ends in "…".
func Collapsed(name string) string {
	var b strings.Builder
	cut := len(name) > maxShown
	if cut {
		name = strings.ToValidUTF8(name[:maxShown], "")
	}
	for name != "" {
		n := runOf(name, isWord)
		if n == 0 {
			b.WriteByte(name[0])
			name = name[1:]
			continue
		}
		collapseWord(&b, name[:n])
		name = name[n:]
	}
	if cut {
		b.WriteString("…")
	}
	return b.String()
}

// maxShown is how many bytes of a name are shown. Real ones have some dozen.
const maxShown = 128

// collapseWord collapses a run of letters and digits: as a whole where it is a
// hexadecimal number; otherwise the ids in it, which have eight digits at least of
// which the first may be letters, and other runs of decimal digits.
func collapseWord(b *strings.Builder, word string) {
	if runOf(word, isHex) == len(word) && strings.ContainsAny(word, "0123456789") {
		b.WriteByte('*')
		return
	}
	for word != "" {
		letters := runOf(word, isHexLetter)
		rest := word[letters:]
		hex := runOf(rest, isHex)
		switch {
		case hex > 7 && isDigit(rest[0]):
			b.WriteByte('*')
			word = rest[hex:]
		case letters > 0:
			b.WriteString(word[:letters])
			word = rest
		case isDigit(word[0]):
			b.WriteByte('*')
			word = word[runOf(word, isDigit):]
		default:
			b.WriteByte(word[0])
			word = word[1:]
		}
	}
}

// runOf is how many bytes at the beginning of a text are of a kind.
func runOf(text string, is func(byte) bool) int {
	for i := range len(text) {
		if !is(text[i]) {
			return i
		}
	}
	return len(text)
}

func isHexLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'f' }

func isHex(c byte) bool { return isDigit(c) || isHexLetter(c) }

func isWord(c byte) bool { return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'z' }
