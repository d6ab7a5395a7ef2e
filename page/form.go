package page

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// formCheck finds out whether visitors can send their choice from a page, as browsers read
// its HTML: a name that stands in the text, in a comment or outside of the form is no field.
type formCheck struct {
	template   *source // by which the page was made
	sha256     string  // of the policy that the form has to name
	fields     []field
	problems   []error
	withChoice []*html.Node // forms
}

// field is an element that sends something along with its form.
type field struct {
	*html.Node
	form *html.Node // nil: there is none
}

// checkForm returns all that keeps visitors from sending their choice.
func checkForm(page []byte, template *source, sha256 string) error {
	root, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		return fmt.Errorf("%s: %w", template.name, err)
	}
	c := formCheck{template: template, sha256: sha256}
	c.collect(root)
	for i := range c.fields {
		if f := &c.fields[i]; f.name() == "choice" && f.form != nil && !slices.Contains(c.withChoice, f.form) {
			c.withChoice = append(c.withChoice, f.form)
		}
	}
	c.checkFields()
	for _, form := range c.withChoice {
		c.checkPolicy(form)
		c.checkSending(form)
	}
	if len(c.problems) == 0 && len(c.withChoice) == 0 {
		c.expect(nil, `a form in which visitors choose, as the page that is built in has it: with the hidden field "policy", and buttons with the name "choice" and the values save, refuse and accept`)
	}
	return errors.Join(c.problems...)
}

// collect finds all fields. What is in an element template is not on the page.
func (c *formCheck) collect(n *html.Node) {
	if n.Type == html.ElementNode {
		switch n.Data {
		case "template":
			return
		case "input", "button", "select", "textarea":
			if isSent(n) {
				c.fields = append(c.fields, field{n, c.formOf(n)})
			}
		}
	}
	for child := range n.ChildNodes() {
		c.collect(child)
	}
}

// isSent reports whether a field can ever be sent.
func isSent(n *html.Node) bool {
	kind := strings.ToLower(attributeOf(n, "type"))
	return kind != "button" && kind != "reset" && attributeOf(n, "name") != ""
}

// formOf is the form that a field belongs to: the one that it names, or the one around it.
func (c *formCheck) formOf(n *html.Node) *html.Node {
	id := attributeOf(n, "form")
	for around := n; around != nil; around = around.Parent {
		switch {
		case id == "" && around.Type == html.ElementNode && around.Data == "form":
			return around
		case id != "" && around.Parent == nil:
			return withID(around, id)
		}
	}
	return nil
}

func withID(root *html.Node, id string) *html.Node {
	for n := range root.Descendants() {
		if n.Type == html.ElementNode && n.Data == "form" && attributeOf(n, "id") == id {
			return n
		}
	}
	return nil
}

// checkFields checks that what visitors choose is sent, and that it can be read.
func (c *formCheck) checkFields() {
	for i := range c.fields {
		f := &c.fields[i]
		switch name := f.name(); name {
		case "choice":
			if f.form == nil {
				c.expect(f.Node, `the field "choice" in a form, found it outside of any`)
			}
			for _, value := range f.values() {
				if !slices.Contains(choices, value) {
					c.expect(f.Node, `one of the values %s for the field "choice", found %.40q`, strings.Join(choices, ", "), value)
				}
			}
		case "category", "service", "was_category", "was_service":
			if f.form == nil || len(c.withChoice) > 0 && !slices.Contains(c.withChoice, f.form) {
				c.expect(f.Node, "the field %q in the form that has the field \"choice\", found it outside: it would not be sent", name)
			}
		}
	}
}

// checkPolicy checks that a form says which policy was shown: one that was opened under an
// older policy would grant what the visitor was not shown.
func (c *formCheck) checkPolicy(form *html.Node) {
	if c.sha256 == "" {
		return
	}
	var found []*field
	for i := range c.fields {
		if f := &c.fields[i]; f.form == form && f.name() == "policy" {
			found = append(found, f)
		}
	}
	const want = `<input type="hidden" name="policy" value="{{.SHA256}}">`
	switch {
	case len(found) == 0:
		c.expect(form, "the field %s in this form, found none", want)
	case len(found) > 1:
		c.expect(found[1].Node, "the field %s once in its form, found it twice", want)
	case !slices.Equal(found[0].values(), []string{c.sha256}):
		c.expect(found[0].Node, `{{.SHA256}} as the value of the field "policy", found another one`)
	case found[0].isDisabled():
		c.expect(found[0].Node, `the field "policy" without the attribute disabled: it would not be sent`)
	}
}

// checkSending checks how a form is sent.
func (c *formCheck) checkSending(form *html.Node) {
	if method := attributeOf(form, "method"); !strings.EqualFold(method, "post") {
		c.expect(form, `the attribute method="post" of this form, found %.40q`, method)
	}
	const usual = "application/x-www-form-urlencoded"
	if kind := attributeOf(form, "enctype"); kind != "" && !strings.EqualFold(kind, usual) {
		c.expect(form, "a form without the attribute enctype, or with %s, found %.40q", usual, kind)
	}
}

// expect adds a problem with an element; nil: with the whole page.
func (c *formCheck) expect(n *html.Node, format string, what ...any) {
	c.problems = append(c.problems, fmt.Errorf("%s: expected %s", c.template.place(n), fmt.Sprintf(format, what...)))
}

func (f *field) name() string { return attributeOf(f.Node, "name") }

func (f *field) isDisabled() bool {
	_, disabled := valueIn(f.Attr, "disabled")
	return disabled
}

// values are those that a field may send as it stands.
func (f *field) values() (values []string) {
	if f.Data != "select" {
		return []string{attributeOf(f.Node, "value")}
	}
	for n := range f.Descendants() {
		if n.Type == html.ElementNode && n.Data == "option" {
			values = append(values, attributeOf(n, "value"))
		}
	}
	return values
}

// attributeOf is the value of an attribute, or "".
func attributeOf(n *html.Node, name string) string {
	value, _ := valueIn(n.Attr, name)
	return value
}
