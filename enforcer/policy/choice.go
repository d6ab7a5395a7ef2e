package policy

import (
	"slices"
	"strings"
	"time"

	"github.com/caddy-consent/caddy-consent/enforcer/consent"
	"go.yaml.in/yaml/v3"
)

// consentSection is where visitors' choices are kept. In the plain form it is one
// source.
type consentSection struct {
	sources []sourceSection
	combine consent.Combine
}

// sourceSection is one place where choices are kept: in the plain form, which has a
// format, or declared, which has a decoding.
type sourceSection struct {
	consent.Source
	format    consent.Format
	timestamp string
	version   string // the member that tells it
	keys      []keysOf
	owns      []Owned

	// Where the source, and what it has, stands. What it does not have is nil.
	node, cookieNode, timestampNode, versionNode, maxAgeNode   *yaml.Node
	decodeNode, keysNode, dateNode, wordsNode, grantedWhenNode *yaml.Node
	plainOnly, declaredOnly                                    []*yaml.Node
}

// keysOf are the keys that stand for a category or service, or for all of them.
type keysOf struct {
	id    string
	keys  []string
	nodes []*yaml.Node // of the keys
	node  *yaml.Node
}

// everything is the id that stands for all services which need a choice.
const everything = "*"

var formats = map[string]consent.Format{
	"auto": consent.AutoFormat, "json": consent.JSONFormat, "pairs": consent.PairsFormat, "list": consent.ListFormat,
}

// plainSource is the portal's own cookie, which is read where a policy says nothing.
func plainSource(n *yaml.Node) sourceSection {
	return sourceSection{
		Source: consent.Source{Cookie: "cookies_preferences"}, timestamp: "timestamp",
		node: n, cookieNode: n, timestampNode: n,
	}
}

func (r *reader) consent(n *yaml.Node, c *consentSection) {
	if !hasKey(n, "sources") {
		c.sources = []sourceSection{r.source(n)}
		return
	}
	var maxAge time.Duration
	var maxAgeNode *yaml.Node
	c.sources = nil
	r.mapping(n, "consent with sources", nil,
		field{"sources", func(v *yaml.Node) {
			r.sequence(v, "sources", func(item *yaml.Node) { c.sources = append(c.sources, r.source(item)) })
		}},
		field{"combine", func(v *yaml.Node) {
			if r.oneOf(v, "combine", "first", "deny_wins") == "deny_wins" {
				c.combine = consent.DenyWins
			}
		}},
		field{"max_age", func(v *yaml.Node) { maxAge, maxAgeNode = r.maxAge(v), v }},
	)
	if len(c.sources) == 0 {
		c.sources = []sourceSection{plainSource(n)} // the problem is known
	}
	for i := range c.sources {
		switch s := &c.sources[i]; {
		case maxAgeNode == nil || s.maxAgeNode != nil:
		case s.tellsWhen():
			s.MaxAge = maxAge
		default:
			r.warnf(s.node, "max_age has no effect here: nothing tells when the choice was made; say so with date, or timestamp in the plain form, where the value does")
		}
	}
}

// tellsWhen tells whether a source says where the date of a choice stands.
func (s *sourceSection) tellsWhen() bool {
	if s.isPlain() {
		return s.timestamp != "" && s.format != consent.ListFormat
	}
	return s.dateNode != nil
}

func hasKey(n *yaml.Node, name string) bool { return valueOf(n, name) != nil }

// valueOf is the value of a key in a mapping, or nil.
func valueOf(n *yaml.Node, name string) *yaml.Node {
	if n.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == name {
				return n.Content[i+1]
			}
		}
	}
	return nil
}

func (s *sourceSection) isPlain() bool { return s.decodeNode == nil }

