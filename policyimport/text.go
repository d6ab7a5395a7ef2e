package policyimport

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// prose is the text of a node on one line, without nested tables.
func (n *node) prose() string {
	var b strings.Builder
	n.write(&b, false)
	return fold(b.String())
}

// marked is the text of a cell with a line for each line, paragraph and item in it,
// and code between backticks.
func (n *node) marked() string {
	var b strings.Builder
	n.write(&b, true)
	return b.String()
}

// write writes the text of what is in a node. Marked text has white space only where
// readers see it.
func (n *node) write(b *strings.Builder, marks bool) {
	before := ""
	for _, child := range n.children {
		switch {
		case child.tag == "":
			before = child.text
			if marks {
				before = spaces.Replace(child.text)
			}
			b.WriteString(before)
			continue
		case child.tag == "br":
			b.WriteByte('\n')
		case child.tag == "table" || isUnseen[child.tag]:
		case isBlock[child.tag]:
			b.WriteByte('\n')
			child.write(b, marks)
			b.WriteByte('\n')
		case marks && isCode[child.tag]:
			b.WriteByte('`')
			child.write(b, marks)
			b.WriteByte('`')
		case isUnknown(child.tag) && !child.closed && endsInWord(before):
			// SSESS<ID>, written as if it were text
			b.WriteString("<" + child.tag + ">")
			child.write(b, marks)
		default:
			child.write(b, marks)
		}
		before = ""
	}
}

var (
	spaces = strings.NewReplacer("\n", " ", "\r", " ", "\t", " ", "\f", " ", "`", " ")
	isCode = set("code kbd samp tt")
)

func endsInWord(text string) bool {
	r, size := utf8.DecodeLastRuneInString(text)
	return size > 0 && !unicode.IsSpace(r)
}

// fold makes all white space single spaces, and leaves out control characters.
func fold(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r):
			return -1
		}
		return r
	}, text)
	return strings.Join(strings.Fields(text), " ")
}

// plain is a text to compare words in: in lower case, without accents, vowel signs
// and marks that nobody sees, and with one form for letters and digits that have
// several.
func plain(text string) string {
	return fold(strings.Map(func(r rune) rune {
		r = unicode.ToLower(r)
		switch {
		case isInvisible(r), r >= 0x300 && r <= 0x36f, r >= 0x64b && r <= 0x652, r == 'ـ':
			return -1
		case r >= '٠' && r <= '٩':
			return r - '٠' + '0'
		case r >= '۰' && r <= '۹':
			return r - '۰' + '0'
		}
		if simple, ok := simpler[r]; ok {
			return simple
		}
		return r
	}, text))
}

var simpler = simplerRunes(
	"aàáâäãåā", "cç", "eèéêëē", "iìíîïī", "nñ", "oòóôöõøō", "uùúûüū", "yýÿ", "sß",
	"اأإآٱ", "يىی", "هة", "كک", "'’‘ʼ´`", "-–—‑‐−", ".…",
)

// simplerRunes maps all characters of each group to its first one.
func simplerRunes(groups ...string) map[rune]rune {
	m := make(map[rune]rune)
	for _, group := range groups {
		first, size := utf8.DecodeRuneInString(group)
		for _, r := range group[size:] {
			m[r] = first
		}
	}
	return m
}

// isInvisible tells a mark that has no width.
func isInvisible(r rune) bool { return unicode.Is(unicode.Cf, r) || r == '\u034f' || r == '\ufe0f' }

// seen is a text without marks that have no width.
func seen(text string) string {
	return strings.Map(func(r rune) rune {
		if isInvisible(r) {
			return -1
		}
		return r
	}, text)
}

// wordsOf are the words of a text to compare.
func wordsOf(text string) []string {
	return strings.FieldsFunc(plain(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// cut is a text of at most so many characters.
func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	for i := range text {
		if most--; most < 0 {
			return text[:i] + "…"
		}
	}
	return text
}

// printable is a text that may stand in a comment or on a terminal: one line, with
// nothing in it that would be obeyed, and not longer than people read.
func printable(text string) string {
	return cut(strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, fold(text)), 200)
}
