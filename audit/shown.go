package audit

import (
	"regexp"
	"strings"
	"unicode"

	"github.com/caddy-consent/caddy-consent/enforcer/cookie"
)

// maxShown is how many bytes of a name or a path a report has. No real name of a
// cookie is that long.
const maxShown = 200

func clip(text string) string { return text[:min(len(text), maxShown)] }

// printable is a text without what a terminal would obey.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return unicode.ReplacementChar
	}, text)
}

// shown is a name or a path as a report has it: without ids.
func shown(text string) string {
	text = printable(clip(text))
	return cookie.Collapsed(tokens.ReplaceAllStringFunc(text, func(word string) string {
		if strings.ContainsAny(word, "0123456789") {
			return "*"
		}
		return word
	}))
}

// tokens are too long for words.
var tokens = regexp.MustCompile(`[0-9A-Za-z]{16,}`)

// shownNames remembers how names are shown, which takes longer than to judge them.
type shownNames map[string]string

func (names shownNames) of(name string) string {
	name = clip(name)
	text, known := names[name]
	if !known {
		if len(names) >= 4*MaxFindings {
			clear(names)
		}
		text = shown(name)
		names[strings.Clone(name)] = text
	}
	return text
}
