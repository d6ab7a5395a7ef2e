package policy

import (
	"slices"

	"github.com/caddy-consent/caddy-consent/enforcer/consent"
	"go.yaml.in/yaml/v3"
)

// declared reads the rest of a source that says how its value is written.
func (r *reader) declared(s *sourceSection) {
	for _, n := range s.plainOnly {
		r.errorf(n, "format and timestamp belong to the plain form, without decode: remove this, and say with date when the choice was made")
	}
	s.timestamp = ""
	if s.cookieNode == s.node {
		r.errorf(s.decodeNode, "expected the cookie that the choice is in: name it with cookie")
	}
	s.Decoding = r.decoding(s.decodeNode, s.Cookie)
	if s.versionNode != nil {
		s.Version = r.place(s.versionNode, "version",
			field{"at_least", func(v *yaml.Node) { s.AtLeast = r.atLeast(v) }},
			field{"is", func(v *yaml.Node) { s.Versions = r.words(v, "is") }})
		if s.AtLeast == "" && len(s.Versions) == 0 {
			s.Version = nil // a preset tells where it is, and the site asks for none
		}
	}
	if s.maxAgeNode != nil && s.dateNode == nil {
		r.warnf(s.maxAgeNode, "max_age has no effect: nothing tells when the choice was made; say so with date, where the value does")
	}
	if _, isJSON := s.Decoding.(*consent.JSON); s.grantedWhenNode != nil && !isJSON {
		r.errorf(s.grantedWhenNode, "granted_when goes with json alone: of another value the end may be missing, and with it a refusal")
	}
	r.checkWords(s)
	for _, m := range r.members {
		if err := s.Decoding.CheckMember(m.member); err != nil {
			r.errorf(m.node, "no value can have the member %q: %v", m.member, err)
		}
	}
}

// memberAt is a member that a source refers to, and where it does.
type memberAt struct {
	member string
	node   *yaml.Node
}

// checkWords refuses words that mean two things, or nothing.
func (r *reader) checkWords(s *sourceSection) {
	if s.wordsNode != nil && !s.Decoding.HasWords() {
		r.errorf(s.wordsNode, "granted, denied and undecided have no effect here: only values of flag, of pairs, and of json with a member have words")
	}
	seen := make(map[string]bool)
	for _, words := range [][]string{s.Words.Granted, s.Words.Denied, s.Words.Undecided} {
		for _, word := range words {
			if seen[word] {
				r.errorf(s.decodeNode, "%q is in more than one of granted, denied and undecided: list it once", word)
			}
			seen[word] = true
		}
	}
	if slices.Contains(s.Words.Undecided, consent.AnyOther) {
		r.errorf(s.decodeNode, "\"*\" has no place in undecided: words that are not listed grant nothing anyway")
	}
}

func (r *reader) decoding(n *yaml.Node, cookie string) (d consent.Decoding) {
	kind, arguments := n.Value, (*yaml.Node)(nil)
	if n.Kind == yaml.MappingNode && len(n.Content) == 2 {
		kind, arguments = n.Content[0].Value, n.Content[1]
	} else if !r.isKind(n, yaml.ScalarNode, "decode") {
		return consent.Flag{}
	}
	switch kind {
	case "flag":
		d = consent.Flag{Cookie: cookie}
	case "json":
		d = r.jsonDecoding(arguments)
	case "pairs":
		d = r.pairsDecoding(n, arguments)
	case "list":
		d = r.listDecoding(n, arguments)
	case "bits":
		d = r.bitsDecoding(n, arguments)
	case "opaque":
		r.errorf(n, "the value of %q cannot be read: have the page write the choice to a plain cookie as well, with one line of script, and name that cookie here; caddy cookie-consent presets tells how", cookie)
		return consent.Flag{}
	default:
		r.errorf(n, "unknown decode %q: expected one of flag, pairs, list, json, bits, opaque", kind)
		return consent.Flag{}
	}
	if takesNone := kind == "flag"; takesNone && arguments != nil {
		r.errorf(arguments, "flag has nothing to set: write decode: flag")
	}
	return d
}

func (r *reader) pairsDecoding(at, n *yaml.Node) consent.Decoding {
	d := new(consent.Pairs)
	if n == nil {
		r.errorf(at, "expected what stands between pairs, and between a key and its word: {pairs: {between: \"&\", assign: \"=\"}}")
		return d
	}
	r.mapping(n, "pairs", []string{"between", "assign"},
		field{"between", func(v *yaml.Node) { d.Between = r.separators(v, "between") }},
		field{"assign", func(v *yaml.Node) { d.Assign = r.separator(v, "assign") }},
		field{"absent", func(v *yaml.Node) { d.Complete = r.absent(v) }},
		field{"nested", func(v *yaml.Node) {
			d.Nested = new(consent.Nested)
			r.mapping(v, "nested", []string{"member", "between", "assign"},
				field{"member", func(v *yaml.Node) { d.Nested.Member, _ = r.text(v, "member") }},
				field{"unwrap", func(v *yaml.Node) { d.Nested.Unwrap = r.steps(v) }},
				field{"between", func(v *yaml.Node) { d.Nested.Between = r.separators(v, "between") }},
				field{"assign", func(v *yaml.Node) { d.Nested.Assign = r.separator(v, "assign") }},
			)
		}},
	)
	return d
}