func (r *reader) source(n *yaml.Node) sourceSection {
	n = r.withPreset(n)
	s := plainSource(n)
	r.members = nil
	plain := func(name string, read func(v *yaml.Node)) field {
		return field{name, func(v *yaml.Node) { s.plainOnly = append(s.plainOnly, v); read(v) }}
	}
	declared := func(name string, read func(v *yaml.Node)) field {
		return field{name, func(v *yaml.Node) { s.declaredOnly = append(s.declaredOnly, v); read(v) }}
	}
	r.mapping(n, "consent", nil,
		field{"preset", func(*yaml.Node) {}}, // withPreset has read it
		field{"cookie", func(v *yaml.Node) {
			s.Cookie, s.cookieNode = r.choiceCookie(v, "the name of the consent cookie"), v
		}},
		declared("except", func(v *yaml.Node) { s.Except = r.exceptions(v) }),
		field{"owns", func(v *yaml.Node) { s.owns = r.owns(v) }},
		field{"max_age", func(v *yaml.Node) { s.MaxAge, s.maxAgeNode = r.maxAge(v), v }},
		field{"version", func(v *yaml.Node) { s.versionNode = v }},
		plain("format", func(v *yaml.Node) { s.format = formats[r.oneOf(v, "format", "auto", "json", "pairs", "list")] }),
		plain("timestamp", func(v *yaml.Node) { s.timestamp, _ = r.text(v, "timestamp"); s.timestampNode = v }),
		declared("unwrap", func(v *yaml.Node) { s.Unwrap = r.steps(v) }),
		field{"decode", func(v *yaml.Node) { s.decodeNode = v }},
		declared("granted", func(v *yaml.Node) { s.Words.Granted, s.wordsNode = r.words(v, "granted"), v }),
		declared("denied", func(v *yaml.Node) { s.Words.Denied, s.wordsNode = r.words(v, "denied"), v }),
		declared("undecided", func(v *yaml.Node) { s.Words.Undecided, s.wordsNode = r.words(v, "undecided"), v }),
		declared("decided_when", func(v *yaml.Node) { s.DecidedWhen = r.conditions(v, "decided_when") }),
		declared("undecided_when", func(v *yaml.Node) { s.UndecidedWhen = r.conditions(v, "undecided_when") }),
		declared("denied_when", func(v *yaml.Node) { s.DeniedWhen = r.conditions(v, "denied_when") }),
		declared("granted_when", func(v *yaml.Node) { s.GrantedWhen, s.grantedWhenNode = r.conditions(v, "granted_when"), v }),
		declared("date", func(v *yaml.Node) { s.Dates, s.dateNode = r.places(v, "date"), v }),
		declared("keys", func(v *yaml.Node) { s.keysNode, s.keys = v, r.keys(v) }),
	)
	if s.isPlain() {
		r.plain(&s)
	} else {
		r.declared(&s)
	}
	return s
}

// plain reads the rest of a source in the plain form.
func (r *reader) plain(s *sourceSection) {
	for _, n := range s.declaredOnly {
		r.errorf(n, "this goes with decode, which says how the value is written: add decode, or remove this")
	}
	if strings.Contains(s.Cookie, "*") {
		r.errorf(s.cookieNode, "expected the name of one cookie as the consent cookie, found the pattern %q: only a source with decode may have one", s.Cookie)
	}
	if s.versionNode != nil {
		r.choiceVersion(s.versionNode, s)
	}
	if s.MaxAge > 0 && s.timestamp == "" {
		r.errorf(s.timestampNode, "max_age needs a timestamp: name the member of the value that tells when the choice was made, or remove max_age")
	}
	if s.MaxAge > 0 && s.format == consent.ListFormat {
		r.warnf(s.node, "max_age has no effect: a list has no timestamp, so no choice can be aged")
	}
	if s.versionNode != nil && s.format == consent.ListFormat {
		r.errorf(s.versionNode, "a list has no member that tells its version, so no choice would ever count: remove version, or name another format")
	}
}

// choiceVersion reads which versions of the policy a choice in the plain form may be
// made under.
func (r *reader) choiceVersion(n *yaml.Node, s *sourceSection) {
	r.mapping(n, "version", []string{"member", "at_least"},
		field{"member", func(v *yaml.Node) {
			var ok bool
			if s.version, ok = r.text(v, "member"); ok && s.version == "" {
				r.errorf(v, "expected the member of the value that tells the version, found %s", found(v))
			}
		}},
		field{"at_least", func(v *yaml.Node) { s.AtLeast = r.atLeast(v) }},
	)
}

// atLeast reads a version as it is written: 1.10 is not the number 1.1.
func (r *reader) atLeast(n *yaml.Node) string {
	if r.isKind(n, yaml.ScalarNode, "at_least") && !consent.IsVersion(n.Value) {
		r.errorf(n, "expected a version such as 3, 1.10 or 2026-01-31 as at_least, found %s", found(n))
	}
	return n.Value
}

func (r *reader) maxAge(n *yaml.Node) time.Duration {
	text, ok := r.text(n, "max_age")
	if !ok {
		return 0
	}
	d, err := parseDuration(text)
	if err != nil {
		r.errorf(n, "max_age %q: %v", text, err)
	}
	return d
}

// exceptions reads the names that a pattern of consent cookies does not stand for.
func (r *reader) exceptions(n *yaml.Node) []string {
	names := r.scalars(n, "except")
	if slices.Contains(names, "") {
		r.errorf(n, "expected names of cookies that hold something else as except, in which \"*\" stands for anything")
	}
	return names
}

// choiceCookie reads the name of a cookie that tells of the choice. It may be a
// pattern, of which only the end is open: that is what managers' cookies are named
// like.
func (r *reader) choiceCookie(n *yaml.Node, what string) string {
	name := r.cookieName(n, what)
	if i := strings.IndexByte(name, '*'); i >= 0 && i < len(name)-1 {
		r.errorf(n, "expected a name, or a beginning of names and \"*\", as %s, found %q", what, name)
	}
	return name
}
