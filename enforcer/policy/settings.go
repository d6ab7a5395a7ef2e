package policy

import (
	"bytes"
	"encoding/json"
	"slices"

	"go.yaml.in/yaml/v3"
)

// shown are the keys of a policy that its page shows.
var shown = []string{"introduction", "categories", "services"}

// settings are the keys of a policy that its page does not show, as JSON, in their
// order.
func settings(n *yaml.Node) string {
	hidden := *n
	hidden.Content = nil
	for i := 0; i+1 < len(n.Content); i += 2 {
		if !slices.Contains(shown, n.Content[i].Value) {
			hidden.Content = append(hidden.Content, n.Content[i:i+2]...)
		}
	}
	var text bytes.Buffer
	writeJSON(&text, &hidden)
	return text.String()
}

// writeJSON writes a node in the order it has. Dates stay texts.
func writeJSON(to *bytes.Buffer, n *yaml.Node) {
	open, end := byte('['), byte(']')
	switch n.Kind {
	case yaml.MappingNode:
		open, end = '{', '}'
	case yaml.SequenceNode:
	default:
		to.Write(scalarJSON(n))
		return
	}
	to.WriteByte(open)
	for i, item := range n.Content {
		isValue := n.Kind == yaml.MappingNode && i%2 == 1
		switch {
		case isValue:
			to.WriteByte(':')
		case i > 0:
			to.WriteByte(',')
		}
		if n.Kind == yaml.MappingNode && !isValue {
			item = &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: item.Value}
		}
		writeJSON(to, item)
	}
	to.WriteByte(end)
}

func scalarJSON(n *yaml.Node) []byte {
	switch n.ShortTag() {
	case "!!bool", "!!int", "!!float", "!!null":
		if json.Valid([]byte(n.Value)) { // as it is written: 1.10 is another version than 1.1
			return []byte(n.Value)
		}
	}
	text, _ := json.Marshal(n.Value) // of a string, which cannot fail
	return text
}
