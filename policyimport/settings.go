package policyimport

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"
)

// setting is a key of the policy that its page does not show.
type setting struct {
	key   string
	value *yaml.Node
	why   string // it cannot be had
}

// textNode is a text on one line, whatever is in it.
func textNode(text string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text}
	if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
		n.Style = yaml.DoubleQuotedStyle
	}
	return n
}

func textSetting(key, value string) *setting { return &setting{key: key, value: textNode(value)} }

// consentSetting is the section on the choice with these keys and values.
func consentSetting(pairs ...string) *setting {
	section := &yaml.Node{Kind: yaml.MappingNode}
	for _, text := range pairs {
		section.Content = append(section.Content, textNode(text))
	}
	return &setting{key: "consent", value: section}
}

// write writes a setting as lines, all of which go where the policy cannot have one.
func (s *setting) write(w *writer) {
	if s.why == "" && s.value != nil {
		mapping := &yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{textNode(s.key), s.value}}
		var text bytes.Buffer
		encoder := yaml.NewEncoder(&text)
		encoder.SetIndent(2)
		if err := encoder.Encode(mapping); err == nil && readsSame(text.Bytes(), mapping) {
			w.add(func(why string) { s.why = why }, strings.Split(strings.TrimSuffix(text.String(), "\n"), "\n")...)
			return
		}
		s.why = "expected what YAML can say"
	}
	w.comment(0, "left out: %s: %s", cut(fold(s.key), 60), s.why)
}

// readsSame tells whether YAML reads what was written as one mapping with one key.
func readsSame(text []byte, mapping *yaml.Node) bool {
	var read yaml.Node
	if err := yaml.Unmarshal(text, &read); err != nil || len(read.Content) != 1 {
		return false
	}
	return sameNode(read.Content[0], mapping)
}

func sameNode(a, b *yaml.Node) bool {
	if a.Kind != b.Kind || len(a.Content) != len(b.Content) || a.Value != b.Value && a.Kind == yaml.ScalarNode {
		return false
	}
	for i := range a.Content {
		if !sameNode(a.Content[i], b.Content[i]) {
			return false
		}
	}
	return true
}

// maxSettingDepth is how deep settings are nested.
const maxSettingDepth = 16

// readSettings reads the settings of a page, in their order.
func readSettings(text string) ([]*setting, error) {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	n, err := readJSON(decoder, 0)
	if err != nil {
		return nil, fmt.Errorf("reading data-cookie-policy: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("reading data-cookie-policy: expected one JSON object, found more behind it")
	}
	if n.Kind != yaml.MappingNode {
		return nil, errors.New("reading data-cookie-policy: expected a JSON object")
	}
	var settings []*setting
	for i := 0; i+1 < len(n.Content); i += 2 {
		settings = append(settings, &setting{key: n.Content[i].Value, value: n.Content[i+1]})
	}
	return settings, nil
}

// readJSON reads a value with its keys in order.
func readJSON(decoder *json.Decoder, depth int) (*yaml.Node, error) {
	if depth > maxSettingDepth {
		return nil, fmt.Errorf("expected at most %d objects and lists within each other", maxSettingDepth)
	}
	token, err := decoder.Token()
	if err != nil {
		return nil, err
	}
	switch token := token.(type) {
	case json.Delim:
		n := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
		if token == '{' {
			n = &yaml.Node{Kind: yaml.MappingNode}
		}
		for decoder.More() {
			item, err := readJSON(decoder, depth+1)
			if err != nil {
				return nil, err
			}
			if item.Kind != yaml.ScalarNode {
				n.Style = 0 // one item a line
			}
			n.Content = append(n.Content, item)
		}
		_, err := decoder.Token()
		return n, err
	case string:
		return textNode(token), nil
	case json.Number:
		return &yaml.Node{Kind: yaml.ScalarNode, Value: token.String()}, nil
	case bool:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: fmt.Sprint(token)}, nil
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Value: "null"}, nil
}
