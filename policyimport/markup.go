package policyimport

import (
	"strings"

	"golang.org/x/net/html"
)

// node is an element of a page, or a text in it: one with no tag.
type node struct {
	tag      string
	attr     []html.Attribute
	text     string
	children []*node
	parent   *node
	closed   bool // by an end tag of its own
}

// maxDepth is how deep elements are nested. Those further down stand beside each
// other, so that neither the stack nor the time grows with a hostile page.
const maxDepth = 120

// parseMarkup makes a tree of HTML, in a time linear to its length. The algorithm of
// the HTML standard, as package html has it, opens formatting elements anew in each
// paragraph: a short page becomes a tree that fills the memory. Tables of cookies do
// not need that.
func parseMarkup(page string) *node {
	root := &node{}
	b := builder{root: root, at: root}
	z := html.NewTokenizer(strings.NewReader(page))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return root
		case html.TextToken:
			b.add(&node{text: string(z.Text())})
		case html.StartTagToken, html.SelfClosingTagToken:
			b.start(z.Token())
		case html.EndTagToken:
			name, _ := z.TagName()
			b.end(string(name))
		}
	}
}

type builder struct {
	root, at *node
	depth    int
}

func (b *builder) add(n *node) {
	n.parent = b.at
	b.at.children = append(b.at.children, n)
}

func (b *builder) start(t html.Token) {
	for _, tag := range closedBy(t.Data) {
		b.close(tag)
	}
	n := &node{tag: t.Data, attr: t.Attr}
	b.add(n)
	if !isVoid[t.Data] && t.Type != html.SelfClosingTagToken && b.depth < maxDepth {
		b.at = n
		b.depth++
	}
}

func (b *builder) end(tag string) {
	if n := b.open(tag); n != nil {
		n.closed = true
		b.close(tag)
	}
}

// open is the innermost open element with a tag. The contents of a cell do not close
// what is around it.
func (b *builder) open(tag string) *node {
	for n := b.at; n != b.root; n = n.parent {
		if n.tag == tag {
			return n
		}
		if n.tag == "table" || (n.tag == "td" || n.tag == "th") && !isTablePart[tag] {
			return nil
		}
	}
	return nil
}

// close leaves an open element and all in it.
func (b *builder) close(tag string) {
	n := b.open(tag)
	if n == nil {
		return
	}
	for b.at != n {
		b.at = b.at.parent
		b.depth--
	}
	b.at = n.parent
	b.depth--
}

// closedBy are the elements that the start of another one ends, the innermost first.
func closedBy(tag string) []string {
	switch tag {
	case "td", "th":
		return []string{"td", "th"}
	case "tr":
		return []string{"td", "th", "tr"}
	case "thead", "tbody", "tfoot":
		return []string{"td", "th", "tr", "caption", "thead", "tbody", "tfoot"}
	case "li":
		return []string{"p", "li"}
	case "dt", "dd":
		return []string{"p", "dt", "dd"}
	}
	if isHeading(tag) {
		return []string{"p", "h1", "h2", "h3", "h4", "h5", "h6"}
	}
	if isBlock[tag] {
		return []string{"p"}
	}
	return nil
}

func isHeading(tag string) bool {
	return len(tag) == 2 && tag[0] == 'h' && tag[1] >= '1' && tag[1] <= '6'
}

// has tells whether an element has an attribute.
func (n *node) has(name string) bool {
	_, ok := n.lookup(name)
	return ok
}

// get is the value of an attribute; empty where there is none.
func (n *node) get(name string) string {
	value, _ := n.lookup(name)
	return value
}

func (n *node) lookup(name string) (string, bool) {
	for _, a := range n.attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

// find is the first node in document order that fits, or nil.
func (n *node) find(fits func(*node) bool) *node {
	if fits(n) {
		return n
	}
	for _, child := range n.children {
		if found := child.find(fits); found != nil {
			return found
		}
	}
	return nil
}

// each calls do for a node and all in it, in document order. It does not go into
// those for which do returns false.
func (n *node) each(do func(*node) (enter bool)) {
	if !do(n) {
		return
	}
	for _, child := range n.children {
		child.each(do)
	}
}

func set(words string) map[string]bool {
	s := make(map[string]bool)
	for _, word := range strings.Fields(words) {
		s[word] = true
	}
	return s
}

var (
	isVoid      = set("area base br col embed hr img input link meta param source track wbr")
	isTablePart = set("table thead tbody tfoot tr td th caption colgroup")
	isBlock     = set("address article aside blockquote body caption center dd details div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr html li main menu nav ol p pre section summary table tbody td tfoot th thead tr ul")
	// What is struck out does not hold any more.
	isUnseen = set("del s strike head script style template noscript iframe select option textarea svg math object canvas audio video title")
	isInline = set("a abbr acronym b bdi bdo big button cite code data dfn em font i img input ins kbd label mark meter nobr output picture progress q rp rt ruby samp small span strong sub sup time tt u var wbr br")
)

// isUnknown tells a tag that HTML does not have.
func isUnknown(tag string) bool {
	return tag != "" && !isVoid[tag] && !isTablePart[tag] && !isBlock[tag] && !isUnseen[tag] && !isInline[tag]
}
