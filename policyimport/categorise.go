package policyimport

import (
	"fmt"
	"slices"
	"strings"
)

// categoryOf is the category of a row: what the row says where it has a column for
// that, or else the heading above it.
func (c *collector) categoryOf(said string) *categoryDraft {
	if !c.ruled {
		c.rulingText, c.rulingKind = c.ruling()
		c.ruled = true
	}
	heading, kind := c.rulingText, c.rulingKind
	rowKind := c.kindOf(said)
	switch {
	case rowKind == unknownKind && kind == necessary && !isType(said):
		return c.category(unknownKind, said, nil) // the heading's word is in doubt
	case rowKind == unknownKind, rowKind == necessary && kind == unknownKind && isContrary(heading):
	case kind == unknownKind:
		return c.category(rowKind, said, nil)
	case (rowKind == firstParty || rowKind == thirdParty || rowKind == necessary) && rowKind != kind:
		// Who sets a cookie is not what it is for, and what a heading asks consent for
		// is not made necessary by a cell.
	default:
		if rowKind != kind {
			return c.category(rowKind, said, nil)
		}
	}
	if heading == "" && said != "" && len(said) <= maxHeading {
		return c.category(rowKind, said, nil)
	}
	if c.current == nil {
		c.current = c.category(kind, heading, c.paragraph)
	}
	return c.current
}

// useOf is the kind that a cookie is of, where its name or what it is for says so,
// whatever the page calls it.
func (c *collector) useOf(name string, k serviceKey) cookieKind {
	if kind := kindOfTracker(name); kind != unknownKind {
		return kind
	}
	text := k.purpose + " " + k.function
	kind, ok := c.uses[text]
	if !ok {
		kind = kindOfUse(text)
		c.uses[text] = kind
	}
	return kind
}

// kindOf is kindOfText, once for each text.
func (c *collector) kindOf(text string) cookieKind {
	kind, ok := c.kinds[text]
	if !ok && len(text) <= maxHeading {
		kind = kindOfText(text)
		c.kinds[text] = kind
	}
	return kind
}

// ruling is the heading that tells the kind of a table: the nearest one that says
// anything. Those further up may tell it as well, but not that cookies are necessary:
// below "Necessary cookies" may stand "Other cookies".
func (c *collector) ruling() (string, cookieKind) {
	nearest := ""
	for level := titleLevel; level > 0; level-- {
		text := c.headings[level]
		if text == "" || isGeneric(text) {
			continue
		}
		kind := kindOfText(text)
		if nearest == "" {
			nearest = text
			if kind == necessary && (level > boldLevel || !c.isStale()) {
				return text, kind
			}
		}
		if kind != unknownKind && kind != necessary && level > 1 {
			return text, kind
		}
	}
	if nearest == "" {
		return "", unknownKind
	}
	if c.isStale() {
		if last := c.paragraph[len(c.paragraph)-1]; len(last) <= maxHeading {
			nearest = last
		}
	}
	return nearest, kindUnlessNecessary(nearest)
}

// isStale tells that a heading has had its table, and words follow that may say what
// the next one is about.
func (c *collector) isStale() bool { return c.used && len(c.paragraph) > 0 }

// kindUnlessNecessary is the kind of a heading that has turned out not to be of
// necessary cookies, or of the whole page.
func kindUnlessNecessary(text string) cookieKind {
	if kind := kindOfText(text); kind != necessary {
		return kind
	}
	return unknownKind
}

// maxCategories is how many categories are told apart. A column of them has the same
// few words again and again.
const maxCategories = 32

