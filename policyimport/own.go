package policyimport

import (
	"regexp"
	"slices"
	"strings"

	"github.com/caddy-consent/caddy-consent/enforcer/consent"
	"github.com/caddy-consent/caddy-consent/enforcer/policy"
)

// readOwn reads a page that package page wrote. Attributes hold what readers do not
// see; everything else is read from what they see, so that words which a lawyer
// changes on the page count.
func readOwn(d *draft, main *node) {
	d.own = true
	o := ownReader{d: d, page: languageAt(main)}
	settings, err := readSettings(main.get("data-cookie-policy"))
	if err != nil {
		d.hints = append(d.hints, printable(err.Error()))
	}
	for _, s := range settings {
		if slices.Contains([]string{"introduction", "categories", "services"}, s.key) {
			s.why = "expected it in the text of the page"
		}
		d.settings = append(d.settings, s)
	}
	main.each(func(n *node) bool {
		switch {
		case n.has("data-service"):
			o.leaveOut(n, "expected a category around the service")
		case n.has("data-category"):
			o.category(n)
		case n.get("data-text") == "introduction":
			d.introduction.value = o.words(n)
		default:
			return true
		}
		return false
	})
	o.setLanguage()
	if o.rowsLeft > 0 {
		d.left.add("%d more services were left out: a policy has at most %d", o.rowsLeft, consent.MaxServices)
	}
}

type ownReader struct {
	d         *draft
	page      string   // its language
	languages []string // those of the texts
	services  int
	nameBytes int
	patterns  int
	rowsLeft  int // for these limits
}

// maxOwnBytes is how long the names on a page of ours are together, and maxOwnPatterns
// how many of them are patterns: far more than in any policy, and not so many that
// comparing them takes long.
const (
	maxOwnBytes    = 2 * maxNameBytes
	maxOwnPatterns = 2 * maxPatterns
)

// hasRoom tells whether a policy can have one more service. One that has more is none
// that a page was written of.
func (o *ownReader) hasRoom(s *serviceDraft) bool {
	for _, e := range slices.Concat(s.cookies, s.origins) {
		o.nameBytes += len(e.name)
		if strings.Contains(e.name, "*") {
			o.patterns++
		}
	}
	o.services++
	return o.services <= consent.MaxServices && o.nameBytes <= maxOwnBytes && o.patterns <= maxOwnPatterns
}

func (o *ownReader) category(n *node) {
	c := &categoryDraft{
		id: n.get("data-category"), consent: n.get("data-consent"), exempt: n.has("data-exempt-if-anonymized"),
		title: field{key: "title"}, description: field{key: "description"},
	}
	if c.consent == "" {
		c.consent = "required"
		c.notes.add("consent: the page does not say: choose none, required or objection")
	}
	o.d.categories = append(o.d.categories, c)
	n.each(func(in *node) bool {
		switch {
		case in.has("data-service"), in.tag == "tr" && in.find(func(n *node) bool { return n.has("data-cookies") || n.has("data-origins") }) != nil:
			o.service(in, c)
		case in != n && in.has("data-category"):
			o.leaveOut(in, "expected no category in another one")
		case in.get("data-text") == "title":
			c.title.value = o.words(in)
		case in.get("data-text") == "description":
			c.description.value = o.words(in)
		default:
			return true
		}
		return false
	})
}

func (o *ownReader) service(n *node, c *categoryDraft) {
	s := newService(n.get("data-service"), c)
	s.fields[keyField].value = n.get("data-key")
	s.places[domainPlace].value = n.get("data-domain")
	s.places[pathPlace].value = n.get("data-path")
	if n.has("data-anonymized") {
		s.places[anonymizedPlace].value = "true"
	}
	texts := map[string]*field{"provider": &s.fields[providerField], "function": &s.fields[functionField], "purpose": &s.fields[purposeField]}
	n.each(func(in *node) bool {
		switch f := texts[in.get("data-text")]; {
		case in == n:
			return true
		case f != nil:
			f.value = o.words(in)
		case in.has("data-cookies"):
			s.cookies = append(s.cookies, ownEntries(in, true)...)
		case in.has("data-origins"):
			s.origins = append(s.origins, ownEntries(in, false)...)
		case in.has("data-retention"):
			s.places[retentionPlace] = retentionField(in.prose())
		default:
			return true
		}
		return false
	})
	if !o.hasRoom(s) {
		o.rowsLeft++
		return
	}
	if s.id == "" { // a row that somebody has added
		s.id = o.newID(s)
	}
	o.d.services = append(o.d.services, s)
}

