package policy

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// MaxBytes is the longest policy that is read.
const MaxBytes = 4 << 20

// Parse reads, validates and compiles a policy. file is the name that problems
// carry. The error is a [Problems] with everything that is wrong at once, up to a
// number (rule F1).
func Parse(file string, data []byte) (*Policy, error) {
	r := reader{file: file}
	root := r.root(data)
	if root == nil {
		return nil, r.problems.list(file)
	}
	d := r.document(root)
	p := r.compile(d)
	if r.problems.count() > 0 {
		return nil, r.problems.list(file)
	}
	p.Warnings = r.warnings.list(file)
	return p, nil
}

// reader walks the nodes of a policy and collects what is wrong.
type reader struct {
	file               string
	problems, warnings findings
	texts              []textSection
	members            []memberAt // that the source which is being read refers to
}

func (r *reader) errorf(at *yaml.Node, format string, args ...any) {
	r.add(&r.problems, at, format, args)
}

func (r *reader) warnf(at *yaml.Node, format string, args ...any) {
	r.add(&r.warnings, at, format, args)
}

func (r *reader) add(to *findings, at *yaml.Node, format string, args []any) {
	if to.isFull() {
		to.more++
		return
	}
	text := fmt.Sprintf(format, args...)
	if len(text) > maxTextBytes {
		text = strings.ToValidUTF8(text[:maxTextBytes], "") + "…"
	}
	to.listed = append(to.listed, Problem{r.file, at.Line, at.Column, text})
}

// root parses the YAML. It returns nil where there is nothing to walk.
func (r *reader) root(data []byte) *yaml.Node {
	start := &yaml.Node{Line: 1, Column: 1}
	if len(data) > MaxBytes {
		r.errorf(start, "expected a policy of at most %d bytes", MaxBytes)
		return nil
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var document yaml.Node
	switch err := decoder.Decode(&document); {
	case errors.Is(err, io.EOF):
		r.errorf(start, "the policy is empty: expected at least version, categories and services")
		return nil
	case err != nil:
		r.errorf(syntaxErrorAt(err, data), "%s", syntaxErrorText(err))
		return nil
	}
	var second yaml.Node
	if err := decoder.Decode(&second); err == nil {
		r.errorf(&second, "expected one YAML document, found a second one")
		return nil
	} else if !errors.Is(err, io.EOF) {
		r.errorf(syntaxErrorAt(err, data), "%s", syntaxErrorText(err))
		return nil
	}
	return document.Content[0]
}

// field reads one key of a mapping.
type field struct {
	name string
	read func(value *yaml.Node)
}

// mapping reads the keys of a mapping, each at most once. Keys that stand in
// required must be there.
func (r *reader) mapping(n *yaml.Node, what string, required []string, fields ...field) {
	if !r.isKind(n, yaml.MappingNode, what) {
		return
	}
	seen := make(map[string]*yaml.Node)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		f := slices.IndexFunc(fields, func(f field) bool { return f.name == key.Value })
		if key.Kind != yaml.ScalarNode || f < 0 {
			r.errorf(key, "unknown key %s in %s: expected one of %s", quoted(key), what, fieldNames(fields))
			continue
		}
		if first := seen[key.Value]; first != nil {
			r.errorf(key, "key %q stands twice in %s: it is on line %d already", key.Value, what, first.Line)
			continue
		}
		seen[key.Value] = key
		fields[f].read(value)
	}
	for _, name := range required {
		if seen[name] == nil {
			r.errorf(n, "expected the key %q in %s", name, what)
		}
	}
}

func fieldNames(fields []field) string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.name
	}
	return strings.Join(names, ", ")
}

// sequence calls read for each item of a list, which must not be empty.
func (r *reader) sequence(n *yaml.Node, what string, read func(item *yaml.Node)) {
	if !r.isKind(n, yaml.SequenceNode, what) {
		return
	}
	if len(n.Content) == 0 {
		r.errorf(n, "expected at least one item in %s", what)
	}
	for _, item := range n.Content {
		read(item)
	}
}

// text reads a string. YAML's other types have to be quoted to become one.
func (r *reader) text(n *yaml.Node, what string) (string, bool) {
	if !r.isKind(n, yaml.ScalarNode, what) {
		return "", false
	}
	if n.ShortTag() != "!!str" {
		r.errorf(n, "expected text as %s, found %s: put it in quotes if it is meant", what, found(n))
		return "", false
	}
	return n.Value, true
}

func (r *reader) boolean(n *yaml.Node, what string) bool {
	var b bool
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!bool" || n.Decode(&b) != nil {
		r.errorf(n, "expected true or false as %s, found %s", what, found(n))
	}
	return b
}

// oneOf reads a word out of a list.
func (r *reader) oneOf(n *yaml.Node, what string, words ...string) string {
	text, ok := r.text(n, what)
	if ok && !slices.Contains(words, text) {
		r.errorf(n, "unknown %s %q: expected one of %s", what, text, strings.Join(words, ", "))
	}
	return text
}

// isKind refuses aliases with the rest: a policy is read by people who do not
// know YAML, and an alias may contain itself, or a billion others.
func (r *reader) isKind(n *yaml.Node, kind yaml.Kind, what string) bool {
	if n.Kind == kind {
		return true
	}
	if n.Kind == yaml.AliasNode {
		r.errorf(n, "a policy has no aliases: write out %s instead of *%s", what, n.Value)
		return false
	}
	r.errorf(n, "expected %s as %s, found %s", kindNames[kind], what, found(n))
	return false
}

var kindNames = map[yaml.Kind]string{
	yaml.MappingNode:  "keys and values",
	yaml.SequenceNode: "a list",
	yaml.ScalarNode:   "text",
}

// found describes a node for an error.
func found(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "keys and values"
	case yaml.SequenceNode:
		return "a list"
	case yaml.AliasNode:
		return "the alias *" + n.Value
	}
	switch n.ShortTag() {
	case "!!null":
		return "nothing"
	case "!!bool":
		return "the boolean " + n.Value
	case "!!int", "!!float":
		return "the number " + n.Value
	case "!!str":
		return quoted(n)
	}
	return "a value of type " + n.ShortTag()
}

func quoted(n *yaml.Node) string {
	if n.Kind != yaml.ScalarNode {
		return "(" + found(n) + ")"
	}
	const most = 60
	if len(n.Value) > most {
		return strconv.Quote(n.Value[:most]) + "…"
	}
	return strconv.Quote(n.Value)
}
