package policy

import (
	"cmp"
	"net/url"
	"regexp"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// document is policy.yaml as it stands, with defaults filled in; every part
// keeps the node it was read from, so that problems found later can say where.
type document struct {
	node          *yaml.Node
	site          string
	language      string
	languageNode  *yaml.Node
	introduction  Text
	updated       time.Time
	consent       consentSection
	allowUnlisted bool
	expire        expirySection
	signals       signalSection
	thirdParties  string

	allowedOrigins []originEntry
	categories     []categorySection
	services       []serviceSection
}

type categorySection struct {
	Category
	node *yaml.Node
}

type serviceSection struct {
	Service
	category string // its id, resolved by compile
	cookies  []cookieEntry
	origins  []originEntry

	node, keyNode, categoryNode, anonymizedNode *yaml.Node
}

type cookieEntry struct {
	Rule
	node *yaml.Node
}

func (r *reader) document(n *yaml.Node) *document {
	d := &document{node: n, consent: consentSection{sources: []sourceSection{plainSource(n)}}}
	r.mapping(n, "the policy", []string{"version", "categories", "services"},
		field{"version", r.version},
		field{"site", func(v *yaml.Node) { d.site = r.site(v) }},
		field{"language", func(v *yaml.Node) { d.language, d.languageNode = r.tag(v, "language"), v }},
		field{"introduction", func(v *yaml.Node) { d.introduction = r.prose(v, "introduction") }},
		field{"consent", func(v *yaml.Node) { r.consent(v, &d.consent) }},
		field{"updated", func(v *yaml.Node) { d.updated = r.day(v, "updated") }},
		field{"unlisted", func(v *yaml.Node) {
			d.allowUnlisted = r.oneOf(v, "unlisted", "strip", "allow") == "allow"
		}},
		field{"expire", func(v *yaml.Node) {
			d.expire.undecided = r.oneOf(v, "expire", "denied", "undecided") == "undecided"
		}},
		field{"expire_unlisted", func(v *yaml.Node) {
			d.expire.unlisted, d.expire.unlistedNode = r.boolean(v, "expire_unlisted"), v
		}},
		field{"signals", func(v *yaml.Node) { r.signals(v, &d.signals) }},
		field{"gpc_json", func(v *yaml.Node) { d.signals.gpcJSON, d.signals.gpcJSONNode = r.boolean(v, "gpc_json"), v }},
		field{"third_parties", func(v *yaml.Node) { d.thirdParties = r.thirdParties(v) }},
		field{"allowed_origins", func(v *yaml.Node) { d.allowedOrigins = r.origins(v, "allowed_origins") }},
		field{"categories", func(v *yaml.Node) {
			r.sequence(v, "categories", func(item *yaml.Node) { d.categories = append(d.categories, r.category(item)) })
		}},
		field{"services", func(v *yaml.Node) {
			r.sequence(v, "services", func(item *yaml.Node) { d.services = append(d.services, r.service(item)) })
		}},
	)
	return d
}

func (r *reader) version(n *yaml.Node) {
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!int" || n.Value != "1" {
		r.errorf(n, "expected 1 as version, found %s", found(n))
	}
}

func (r *reader) site(n *yaml.Node) string {
	text, ok := r.text(n, "site")
	if !ok {
		return ""
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		r.errorf(n, "expected an address such as https://data.example.org as site, found %s", found(n))
	}
	return text
}

// unlisted is where cookies are counted that no rule names.
const unlisted = "unlisted"

func (r *reader) category(n *yaml.Node) categorySection {
	c := categorySection{node: n}
	r.mapping(n, "a category", []string{"id", "consent"},
		field{"id", func(v *yaml.Node) {
			if c.ID, c.node = r.id(v, "the id of a category"), v; c.ID == unlisted {
				r.errorf(v, "expected another id than %q, which stands for cookies that no rule names", unlisted)
			}
		}},
		field{"consent", func(v *yaml.Node) {
			c.Consent = Consent(r.oneOf(v, "consent", string(None), string(Required), string(Objection)))
		}},
		field{"title", func(v *yaml.Node) { c.Title = r.prose(v, "title") }},
		field{"description", func(v *yaml.Node) { c.Description = r.prose(v, "description") }},
		field{"exempt_if_anonymized", func(v *yaml.Node) { c.ExemptIfAnonymized = r.boolean(v, "exempt_if_anonymized") }},
	)
	return c
}