// category is the category of a kind, or of an unknown kind by its heading.
func (c *collector) category(kind cookieKind, heading string, paragraphs []string) *categoryDraft {
	heading = cut(numbering.ReplaceAllString(heading, ""), maxText)
	id := categoryIDs[kind]
	if kind == unknownKind {
		id = c.ownID(heading)
	}
	for _, known := range c.d.categories {
		if known.id != id {
			continue
		}
		switch {
		case heading == "" || plain(heading) == plain(known.title.value):
		case known.title.value == "" && kind != unknownKind: // so far only of what the page calls necessary
			known.title.value = heading
			known.description.value = cut(strings.Join(paragraphs, " "), maxText)
		default:
			known.notes.add("also published as: %s", heading)
		}
		return known
	}
	added := &categoryDraft{
		id: id, consent: "required",
		title:       field{key: "title", value: heading},
		description: field{key: "description", value: cut(strings.Join(paragraphs, " "), maxText)},
	}
	if kind == necessary {
		added.consent = "none"
	}
	if kind == unknownKind {
		added.notes.add("choose: none, required or objection")
	}
	c.d.categories = append(c.d.categories, added)
	return added
}

// ownID is the id of a category of an unknown kind: the one that has the heading, or a
// new one.
func (c *collector) ownID(heading string) string {
	if heading == "" || len(c.d.categories) >= maxCategories {
		return "unknown"
	}
	for _, known := range c.d.categories {
		if known.title.value == heading && !isKnownCategory(known.id) {
			return known.id
		}
	}
	base := slug(heading, "_")
	if base == "" {
		base = "category"
	}
	return unique(base, func(id string) bool {
		return isKnownCategory(id) || id == "unknown" || slices.Contains(reservedIDs, id) ||
			slices.ContainsFunc(c.d.categories, func(known *categoryDraft) bool { return known.id == id })
	})
}

func isKnownCategory(id string) bool {
	for _, known := range categoryIDs {
		if id == known {
			return true
		}
	}
	return false
}

// unique is an id that is not taken.
func unique(base string, taken func(id string) bool) string {
	id := base
	for n := 2; taken(id); n++ {
		id = fmt.Sprint(base, "-", n)
	}
	return id
}

// giveIDs gives services their ids: those that every site has for them, or else the
// provider's name where it has one service only, or that of a cookie.
func (c *collector) giveIDs() {
	taken := make(map[string]bool)
	for _, id := range reservedIDs {
		taken[id] = true
	}
	for _, category := range c.d.categories {
		taken[category.id] = true
	}
	providers := make(map[string]int)
	for _, s := range c.d.services {
		providers[slug(s.fields[providerField].value, "-")]++
	}
	next := make(map[string]int)
	for _, s := range c.d.services {
		cookies := listed(s.cookies)
		if len(cookies) == 0 {
			continue
		}
		base, isKey := knownID(cookies)
		if base == "" {
			if base = slug(s.fields[providerField].value, "-"); providers[base] > 1 || base == "" {
				base = slug(cookies[0].name, "-")
			}
		}
		if base == "" {
			base = "service"
		}
		s.id = base
		for n := max(next[base], 2); taken[s.id]; n++ {
			s.id, next[base] = fmt.Sprint(base, "-", n), n+1
		}
		taken[s.id] = true
		if isKey && s.id != base && s.category.consent != "none" {
			s.fields[keyField].value = base // what the visitor's choice calls all of them
		}
	}
}

// findChoice looks for the cookie that holds the visitor's choice, and has the policy
// read it.
func (c *collector) findChoice() {
	var found []*serviceDraft
	for _, s := range c.d.services {
		if !s.lists() || !s.holdsChoice() {
			continue
		}
		if listed(s.cookies)[0].name == portalChoice {
			found = []*serviceDraft{s}
			break
		}
		found = append(found, s)
	}
	d := c.d
	switch {
	case len(found) != 1:
		d.hints = append(d.hints, "consent: complete this: the cookie that holds the visitor's choice,", "and its format or preset.",
			"Without it, the choice is read from "+portalChoice+".")
	case listed(found[0].cookies)[0].name == portalChoice:
		d.settings = append(d.settings, consentSetting("cookie", portalChoice, "format", "auto", "timestamp", "timestamp", "max_age", "6 months"))
	default:
		d.settings = append(d.settings, consentSetting("cookie", listed(found[0].cookies)[0].name))
		d.hints = append(d.hints, "Complete consent: the format of the cookie's value, or the preset of the",
			"consent manager that writes it.")
	}
}

// portalChoice is the cookie in which an Opendatasoft portal keeps the choice.
const portalChoice = "cookies_preferences"