// newID is the id of a service that has none on the page.
func (o *ownReader) newID(s *serviceDraft) string {
	base := slug(s.fields[providerField].value, "-")
	if len(s.cookies) > 0 && base == "" {
		base = slug(s.cookies[0].name, "-")
	}
	if base == "" {
		base = "service"
	}
	taken := make(map[string]bool)
	for _, other := range o.d.services {
		taken[other.id] = true
	}
	for _, c := range o.d.categories {
		taken[c.id] = true
	}
	return unique(base, func(id string) bool { return taken[id] || slices.Contains(reservedIDs, id) })
}

// ownEntries reads a list of cookies or origins: an item for each, its name in code.
func ownEntries(list *node, cookies bool) []*entry {
	var entries []*entry
	list.each(func(in *node) bool {
		if in.tag != "li" {
			return true
		}
		code := in.find(func(n *node) bool { return n.tag == "code" })
		if code == nil {
			entries = append(entries, addedEntries(in, cookies)...)
			return false
		}
		e := newEntry(strings.TrimSpace(seen(code.prose())))
		e.places[domainPlace].value = code.get("data-domain")
		e.places[pathPlace].value = code.get("data-path")
		if life := in.find(func(n *node) bool { return n.has("data-retention") }); life != nil {
			e.places[retentionPlace] = retentionField(life.prose())
		}
		if !cookies {
			e.places = newEntry("").places
		}
		entries = append(entries, e)
		return false
	})
	return entries
}

// addedEntries reads an item that somebody has added to a list by hand.
func addedEntries(item *node, cookies bool) []*entry {
	if !cookies {
		return []*entry{newEntry(item.prose())}
	}
	names, odd := readNames(item.marked())
	var entries []*entry
	for _, name := range names {
		entries = append(entries, newEntry(name))
	}
	for _, text := range odd {
		e := newEntry(text)
		e.why = "expected the name of a cookie"
		entries = append(entries, e)
	}
	return entries
}

func (o *ownReader) leaveOut(n *node, why string) {
	s := newService("", nil)
	e := newEntry(n.get("data-service") + n.get("data-category"))
	e.why = why
	s.cookies = []*entry{e}
	o.d.services = append(o.d.services, s)
}

// words are the words of a text, its paragraphs parted by blank lines.
func (o *ownReader) words(n *node) string {
	var b strings.Builder
	n.paragraphs(&b)
	var paragraphs []string
	for paragraph := range strings.SplitSeq(b.String(), "\uE000") {
		if paragraph = fold(paragraph); paragraph != "" {
			paragraphs = append(paragraphs, paragraph)
		}
	}
	if len(paragraphs) > 0 {
		o.languages = append(o.languages, languageAt(n))
	}
	return strings.Join(paragraphs, "\n\n")
}

// paragraphs writes the text of what is in a node, with a mark at both ends of each
// paragraph.
func (n *node) paragraphs(b *strings.Builder) {
	for _, child := range n.children {
		switch {
		case child.tag == "":
			b.WriteString(strings.ReplaceAll(child.text, "\uE000", " "))
		case child.tag == "br":
			b.WriteByte(' ')
		case isUnseen[child.tag]:
		case isBlock[child.tag]:
			b.WriteString("\uE000")
			child.paragraphs(b)
			b.WriteString("\uE000")
		default:
			child.paragraphs(b)
		}
	}
}

// setLanguage says which language the texts are in: the policy's own where all of them
// are in it, or else the page's.
func (o *ownReader) setLanguage() {
	own := policy.DefaultLanguage
	at := slices.IndexFunc(o.d.settings, func(s *setting) bool { return s.key == "language" })
	if at >= 0 {
		own = o.d.settings[at].value.Value
	}
	foreign := slices.ContainsFunc(o.languages, func(tag string) bool { return tag != "" && !sameLanguage(tag, own) })
	if !foreign || o.page == "" {
		return
	}
	if at >= 0 {
		o.d.settings[at].value = textNode(o.page)
		return
	}
	behind := 1 + slices.IndexFunc(o.d.settings, func(s *setting) bool { return s.key == "site" })
	if behind == 0 {
		behind = 1 + slices.IndexFunc(o.d.settings, func(s *setting) bool { return s.key == "version" })
	}
	o.d.settings = slices.Insert(o.d.settings, behind, textSetting("language", o.page))
}

// sameLanguage compares languages, but not the countries they are spoken in.
func sameLanguage(a, b string) bool {
	a, _, _ = strings.Cut(a, "-")
	b, _, _ = strings.Cut(b, "-")
	return strings.EqualFold(a, b)
}

// languageAt is the language of what is in a node; empty where the page does not say.
func languageAt(n *node) string {
	for ; n != nil; n = n.parent {
		if tag, ok := n.lookup("lang"); ok && languageForm.MatchString(tag) {
			return tag
		}
	}
	return ""
}

// languageOf is the language of a page.
func languageOf(root *node) string {
	if html := root.find(func(n *node) bool { return n.tag == "html" }); html != nil {
		return languageAt(html)
	}
	return ""
}

var languageForm = regexp.MustCompile(`^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$`)
