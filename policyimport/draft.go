package policyimport

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/caddy-consent/caddy-consent/enforcer/consent"
	"github.com/caddy-consent/caddy-consent/enforcer/policy"
)

// draft is what may become a policy.
type draft struct {
	name         string // of the page
	own          bool   // the page is one of package page
	settings     []*setting
	introduction field
	categories   []*categoryDraft
	services     []*serviceDraft
	hints        []string // comments on what is to be completed, in place of settings
	left         notes    // what the end of the policy tells
}

// field is a key with a text. What the policy cannot have becomes a comment.
type field struct {
	key, value string
	why        string // it cannot be had
}

// categoryDraft is a kind of cookie.
type categoryDraft struct {
	id, consent string
	title       field
	description field
	exempt      bool
	notes       notes
	why         string
}

// serviceDraft is a service. One that lists nothing any more is a comment.
type serviceDraft struct {
	id       string
	fields   [4]field // see the constants
	category *categoryDraft
	cookies  []*entry
	origins  []*entry
	places   [4]field // below the cookies
	notes    notes
	why      string
}

// The places of texts in fields and places.
const (
	keyField = iota
	providerField
	functionField
	purposeField
)
const (
	domainPlace = iota
	pathPlace
	retentionPlace
	anonymizedPlace
)

func newService(id string, c *categoryDraft) *serviceDraft {
	return &serviceDraft{
		id: id, category: c,
		fields: [4]field{{key: "key"}, {key: "provider"}, {key: "function"}, {key: "purpose"}},
		places: [4]field{{key: "domain"}, {key: "path"}, {key: "retention"}, {key: "anonymized"}},
	}
}

// entry is a cookie, or an origin.
type entry struct {
	name   string
	places [3]field // its own domain, path and retention
	why    string
}

func newEntry(name string) *entry {
	return &entry{name: name, places: [3]field{{key: "domain"}, {key: "path"}, {key: "retention"}}}
}

// notes are comments. There are not more of them than people read.
type notes struct {
	texts []string
	more  int
}

const maxNotes = 8

func (n *notes) add(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	switch {
	case slices.Contains(n.texts, text):
	case len(n.texts) == maxNotes:
		n.more++
	default:
		n.texts = append(n.texts, text)
	}
}

func newDraft(name string) *draft {
	return &draft{name: name, introduction: field{key: "introduction"}}
}

// maxRounds is far more than it takes: each round takes out all that is wrong, and
// what hides behind that is found in the next ones.
const maxRounds = 64

// policy writes the draft. What is returned is what was tried: lines that a policy
// cannot have become comments, until there are none.
func (d *draft) policy() (string, error) {
	var problems policy.Problems
	for range maxRounds {
		if !d.hasServices() {
			return "", d.orNoCookies(problems)
		}
		w := d.write()
		text := w.text()
		_, err := policy.Parse("policy.yaml", []byte(text))
		if err == nil {
			return text, nil
		}
		if !errors.As(err, &problems) || !w.amend(problems) {
			return "", fmt.Errorf("making a policy of the page: %w", err)
		}
	}
	return "", fmt.Errorf("making a policy of the page: %w", problems)
}

// orNoCookies is why there is nothing left.
func (d *draft) orNoCookies(problems policy.Problems) error {
	if len(problems) == 0 {
		return errNoCookies
	}
	return fmt.Errorf("%w that a policy can have: %s", errNoCookies, printable(problems[0].Text))
}

func (d *draft) hasServices() bool {
	for _, s := range d.services {
		if s.lists() {
			return true
		}
	}
	return false
}

// lists tells whether there is anything that the service can stand for.
func (s *serviceDraft) lists() bool {
	if s.why != "" || s.category == nil || s.category.why != "" {
		return false
	}
	return len(listed(s.cookies)) > 0 || len(listed(s.origins)) > 0
}

func listed(entries []*entry) (fit []*entry) {
	for _, e := range entries {
		if e.why == "" {
			fit = append(fit, e)
		}
	}
	return fit
}

// writer collects lines, and what to do where the policy cannot have one.
type writer struct {
	lines []line
}

type line struct {
	text string
	drop func(why string)
}

func (w *writer) text() string {
	var b strings.Builder
	for _, l := range w.lines {
		b.WriteString(l.text)
		b.WriteByte('\n')
	}
	return b.String()
}

// amend takes out what the policy cannot have. It reports false where that is not to
// be found.
func (w *writer) amend(problems policy.Problems) bool {
	amended := false
	for _, p := range problems {
		if i := p.Line - 1; i >= 0 && i < len(w.lines) && w.lines[i].drop != nil {
			w.lines[i].drop(elsewhere.ReplaceAllString(p.Text, ""))
			amended = true
		}
	}
	return amended
}

// elsewhere is where something stood in a draft of the policy.
var elsewhere = regexp.MustCompile(` on line \d+| \(line \d+\)`)

func (w *writer) add(drop func(why string), lines ...string) {
	for _, text := range lines {
		w.lines = append(w.lines, line{text, drop})
	}
}

// comment adds a comment, which is one line whatever the text is.
func (w *writer) comment(indent int, format string, args ...any) {
	w.add(nil, strings.Repeat(" ", indent)+"# "+printable(fmt.Sprintf(format, args...)))
}

func (w *writer) notes(indent int, n notes) {
	for _, text := range n.texts {
		w.comment(indent, "%s", text)
	}
	if n.more > 0 {
		w.comment(indent, "and %d more", n.more)
	}
}

// field adds a key with a text. Without one there is nothing to add.
func (w *writer) field(indent int, f *field) {
	switch {
	case f.why != "":
		w.comment(indent, "%s: %s: %s", f.key, cut(fold(f.value), 60), f.why)
	case f.value != "":
		w.key(indent, "", f.key, f.value, func(why string) { f.why = why })
	}
}

func (w *writer) key(indent int, prefix, key, value string, drop func(why string)) {
	lines := scalar(value, indent)
	lines[0] = strings.Repeat(" ", indent-len(prefix)) + prefix + key + ": " + lines[0]
	w.add(drop, lines...)
}

// tooMany tells the end of a policy that services were left out.
func (n *notes) tooMany(count int) {
	n.add("%d more rows or cookies were left out: a policy has at most", count)
	n.add("%d services, and of a page %d cookies and %d patterns are read", consent.MaxServices, maxCookies, maxPatterns)
}
