package policy

import (
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
	"golang.org/x/text/language"
)

// Text is words of the policy for people to read, by language: a tag of BCP 47 in
// canonical form, such as "fr" or "pt-BR". Under "" are those in the policy's own
// language. A nil Text says nothing.
type Text map[string]string

// In returns the words in a language, or in a more general one ("pt" for "pt-BR"),
// else those in the policy's own, and which language they are in: "" for the
// policy's own.
func (t Text) In(tag string) (words, in string) {
	for ; tag != ""; tag = tag[:max(strings.LastIndexByte(tag, '-'), 0)] {
		if words, ok := t[tag]; ok {
			return words, tag
		}
	}
	return t[""], ""
}

// String returns the words in the policy's own language.
func (t Text) String() string { return t[""] }

// textSection is a text that has words by language.
type textSection struct {
	Text
	node *yaml.Node
	what string
}

// DefaultLanguage is the language of a policy that does not name its own.
const DefaultLanguage = "en"

// tag reads the name of a language.
func (r *reader) tag(n *yaml.Node, what string) string {
	text, ok := r.text(n, what)
	if !ok {
		return ""
	}
	tag, err := language.Parse(text)
	if err != nil || tag == language.Und {
		r.errorf(n, "expected a language such as en, fr or ar as %s, found %s", what, found(n))
		return ""
	}
	return tag.String()
}

// prose reads a text: one in the policy's own language, or one for each language.
func (r *reader) prose(n *yaml.Node, what string) Text {
	if n.Kind != yaml.MappingNode {
		words, _ := r.text(n, what)
		return Text{"": words}
	}
	t := make(Text)
	before := r.problems.count()
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		tag := r.tag(key, "the language of "+what)
		words, ok := r.text(value, what)
		if _, twice := t[tag]; twice && tag != "" {
			r.errorf(key, "%s stands twice in %s", quoted(key), what)
		} else if ok && tag != "" {
			t[tag] = words
		}
	}
	if r.problems.count() == before { // otherwise it may be there, and cannot be read
		r.texts = append(r.texts, textSection{t, n, what})
	}
	return t
}

// addLanguage finds out the policy's own language, which every text has.
func (r *reader) addLanguage(p *Policy, d *document) {
	p.Language = DefaultLanguage
	if d.languageNode != nil {
		p.Language = d.language
	}
	if p.Language == "" {
		return // its problem is known
	}
	for _, t := range r.texts {
		words, ok := t.Text[p.Language]
		if !ok {
			r.errorf(t.node, "expected %s in the policy's own language %q, which is shown where there is no other, found it in %s", t.what, p.Language, oneOrNone(t.Text))
		}
		t.Text[""] = words
	}
}

func oneOrNone(t Text) string {
	if len(t) == 0 {
		return "none"
	}
	return strings.Join(slices.Sorted(maps.Keys(t)), ", ")
}
