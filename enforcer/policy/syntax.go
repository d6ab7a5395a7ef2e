package policy

import (
	"bytes"
	"fmt"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// yamlLine is how package yaml says where a syntax error is; it knows no column.
var yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)

// syntaxErrorAt is where somebody has to look. Package yaml knows no column, and where a line
// is out of place it tells the one on which the list or mapping around it begins.
func syntaxErrorAt(err error, data []byte) *yaml.Node {
	if strings.Contains(err.Error(), "UTF-8") {
		return firstInvalid(data)
	} else if strings.Contains(err.Error(), "control characters") {
		return position(data, bytes.IndexFunc(data, func(c rune) bool { return unicode.IsControl(c) && !strings.ContainsRune("\t\n\r", c) }))
	} else if found := unknownAnchor.FindStringSubmatch(err.Error()); found != nil {
		return position(data, bytes.Index(data, []byte("*"+found[1])))
	}
	from := 0
	if found := yamlLine.FindStringSubmatch(err.Error()); found != nil && found[1] != "" {
		from, _ = strconv.Atoi(found[1])
	}
	lines := bytes.SplitAfter(bytes.TrimRight(data, " \t\r\n"), []byte("\n"))
	n := min(max(from, 1), len(lines))
	switch {
	case len(data) <= maxSearched && hasError(err, data): // it may be in a second document
		if isOfBlock(err) {
			n = lineOfError(err, lines, min(max(from-1, 0), len(lines)))
		}
		if column := columnOfError(err, lines, n); column > 0 {
			return &yaml.Node{Line: n, Column: column}
		}
	case strings.Contains(err.Error(), "did not find expected"):
		n = min(n+1, len(lines)) // the parser of package yaml counts from 0, unlike its scanner
	}
	line := lines[n-1]
	return &yaml.Node{Line: n, Column: 1 + len(line) - len(bytes.TrimLeft(line, " \t"))}
}

// maxSearched is the longest policy in which the place of a mistake is looked for: that
// takes some thirty readings of what is before it, two seconds at most.
const maxSearched = 1 << 20

// isOfBlock reports whether an error is about what came in a list or mapping, and has the
// line on which that begins; or about a tab, and has the line before.
func isOfBlock(err error) bool {
	return strings.Contains(err.Error(), "did not find expected") || strings.Contains(err.Error(), "tab character")
}

// lineOfError is the first line with which a text has the error: without it, there is no
// such error yet.
func lineOfError(err error, lines [][]byte, from int) int {
	ends := make([]int, len(lines)+1)
	for i, line := range lines {
		ends[i+1] = ends[i] + len(line)
	}
	text := bytes.Join(lines, nil)
	n := from + sort.Search(len(lines)-from, func(i int) bool { return hasError(err, text[:ends[from+i]]) })
	return min(max(n, 1), len(lines))
}

// columnOfError is that of the first character of a line with which a text has the error,
// or 0 where it takes what follows.
func columnOfError(err error, lines [][]byte, n int) int {
	before, line := bytes.Join(lines[:n-1], nil), bytes.TrimRight(lines[n-1], "\r\n")
	starts := make([]int, 0, len(line)+1)
	for i := range string(line) {
		starts = append(starts, i)
	}
	starts = append(starts, len(line))
	text := append(before, line...)
	i := sort.Search(len(starts), func(i int) bool { return hasError(err, text[:len(before)+starts[i]]) })
	if i == len(starts) {
		return 0
	}
	return max(starts[max(i-1, 0)]+1, 1)
}

// hasError reports whether a text has the very same error as the whole.
func hasError(err error, text []byte) bool {
	found := yaml.Unmarshal(text, new(yaml.Node))
	return found != nil && found.Error() == err.Error()
}

// firstInvalid is where the first byte stands that is not UTF-8.
func firstInvalid(data []byte) *yaml.Node {
	at := &yaml.Node{Line: 1, Column: 1}
	for len(data) > 0 {
		c, size := utf8.DecodeRune(data)
		switch {
		case c == utf8.RuneError && size == 1:
			return at
		case c == '\n':
			at.Line, at.Column = at.Line+1, 1
		default:
			at.Column++
		}
		data = data[size:]
	}
	return &yaml.Node{Line: 1, Column: 1}
}

// unknownAnchor is what package yaml makes of a pattern that begins with a star
// and is not in quotes.
var unknownAnchor = regexp.MustCompile(`unknown anchor '(.+)' referenced`)

// position is where a byte of a text is.
func position(data []byte, at int) *yaml.Node {
	before := data[:max(at, 0)]
	return &yaml.Node{Line: 1 + bytes.Count(before, []byte("\n")), Column: len(before) - bytes.LastIndexByte(before, '\n')}
}

func syntaxErrorText(err error) string {
	if found := unknownAnchor.FindStringSubmatch(err.Error()); found != nil {
		return fmt.Sprintf("not valid YAML: *%s is an alias of nothing: put a pattern that begins with \"*\" in quotes", found[1])
	}
	return "not valid YAML: " + yamlLine.ReplaceAllString(err.Error(), "")
}
