package policy

import (
	"slices"
	"strings"

	"github.com/caddy-consent/caddy-consent/enforcer/consent"
	"go.yaml.in/yaml/v3"
)

// withPreset puts the keys of a preset into a source that names one, but those that
// the source has itself. What is wrong with them together is reported where the preset
// is named.
func (r *reader) withPreset(n *yaml.Node) *yaml.Node {
	v := valueOf(n, "preset")
	if v == nil {
		return n
	}
	name, ok := r.text(v, "preset")
	if !ok {
		return n
	}
	preset, ok := consent.PresetNamed(name)
	if !ok {
		r.errorf(v, "unknown preset %q: expected one of %s", name, strings.Join(presetNames(), ", "))
		return n
	}
	declaration, err := declarationOf(preset)
	if err != nil {
		r.errorf(v, "preset %q: %v", name, err)
		return n
	}
	moveTo(declaration, v)
	return merged(n, declaration)
}

func presetNames() (names []string) {
	for _, p := range consent.Presets() {
		names = append(names, p.Name)
	}
	return names
}

// declarationOf reads the mapping that a preset is.
func declarationOf(p consent.Preset) (*yaml.Node, error) {
	var document yaml.Node
	if err := yaml.Unmarshal([]byte(p.YAML), &document); err != nil {
		return nil, err
	}
	return document.Content[0], nil
}

// moveTo has a node and all in it stand where another one does.
func moveTo(n, to *yaml.Node) {
	n.Line, n.Column = to.Line, to.Column
	for _, child := range n.Content {
		moveTo(child, to)
	}
}

// merged is a mapping with the keys of another one that it does not have. Where both
// have version, that is merged as well: a preset tells where it stands, and a site
// which ones count. So is owns, where a site's cookies come on top. An empty list takes away what the other one has.
func merged(own, other *yaml.Node) *yaml.Node {
	all := *own
	all.Content = nil
	for i := 0; i+1 < len(other.Content); i += 2 {
		key, value := other.Content[i], other.Content[i+1]
		if !hasKey(own, key.Value) {
			all.Content = append(all.Content, key, value)
		}
	}
	for i := 0; i+1 < len(own.Content); i += 2 {
		key, value := own.Content[i], own.Content[i+1]
		theirs := valueOf(other, key.Value)
		if theirs != nil && isEmptyList(value) && slices.Contains(lists, key.Value) {
			continue
		}
		if key.Value == "owns" && theirs != nil {
			value = joined(theirs, value)
		}
		if key.Value == "version" && theirs != nil && value.Kind == yaml.MappingNode {
			value = merged(value, theirs)
		}
		all.Content = append(all.Content, key, value)
	}
	return &all
}

// lists are the keys of a source that may have a list.
var lists = []string{
	"unwrap", "except", "granted", "denied", "undecided",
	"decided_when", "undecided_when", "denied_when", "granted_when", "date", "owns",
}

func isEmptyList(n *yaml.Node) bool { return n.Kind == yaml.SequenceNode && len(n.Content) == 0 }

// joined is a list with the items of another one, or an item of its own.
func joined(list, more *yaml.Node) *yaml.Node {
	if list.Kind != yaml.SequenceNode {
		return more
	}
	all := *list
	all.Content = slices.Clone(list.Content)
	switch more.Kind {
	case yaml.SequenceNode:
		all.Content = append(all.Content, more.Content...)
	default: // an item, or something that is none, which is reported as one
		all.Content = append(all.Content, more)
	}
	return &all
}
