package policyimport

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// lineWidth is how long lines of prose are.
const lineWidth = 80

// scalar is a text as YAML has it, so many columns in. Long prose is folded to lines.
func scalar(text string, indent int) []string {
	if utf8.RuneCountInString(text) > lineWidth-indent-12 && isProse(text) {
		if lines := folded(text, indent); reads(strings.Join(lines, "\n")+"\n", text) {
			return lines
		}
	}
	return []string{quoted(text)}
}

// quoted is a text on one line, in quotes where YAML could take it for something else.
func quoted(text string) string {
	if bare.MatchString(text) && isProse(text) && reads(text, text) {
		return text
	}
	var b bytes.Buffer // JSON, which YAML reads
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(text) // a text has a form in JSON
	// YAML takes more characters for breaks, and for none at all, than JSON does.
	return escapes.ReplaceAllStringFunc(strings.TrimSuffix(b.String(), "\n"), func(found string) string {
		r, _ := utf8.DecodeRuneInString(found)
		return fmt.Sprintf(`\u%04x`, r)
	})
}

// bare are words without anything that YAML has a meaning for. Patterns get quotes,
// as those that begin with a star need them.
var bare = regexp.MustCompile(`^[\pL\pN_./(]([^#:*\n]|:[^#:*\s])*$`)

var escapes = regexp.MustCompile(`[\x7f-\x{9f}\x{200b}-\x{200f}\x{2028}-\x{202e}\x{2060}-\x{206f}\x{feff}\x{fffe}\x{ffff}]`)

// isProse tells a text of words that are parted by single spaces, or by blank lines.
func isProse(text string) bool {
	for _, r := range text {
		if !unicode.IsPrint(r) && r != '\n' {
			return false
		}
	}
	return text == strings.TrimSpace(text) && !strings.Contains(text, "  ") && !strings.Contains(text, " \n") && !strings.Contains(text, "\n ")
}

// reads tells whether YAML reads what was written as the text that was meant.
func reads(written, text string) bool {
	var read any
	return yaml.Unmarshal([]byte(written), &read) == nil && read == any(text)
}

// folded is prose as lines that YAML puts together again.
func folded(text string, indent int) []string {
	lines := []string{">-"}
	margin := strings.Repeat(" ", indent+2)
	for i, paragraph := range strings.Split(text, "\n") {
		if i > 0 {
			lines = append(lines, "")
		}
		if paragraph == "" {
			continue
		}
		line := margin
		length := 0
		for word := range strings.FieldsSeq(paragraph) {
			width := len([]rune(word))
			if length > 0 && indent+2+length+1+width > lineWidth {
				lines = append(lines, line)
				line, length = margin, 0
			}
			if length > 0 {
				line += " "
				length++
			}
			line += word
			length += width
		}
		lines = append(lines, line)
	}
	return lines
}
