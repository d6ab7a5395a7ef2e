package page

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// source is the text of a template, in which elements of the page are looked for that it
// makes.
type source struct{ name, text string }

// place is where an element of the page begins in the template: the first tag that could
// have made it. It is the template as a whole where there is no telling.
func (m *source) place(n *html.Node) string {
	if n == nil {
		return m.name
	}
	z := html.NewTokenizer(strings.NewReader(m.text))
	for at := 0; ; at += len(z.Raw()) {
		switch z.Next() {
		case html.ErrorToken:
			return m.name
		case html.StartTagToken, html.SelfClosingTagToken:
			before := m.text[:at]
			if makes(z, n) {
				return fmt.Sprintf("%s:%d:%d", m.name, 1+strings.Count(before, "\n"), at-strings.LastIndexByte(before, '\n'))
			}
		}
	}
}

// told are attributes by which elements are told apart.
var told = []string{"id", "name", "type", "value", "method", "enctype"}

// makes reports whether a tag of the template can be that of an element: what the template
// fills in may be anything.
func makes(z *html.Tokenizer, n *html.Node) bool {
	tag := z.Token()
	differs := func(name string) bool {
		wanted, found := valueIn(tag.Attr, name)
		value, has := valueIn(n.Attr, name)
		return found != has || value != wanted && !strings.Contains(wanted, "{{")
	}
	return tag.Data == n.Data && !slices.ContainsFunc(told, differs)
}

// valueIn is the value of an attribute.
func valueIn(attributes []html.Attribute, name string) (value string, found bool) {
	i := slices.IndexFunc(attributes, func(a html.Attribute) bool { return a.Key == name })
	if i < 0 {
		return "", false
	}
	return attributes[i].Val, true
}
