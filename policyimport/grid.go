package policyimport

import (
	"slices"
	"strconv"
	"strings"
)

// table is a table as readers see it: a cell that spans several places is in each.
type table struct {
	caption string
	rows    [][]cell
	cut     int // rows that are left out
}

// cell is a place in a table.
type cell struct {
	prose  string // on one line
	marked string // see node.marked
	first  bool   // the cell does not continue one to its left
}

const (
	// maxRows is how many rows of a page are read, more than a policy has cookies.
	maxRows = 5000
	// maxColumns is how many cells of a row are read. Wider tables are not of cookies.
	maxColumns = 24
	// maxCell is the longest cell whose names are read: a longer one is prose.
	maxCell = 8 << 10
)

// readTable reads at most so many rows of a table.
func readTable(n *node, most int) *table {
	t := &table{}
	var carried []carriedCell
	n.each(func(in *node) bool {
		switch {
		case in == n:
			return true
		case in.tag == "caption":
			t.caption = in.prose()
		case in.tag == "tr" && len(t.rows) < most:
			var row []cell
			row, carried = readRow(in, carried)
			t.rows = append(t.rows, row)
		case in.tag == "tr":
			t.cut++
		case in.tag == "thead" || in.tag == "tbody" || in.tag == "tfoot":
			carried = nil // no cell reaches out of its part
			return true
		}
		return false
	})
	return t
}

// carriedCell is a cell that reaches down into further rows.
type carriedCell struct {
	cell
	rows int
}

// readRow reads a row below cells that reach into it, and returns those that reach
// further.
func readRow(n *node, above []carriedCell) ([]cell, []carriedCell) {
	var row []cell
	below := make([]carriedCell, 0, len(above))
	fill := func() {
		for len(row) < len(above) && above[len(row)].rows > 0 {
			c := above[len(row)]
			row = append(row, c.cell)
			below = append(below, carriedCell{c.cell, c.rows - 1})
		}
	}
	for _, child := range n.children {
		if child.tag != "td" && child.tag != "th" {
			continue
		}
		fill()
		c := newCell(child.prose(), child.marked())
		rows := span(child, "rowspan", maxRows) - 1
		for range span(child, "colspan", maxColumns) {
			if len(row) == maxColumns {
				break
			}
			row = append(row, c)
			below = append(below, carriedCell{c, rows})
			c.first = false
		}
	}
	fill()
	return row, below
}

func newCell(prose, marked string) cell {
	if len(marked) > maxCell {
		marked = ""
	}
	return cell{prose: cut(prose, maxCell), marked: marked, first: true}
}

// span is how many places a cell takes. Zero rows are all that follow.
func span(n *node, name string, most int) int {
	text, ok := n.lookup(name)
	if !ok {
		return 1
	}
	text = strings.TrimSpace(text)
	count, err := strconv.Atoi(text)
	if count == 0 && err == nil && name == "rowspan" {
		return most
	}
	if err != nil && len(text) > 9 && strings.Trim(text, "0123456789") == "" {
		return most // more than there are numbers
	}
	return min(max(count, 1), most)
}

// title is the text of a row that is one cell over all columns, a heading in the
// table.
func title(row []cell, columns int) (string, bool) {
	var text string
	filled := 0
	for _, c := range row {
		if c.first && c.prose != "" {
			text, filled = c.prose, filled+1
		}
	}
	wide := len(row) == 1 || !slices.ContainsFunc(row[min(1, len(row)):], func(c cell) bool { return c.first })
	return text, columns > 1 && filled == 1 && wide && len(text) <= maxHeading
}

// width is how many columns a table has.
func (t *table) width() int {
	most := 0
	for _, row := range t.rows {
		most = max(most, len(row))
	}
	return most
}
