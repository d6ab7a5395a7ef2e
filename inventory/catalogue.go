package inventory

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Catalogue tells what cookies of well-known names are for. It is an aid for those
// who write a policy, and no authority: nothing is decided by it.
type Catalogue struct {
	names    index
	prefixes index
	longest  int // prefix, in bytes
}

// Suggestion is what a catalogue says of a name.
type Suggestion struct {
	Platform    string `json:"platform,omitempty"`
	Category    string `json:"category,omitempty"`
	Description string `json:"description,omitempty"`
	Retention   string `json:"retention,omitempty"`
	Controller  string `json:"controller,omitempty"`
}

// maxCatalogue is how many bytes a catalogue may have. The Open Cookie Database had
// half a megabyte in 2026.
const maxCatalogue = 16 << 20

// ReadCatalogue reads a catalogue in the CSV form of the Open Cookie Database. The
// first line says which column is which; others than these are passed over:
//
//	Platform, Category, Cookie / Data Key name, Description, Retention period,
//	Data Controller, Wildcard match
//
// Errors begin with the name, which is that of the file.
func ReadCatalogue(name string, r io.Reader) (*Catalogue, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxCatalogue+1))
	if err != nil {
		return nil, fmt.Errorf("%s: reading the catalogue: %w", name, err)
	}
	if len(text) > maxCatalogue {
		return nil, fmt.Errorf("%s: expected a catalogue of at most %d MiB: name another file", name, maxCatalogue>>20)
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	rows := csv.NewReader(bytes.NewReader(text))
	header, err := rows.Read()
	if err != nil {
		return nil, rowError(name, err)
	}
	columns, err := findColumns(header)
	if err != nil {
		line, _ := rows.FieldPos(0)
		return nil, fmt.Errorf("%s:%d: %w", name, line, err)
	}
	c := &Catalogue{names: newIndex(), prefixes: newIndex()}
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return c, nil
		}
		if err != nil {
			return nil, rowError(name, err)
		}
		if err := c.add(row, columns); err != nil {
			line, _ := rows.FieldPos(0)
			return nil, fmt.Errorf("%s:%d: %w", name, line, err)
		}
	}
}

// The columns, in the order in which findColumns returns their places.
const (
	platform = iota
	category
	cookieName
	description
	retention
	controller
	wildcard
)

var titles = []string{
	platform:    "Platform",
	category:    "Category",
	cookieName:  "Cookie / Data Key name",
	description: "Description",
	retention:   "Retention period",
	controller:  "Data Controller",
	wildcard:    "Wildcard match",
}

func findColumns(header []string) (columns []int, err error) {
	var missing []string
	for _, title := range titles {
		column := slices.Index(header, title)
		columns = append(columns, column)
		if column < 0 {
			missing = append(missing, fmt.Sprintf("%q", title))
		}
	}
	if missing != nil {
		return nil, fmt.Errorf("expected a header line with the columns of the Open Cookie Database, found none called %s",
			strings.Join(missing, ", "))
	}
	return columns, nil
}

func rowError(name string, err error) error {
	if malformed, ok := errors.AsType[*csv.ParseError](err); ok {
		return fmt.Errorf("%s:%d: expected a row of CSV with as many fields as the header line: %w", name, malformed.Line, malformed.Err)
	}
	return fmt.Errorf("%s:1: expected a header line: %w", name, err) // the file is empty
}

// add takes a row in.
func (c *Catalogue) add(row []string, columns []int) error {
	field := func(column int) string { return strings.Join(strings.Fields(row[columns[column]]), " ") }
	// Some names end with a "*" in rows that do not say that it is a wildcard.
	name, isPrefix := strings.CutSuffix(field(cookieName), "*")
	if name == "" {
		return fmt.Errorf("expected the name of a cookie in the column %q", titles[cookieName])
	}
	switch value := field(wildcard); value {
	case "0":
	case "1":
		isPrefix = true
	default:
		return fmt.Errorf(`expected 0, or 1 for a name that others begin with, in the column %q, found %.20q`, titles[wildcard], value)
	}
	suggestion := Suggestion{
		Platform:    fit(field(platform), maxField),
		Category:    fit(field(category), maxField),
		Description: fit(field(description), maxField),
		Retention:   fit(field(retention), maxField),
		Controller:  fit(field(controller), maxField),
	}
	if isPrefix {
		c.prefixes.add(name, suggestion)
		c.longest = max(c.longest, len(name))
	} else {
		c.names.add(name, suggestion)
	}
	return nil
}

// maxField is how many bytes of a field are kept. The longest of the Open Cookie
// Database had 655.
const maxField = 2048
