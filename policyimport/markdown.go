package policyimport

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// renderMarkdown makes HTML of Markdown: headings, paragraphs, tables and code. The
// rest of the language is left out on purpose. Emphasis would turn _ga_* into ga*, and
// raw HTML SSESS<ID> into SSESS; both and links are looked for in the result. Quotes,
// lists and link references nest, or take more than linear time.
func renderMarkdown(page string) (_ string, err error) {
	defer func() {
		if r := recover(); r != nil { // in code that is not ours, over a page that may be anybody's
			err = fmt.Errorf("expected Markdown, found what its parser fails at: %v", r)
		}
	}()
	source := []byte(tamed(page))
	p := parser.NewParser(
		parser.WithBlockParsers(
			util.Prioritized(parser.NewSetextHeadingParser(), 100),
			util.Prioritized(parser.NewThematicBreakParser(), 200),
			util.Prioritized(parser.NewATXHeadingParser(), 600),
			util.Prioritized(parser.NewFencedCodeBlockParser(), 700),
			util.Prioritized(parser.NewParagraphParser(), 1000),
		),
		parser.WithInlineParsers(util.Prioritized(parser.NewCodeSpanParser(), 100)),
		parser.WithParagraphTransformers(util.Prioritized(extension.NewTableParagraphTransformer(), 200)),
		parser.WithASTTransformers(util.Prioritized(extension.NewTableASTTransformer(), 0)),
	)
	r := renderer.NewRenderer(renderer.WithNodeRenderers(
		util.Prioritized(html.NewRenderer(), 1000),
		util.Prioritized(extension.NewTableHTMLRenderer(), 500),
	))
	var root ast.Node = p.Parse(text.NewReader(source))
	var out bytes.Buffer
	if err := r.Render(&out, source, root); err != nil {
		return "", fmt.Errorf("reading Markdown: %w", err)
	}
	return inlineHTML(out.String()), nil
}

// tamed is a page without what would make more of it than it is: rows of more cells
// than are read, more rows than are read, and long runs of backticks, for each length
// of which the parser goes through the paragraph.
func tamed(page string) string {
	page = backticks.ReplaceAllString(page, "```")
	var b strings.Builder
	rows := 0
	for line := range strings.Lines(page) {
		if strings.Contains(line, "|") {
			if rows++; rows > maxRows || strings.Count(line, "|") > 2*maxColumns {
				continue
			}
		}
		b.WriteString(strings.TrimLeft(line, "> ")) // quotes are read like the rest
	}
	return b.String()
}

var backticks = regexp.MustCompile("`{4,}")

// inlineHTML reads the emphasis, links and line breaks that are left in rendered
// Markdown.
func inlineHTML(page string) string {
	page = lineBreak.ReplaceAllString(page, "<br>")
	if strings.Contains(page, "](") {
		page = link.ReplaceAllString(page, "$1")
	}
	if !strings.Contains(page, "*") {
		return page
	}
	page = strong.ReplaceAllString(page, "<strong>$1</strong>")
	for range 2 { // what is between two of them belongs to the first
		page = emphasis.ReplaceAllString(page, "$1$2$3")
	}
	return page
}

var (
	lineBreak = regexp.MustCompile(`(?i)&lt;br\s*/?&gt;`)
	link      = regexp.MustCompile(`!?\[([^\[\]<>\n]*)\]\([^()\s<>]*\)`)
	strong    = regexp.MustCompile(`\*\*([^*<>\n]+)\*\*`)
	emphasis  = regexp.MustCompile(`(^|[\s>,;])\*([^*\s<>][^*<>\n]*)\*([\s<,;]|$)`)

	delimiterRow = regexp.MustCompile(`(?m)^[ >]*\|?[ \t]*:?-+:?[ \t]*\|[ \t|:-]*\r?$`)
)

// hasDelimiterRow tells whether there is a line that makes a table of the one above.
func hasDelimiterRow(page string) bool { return delimiterRow.MatchString(page) }