func (r *reader) listDecoding(at, n *yaml.Node) consent.Decoding {
	var d consent.List
	if n == nil {
		r.errorf(at, "expected what stands between the keys: {list: {between: \",\"}}, or {list: {level: true}}")
		return d
	}
	r.mapping(n, "list", nil,
		field{"between", func(v *yaml.Node) { d.Between = r.separators(v, "between") }},
		field{"level", func(v *yaml.Node) { d.Levels = r.boolean(v, "level") }},
	)
	if (d.Between == nil) == !d.Levels {
		r.errorf(n, "expected either between or level: true in list")
	}
	return d
}

func (r *reader) bitsDecoding(at, n *yaml.Node) consent.Decoding {
	if n == nil {
		r.errorf(at, "expected whose bits they are: {bits: tcf2}, {bits: gpp} or {bits: usp}")
		return consent.TCF{}
	}
	switch r.oneOf(n, "bits", "tcf2", "gpp", "usp") {
	case "gpp":
		return consent.GPP{}
	case "usp":
		return consent.USP{}
	}
	return consent.TCF{}
}

// separators reads what may stand between the items of a value.
func (r *reader) separators(n *yaml.Node, what string) consent.Separators {
	texts := r.scalars(n, what)
	if slices.Contains(texts, "") {
		r.errorf(n, "expected at least one character as %s", what)
	}
	return texts
}

// separator reads what stands between parts of a value.
func (r *reader) separator(n *yaml.Node, what string) string {
	text, ok := r.text(n, what)
	if ok && text == "" {
		r.errorf(n, "expected at least one character as %s", what)
	}
	return text
}

// maxSteps is how many wrappings a value may have.
const maxSteps = 16

var stepKinds = map[string]consent.StepKind{
	"percent": consent.Percent, "whole_percent": consent.WholePercent,
	"base64": consent.Base64, "dquote": consent.DoubleQuotes,
}

func (r *reader) steps(n *yaml.Node) (steps []consent.Step) {
	r.sequence(n, "unwrap", func(item *yaml.Node) {
		if item.Kind != yaml.MappingNode {
			steps = append(steps, consent.Step{Do: stepKinds[r.oneOf(item, "step", "percent", "whole_percent", "base64", "dquote")]})
			return
		}
		var s consent.Step
		between, found := (*yaml.Node)(nil), 0
		part := func(kind consent.StepKind) func(*yaml.Node) {
			return func(v *yaml.Node) { s.Do, s.At, found = kind, r.index(v), found+1 }
		}
		r.mapping(item, "a step", nil,
			field{"strip", func(v *yaml.Node) { s.Do, s.Text, found = consent.Strip, r.separator(v, "strip"), found+1 }},
			field{"field", part(consent.Field)},
			field{"rest", part(consent.Rest)},
			field{"between", func(v *yaml.Node) { between = v }},
		)
		isPart := s.Do == consent.Field || s.Do == consent.Rest
		switch {
		case found != 1 || isPart != (between != nil):
			r.errorf(item, "expected {strip: \"{}\"}, {field: 0, between: \":\"} or {rest: 3, between: \":\"} as a step")
		case isPart:
			s.Text = r.separator(between, "between")
		}
		steps = append(steps, s)
	})
	if len(steps) > maxSteps {
		r.errorf(n, "expected at most %d steps in unwrap", maxSteps)
	}
	return steps
}

// index reads which part is meant, counted from 0.
func (r *reader) index(n *yaml.Node) (i int) {
	const most = 99
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!int" || n.Decode(&i) != nil || i < 0 || i > most {
		r.errorf(n, "expected the number of a part, counted from 0, found %s", found(n))
		return 0
	}
	return i
}

// words reads one word, or a list of words. What YAML takes for a number or a boolean
// is a word as it is written.
func (r *reader) words(n *yaml.Node, what string) []string { return r.scalars(n, what) }

func (r *reader) scalars(n *yaml.Node, what string) (texts []string) {
	if n.Kind == yaml.ScalarNode && n.ShortTag() != "!!null" {
		return []string{n.Value}
	}
	r.sequence(n, what, func(item *yaml.Node) {
		if r.isKind(item, yaml.ScalarNode, what) {
			texts = append(texts, item.Value)
		}
	})
	return texts
}

// keys reads which keys stand for what.
func (r *reader) keys(n *yaml.Node) (keys []keysOf) {
	if !r.isKind(n, yaml.MappingNode, "keys") {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k := keysOf{id: n.Content[i].Value, node: n.Content[i]}
		if first := slices.IndexFunc(keys, func(other keysOf) bool { return other.id == k.id }); first >= 0 {
			r.errorf(k.node, "%q is in keys already, on line %d", k.id, keys[first].node.Line)
			continue
		}
		value := n.Content[i+1]
		for j, key := range r.scalars(value, "the key of "+k.id) {
			at := value
			if value.Kind == yaml.SequenceNode && j < len(value.Content) {
				at = value.Content[j]
			}
			k.keys, k.nodes = append(k.keys, key), append(k.nodes, at)
		}
		keys = append(keys, k)
	}
	return keys
}
