package policy

import (
	"slices"
	"strings"

	"github.com/caddy-consent/caddy-consent/enforcer/consent"
	"go.yaml.in/yaml/v3"
)

func (r *reader) jsonDecoding(n *yaml.Node) consent.Decoding {
	d := new(consent.JSON)
	if n == nil {
		d.Member = consent.KeyName
		return d
	}
	r.mapping(n, "json", nil,
		field{"member", func(v *yaml.Node) { d.Member = r.keyPath(v, "member") }},
		field{"array", func(v *yaml.Node) {
			d.Arrays = r.scalars(v, "array")
			r.checkArrays(v, d.Arrays)
		}},
		field{"denied", func(v *yaml.Node) {
			d.Denied = r.scalars(v, "denied")
			r.checkDenied(v, d.Denied)
		}},
		field{"non_empty", func(v *yaml.Node) { d.NonEmpty = r.keyPath(v, "non_empty") }},
		field{"entries", func(v *yaml.Node) { d.Entries = r.entries(v) }},
		field{"absent", func(v *yaml.Node) { d.Complete = r.absent(v) }},
	)
	ways := 0
	for _, isThere := range []bool{d.Member != "", d.Arrays != nil, d.NonEmpty != "", d.Entries != nil} {
		if isThere {
			ways++
		}
	}
	if n.Kind == yaml.MappingNode && (ways != 1 || d.Denied != nil && d.Arrays == nil) {
		r.errorf(n, "expected one of member, entries, array and non_empty in json, and denied only beside array")
	} else if absent := valueOf(n, "absent"); absent != nil && !d.HasWords() {
		r.errorf(absent, "absent goes with member and entries: what array and non_empty do not name is denied anyway")
	}
	return d
}

// entries reads how the objects of an array tell keys and their words.
func (r *reader) entries(n *yaml.Node) *consent.Entries {
	e := new(consent.Entries)
	r.mapping(n, "entries", []string{"array", "key", "word"},
		field{"array", func(v *yaml.Node) {
			e.Path, _ = r.text(v, "array")
			if e.Path != consent.Root {
				r.checkPath(v, "array", e.Path)
			}
			if strings.Contains(e.Path, consent.KeyName) || strings.Contains(e.Path, consent.AnyMember) {
				r.errorf(v, "expected the path of one array of objects, such as categories, found %q", e.Path)
			}
		}},
		field{"key", func(v *yaml.Node) { e.Key, _ = r.text(v, "key") }},
		field{"word", func(v *yaml.Node) { e.Word, _ = r.text(v, "word") }},
	)
	if e.Key == e.Word && e.Key != "" {
		r.errorf(n, "expected two members of each object, found %q as key and word", e.Key)
	}
	return e
}

// absent reads what a key means that is not in a value, and reports whether it is denied.
func (r *reader) absent(n *yaml.Node) bool {
	return r.oneOf(n, "absent", "undecided", "denied") == "denied"
}

// checkArrays refuses paths of arrays that cannot be, or cannot be told apart.
func (r *reader) checkArrays(n *yaml.Node, paths []string) {
	for _, path := range paths {
		if path != consent.Root {
			r.checkPath(n, "array", path)
		}
		if strings.Contains(path, consent.KeyName) {
			r.errorf(n, "expected the path of an array that holds keys, without %s, found %q", consent.KeyName, path)
		}
		parent := strings.TrimSuffix(path, consent.AnyMember)
		if slices.Contains(strings.Split(strings.TrimSuffix(parent, "/"), "/"), consent.AnyMember) {
			r.errorf(n, "expected \"*\" at the end of the path of an array only, as in consents/*, found %q", path)
		}
		for _, other := range paths {
			if parent != path && other != path && strings.HasPrefix(other, parent) {
				r.errorf(n, "%q stands for %q as well: remove one of the two", path, other)
			}
		}
	}
}

// checkDenied refuses paths of arrays of denied keys that cannot be.
func (r *reader) checkDenied(n *yaml.Node, paths []string) {
	for _, path := range paths {
		r.checkPath(n, "denied", path)
		if strings.Contains(path, consent.KeyName) || strings.Contains(path, consent.AnyMember) {
			r.errorf(n, "expected the path of one array that lists denied keys, such as purposes/disabled, found %q", path)
		}
	}
}

// keyPath reads a path in which a key stands.
func (r *reader) keyPath(n *yaml.Node, what string) string {
	text, ok := r.text(n, what)
	if ok && strings.Count(text, consent.KeyName) != 1 {
		r.errorf(n, "expected a path with %s in it as %s, such as consents/%s/status, found %s", consent.KeyName, what, consent.KeyName, found(n))
	}
	if ok {
		r.checkPath(n, what, text)
	}
	return text
}

// maxPath is how deep a path may go.
const maxPath = 16

func (r *reader) checkPath(n *yaml.Node, what, path string) {
	parts := strings.Split(path, "/")
	if len(parts) > maxPath || slices.Contains(parts, "") {
		r.errorf(n, "expected names with \"/\" between them, at most %d, as %s, found %q", maxPath, what, path)
	}
}
