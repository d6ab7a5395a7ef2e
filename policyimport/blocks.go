package policyimport

import "strings"

// block is a part of a page: a heading, a paragraph or a table.
type block struct {
	level int // of a heading: 1 for the whole page, more for what is in it
	text  string
	table *table
}

// The levels of what serves as a heading, below those of HTML's own: paragraphs in
// bold, and the captions of tables and the titles in them.
const (
	boldLevel = 7 + iota
	captionLevel
	titleLevel
)

// maxHeading is the longest text that is taken for a heading where the markup does
// not say.
const maxHeading = 120

// htmlBlocks are the blocks of a page, in their order.
func htmlBlocks(root *node) []block {
	var w blockWalker
	w.walk(root, false)
	w.flush()
	return w.blocks
}

type blockWalker struct {
	blocks []block
	run    strings.Builder // the text of a paragraph so far
	light  bool            // some of it is not bold
	rows   int             // read so far
}

func (w *blockWalker) walk(n *node, bold bool) {
	for _, child := range n.children {
		switch {
		case child.tag == "":
			w.run.WriteString(child.text)
			w.light = w.light || !bold && strings.TrimSpace(child.text) != ""
		case isUnseen[child.tag]:
		case child.tag == "table":
			w.flush()
			w.table(child)
		case isHeading(child.tag), child.tag == "summary":
			w.flush()
			level := boldLevel
			if child.tag != "summary" {
				level = int(child.tag[1] - '0')
			}
			w.blocks = append(w.blocks, block{level: level, text: child.prose()})
		case isBlock[child.tag]:
			w.flush()
			w.walk(child, bold)
			w.flush()
		case child.tag == "br":
			w.run.WriteByte(' ')
		default:
			w.walk(child, bold || child.tag == "b" || child.tag == "strong")
		}
	}
}

// flush ends a paragraph. One that is bold as a whole is a heading.
func (w *blockWalker) flush() {
	b := block{text: fold(w.run.String())}
	if !w.light && len(b.text) <= maxHeading {
		b.level = boldLevel
	}
	if b.text != "" {
		w.blocks = append(w.blocks, b)
	}
	w.run.Reset()
	w.light = false
}

// table adds a table. One that only serves the layout is gone into: that is one which
// has another in it, and no head that speaks of cookies.
func (w *blockWalker) table(n *node) {
	left := maxRows - w.rows
	t := readTable(n, max(left, 0))
	w.rows += len(t.rows)
	hasNested := n.find(func(in *node) bool { return in != n && in.tag == "table" }) != nil
	if hasNested && !t.hasHead() {
		w.walk(n, false)
		w.flush()
		return
	}
	w.blocks = append(w.blocks, block{table: t})
}
