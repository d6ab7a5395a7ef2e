package cookieconsent

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/term"
)

// table is what a command prints, in columns that fit a terminal.
type table struct {
	columns []column
	rows    [][]cell
}

// column is one of a table.
type column struct {
	title  string
	number bool // it is aligned to the right, and cut last
}

// cell is a text in a table.
type cell struct {
	text string
	tone tone
}

// tone is the colour of a cell, as terminals number them.
type tone int

const (
	plain  tone = 0
	red    tone = 31 // removed, or wrong
	green  tone = 32 // kept
	yellow tone = 33 // altered, or to be looked at
)

const (
	// maxWidth is how many characters a line may have.
	maxWidth = 80
	// minWidth is where text columns stop giving way to others.
	minWidth = 6
	gap      = "  "
)

// columnsOf are columns of texts.
func columnsOf(titles ...string) (columns []column) {
	for _, title := range titles {
		columns = append(columns, column{title: title})
	}
	return columns
}

func (t *table) add(row ...cell) { t.rows = append(t.rows, row) }

// print prints the table. Texts that do not fit end with an ellipsis.
func (t *table) print(s screen) {
	titles := make([]cell, len(t.columns))
	for i, c := range t.columns {
		titles[i].text = c.title
	}
	rows := append([][]cell{titles}, t.rows...)
	widths := t.widths(rows)
	for _, row := range rows {
		var line strings.Builder
		for i, c := range row {
			text := cut(printable(c.text), widths[i])
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(text))
			text = s.coloured(text, c.tone)
			if t.columns[i].number {
				text = pad + text
			} else {
				text += pad
			}
			if i > 0 {
				line.WriteString(gap)
			}
			line.WriteString(text)
		}
		fmt.Fprintln(s, strings.TrimRight(line.String(), " "))
	}
}

// widths are those of the columns: the widest gives way first.
func (t *table) widths(rows [][]cell) []int {
	widths := make([]int, len(t.columns))
	for _, row := range rows {
		for i, c := range row {
			widths[i] = max(widths[i], min(utf8.RuneCountInString(printable(c.text)), maxWidth))
		}
	}
	excess := len(gap)*(len(widths)-1) - maxWidth
	for _, w := range widths {
		excess += w
	}
	for ; excess > 0; excess-- {
		widths[t.widest(widths)]--
	}
	return widths
}

func (t *table) widest(widths []int) int {
	widest := -1
	for i, w := range widths {
		if !t.columns[i].number && w > minWidth && (widest < 0 || w > widths[widest]) {
			widest = i
		}
	}
	if widest < 0 { // numbers of astronomic size
		return slices.Index(widths, slices.Max(widths))
	}
	return widest
}

// cut is a text of at most so many characters.
func cut(text string, width int) string {
	if utf8.RuneCountInString(text) <= width {
		return text
	}
	return string([]rune(text)[:max(width-1, 0)]) + "…"
}

// printable is a text without what a terminal would obey, such as escape sequences,
// or what would make it seem another, such as marks that change its direction.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, text)
}

// quantity is a number with its noun.
func quantity(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprint(n, " ", many)
}

// screen is where a command prints.
type screen struct {
	io.Writer
	colours bool
}

// screenOf has colours on a terminal, unless the user asks for none
// (https://no-color.org).
func screenOf(w io.Writer) screen {
	return screen{w, isTerminal(w) && os.Getenv("NO_COLOR") == ""}
}

func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

func (s screen) coloured(text string, t tone) string {
	if !s.colours || t == plain {
		return text
	}
	return fmt.Sprintf("\x1b[%dm%s\x1b[0m", t, text)
}
