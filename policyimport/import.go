// Package policyimport reads published cookie policies: pages with tables of
// cookies, and the pages that package page writes. It makes a policy of them that
// may be enforced once somebody has read it, and guesses nothing that would let a
// cookie pass without consent.
package policyimport

import (
	"bytes"
	"errors"
	"fmt"
	"path"
	"strings"
)

// maxBytes is the longest page that is read.
const maxBytes = 4 << 20

// errNoCookies is the error for a page that no policy can be made of.
var errNoCookies = errors.New("expected a page with a table of cookies, such as provider, function, cookie and purpose, found no cookie in it")

// Import reads a policy page, in HTML, Markdown or tab-separated text, and returns
// it as policy.yaml. The result is always a valid policy: what could not be read
// stands in a comment where it would be. It is an error where the page lists no
// cookies at all. The name is that of the file; its ending tells the kind where it
// has one that is known.
func Import(name string, data []byte) ([]byte, error) {
	text, err := importText(name, data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", printable(name), err)
	}
	return []byte(text), nil
}

func importText(name string, data []byte) (string, error) {
	if len(data) > maxBytes {
		return "", fmt.Errorf("expected a page of at most %d bytes, found %d", maxBytes, len(data))
	}
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		return "", errors.New("expected a page in UTF-8, found UTF-16: save it as UTF-8")
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	page := strings.ToValidUTF8(string(data), "\uFFFD")
	d := newDraft(name)
	switch kindOf(name, page) {
	case tabs:
		c := newCollector(d)
		c.collect(tabBlocks(page))
		c.finish()
	case markdown:
		html, err := renderMarkdown(page)
		if err != nil {
			return "", err
		}
		readPage(d, html)
	default:
		readPage(d, page)
	}
	return d.policy()
}

// readPage reads HTML: a page of package page, or any other.
func readPage(d *draft, page string) {
	root := parseMarkup(page)
	if main := root.find(func(n *node) bool { return n.tag == "main" && n.has("data-cookie-policy") }); main != nil {
		readOwn(d, main)
		return
	}
	c := newCollector(d)
	c.language = languageOf(root)
	c.collect(htmlBlocks(root))
	c.finish()
}

// kind is how a page is written.
type kind int

const (
	hypertext kind = iota
	markdown
	tabs
)

// kindOf tells how a page is written: by the ending of its name, or else by what is
// in it.
func kindOf(name, page string) kind {
	switch strings.ToLower(path.Ext(name)) {
	case ".html", ".htm", ".xhtml":
		return hypertext
	case ".tsv", ".tab":
		return tabs
	case ".md", ".markdown":
		if hasDelimiterRow(page) || !strings.Contains(strings.ToLower(page), "<table") {
			return markdown
		}
		return hypertext // in Markdown, which may have HTML in it
	}
	lower := strings.ToLower(page)
	if strings.HasPrefix(strings.TrimSpace(page), "<") || strings.Contains(lower, "<table") || strings.Contains(lower, "<html") {
		return hypertext
	}
	var withTabs, withPipes int
	for line := range strings.Lines(page) {
		if strings.Contains(line, "\t") {
			withTabs++
		}
		if strings.Contains(line, "|") {
			withPipes++
		}
	}
	if withTabs > withPipes {
		return tabs
	}
	return markdown
}