func (r *reader) service(n *yaml.Node) serviceSection {
	s := serviceSection{node: n, keyNode: n, categoryNode: n, anonymizedNode: n}
	listsNothing := n.Kind == yaml.MappingNode
	r.mapping(n, "a service", []string{"id", "category"},
		field{"id", func(v *yaml.Node) { s.ID = r.id(v, "the id of a service"); s.node = v }},
		field{"key", func(v *yaml.Node) { s.Key = r.id(v, "the key of a service"); s.keyNode = v }},
		field{"provider", func(v *yaml.Node) { s.Provider = r.prose(v, "provider") }},
		field{"function", func(v *yaml.Node) { s.Function = r.prose(v, "function") }},
		field{"category", func(v *yaml.Node) { s.category, _ = r.text(v, "category"); s.categoryNode = v }},
		field{"purpose", func(v *yaml.Node) { s.Purpose = r.prose(v, "purpose") }},
		field{"cookies", func(v *yaml.Node) {
			listsNothing = false
			r.sequence(v, "cookies", func(item *yaml.Node) { s.cookies = append(s.cookies, r.cookie(item)) })
		}},
		field{"origins", func(v *yaml.Node) {
			listsNothing = false
			s.origins = r.origins(v, "origins")
		}},
		field{"domain", func(v *yaml.Node) { s.Domain = r.domain(v) }},
		field{"path", func(v *yaml.Node) { s.Path = r.path(v) }},
		field{"retention", func(v *yaml.Node) { s.Retention = r.retention(v) }},
		field{"anonymized", func(v *yaml.Node) { s.Anonymized = r.boolean(v, "anonymized"); s.anonymizedNode = v }},
	)
	if listsNothing {
		r.errorf(n, "expected the key \"cookies\" or \"origins\" in a service")
	}
	if s.Key == "" {
		s.Key, s.keyNode = s.ID, s.node
	}
	for i := range s.cookies {
		c := &s.cookies[i]
		c.Domain, c.Path = cmp.Or(c.Domain, s.Domain), cmp.Or(c.Path, s.Path)
		if c.Retention == (Retention{}) {
			c.Retention = s.Retention
		}
	}
	return s
}

// cookie reads an entry of a service: a name or pattern, or a mapping with one.
func (r *reader) cookie(n *yaml.Node) cookieEntry {
	e := cookieEntry{node: n}
	if n.Kind != yaml.MappingNode {
		e.Name = r.cookieName(n, "the name of a cookie")
	} else {
		r.mapping(n, "a cookie", []string{"name"},
			field{"name", func(v *yaml.Node) { e.Name, e.node = r.cookieName(v, "the name of a cookie"), v }},
			field{"domain", func(v *yaml.Node) { e.Domain = r.domain(v) }},
			field{"path", func(v *yaml.Node) { e.Path = r.path(v) }},
			field{"retention", func(v *yaml.Node) { e.Retention = r.retention(v) }},
		)
	}
	e.Line, e.Column = e.node.Line, e.node.Column
	return e
}

func (r *reader) retention(n *yaml.Node) Retention {
	text, ok := r.text(n, "retention")
	if !ok {
		return Retention{}
	}
	retention, err := parseRetention(text)
	if err != nil {
		r.errorf(n, "retention %q: %v", text, err)
	}
	return retention
}

var (
	idForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]*$`)
	// A name is what browsers store: no control bytes, no ";" and "=", no space
	// at its ends (RFC 6265bis, section 5.6).
	nameForm = regexp.MustCompile(`^[^\x00-\x20\x7f;=]([^\x00-\x1f\x7f;=]*[^\x00-\x20\x7f;=])?$`)
)

func (r *reader) id(n *yaml.Node, what string) string {
	text, ok := r.text(n, what)
	if ok && !idForm.MatchString(text) {
		r.errorf(n, "expected letters, digits, \"_\", \".\" and \"-\" as %s, found %s", what, found(n))
	}
	return text
}

// minLiterals is how many characters of a pattern must not be stars: a shorter
// one would cover cookies that nobody has thought of.
const minLiterals = 3

func (r *reader) cookieName(n *yaml.Node, what string) string {
	text, ok := r.text(n, what)
	if !ok {
		return ""
	}
	if !nameForm.MatchString(text) {
		r.errorf(n, "expected %s, found %s: it must not be empty, begin or end with a space, or contain \";\", \"=\" or control characters", what, found(n))
		return ""
	}
	if strings.ContainsAny(text, " ,") {
		r.warnf(n, "%s stands for one cookie with this very name: list several names one by one, and leave out notes such as [x4]", found(n))
	}
	if isPattern(text) && literals(text) < minLiterals {
		r.errorf(n, "expected at least %d characters other than \"*\" in the pattern %q: name the cookies it stands for", minLiterals, text)
		return ""
	}
	return text
}
