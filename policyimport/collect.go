package policyimport

import (
	"slices"
	"strings"

	"github.com/caddy-consent/caddy-consent/enforcer/consent"
	"github.com/caddy-consent/caddy-consent/enforcer/policy"
)

const (
	// maxCookies is how many cookies a draft has. All patterns of a policy are compared
	// with each other.
	maxCookies = 2000
	// maxNameBytes is how long all names are together.
	maxNameBytes = 32 << 10
	// maxPatterns is how many of them are patterns.
	maxPatterns = 300
	// maxText is the longest text of a service or category.
	maxText = 2000
	// maxLeftOut is how many rows that are no services are told of.
	maxLeftOut = 200
)

// collector makes a draft of the tables on a page.
type collector struct {
	d         *draft
	language  string
	headings  [titleLevel + 1]string // by level; those in force
	paragraph []string               // below the last heading, or table
	used      bool                   // there was a table below the heading
	current   *categoryDraft         // of the table, but for rows that say otherwise

	// The heading that rules the table, once it is found.
	ruled      bool
	rulingText string
	rulingKind cookieKind
	kinds      map[string]cookieKind // of texts
	uses       map[string]cookieKind // of purposes

	services  map[serviceKey]*serviceDraft
	count     int // of services
	names     map[string]*serviceDraft
	nameBytes int
	patterns  int
	rowsLeft  int // rows that are left out for the limits of a policy
	told      int // rows that are told of as no services
}

// serviceKey is what the rows of one service have in common.
type serviceKey struct {
	provider, function, purpose string
	category                    *categoryDraft
}

func newCollector(d *draft) *collector {
	return &collector{
		d: d, kinds: make(map[string]cookieKind), uses: make(map[string]cookieKind),
		services: make(map[serviceKey]*serviceDraft), names: make(map[string]*serviceDraft),
	}
}

func (c *collector) collect(blocks []block) {
	for _, b := range blocks {
		switch {
		case b.table != nil:
			c.announce()
			c.table(b.table)
			c.paragraph, c.used = nil, true
		case b.level > 0 && b.text != "":
			c.heading(b.level, b.text)
		case b.text != "":
			c.paragraph = append(c.paragraph, b.text)
		}
	}
}

// heading puts a heading in the place of those that it ends.
func (c *collector) heading(level int, text string) {
	c.headings[level] = text
	clear(c.headings[level+1:])
	c.paragraph, c.used = nil, false
}

// announce takes "Cookies for statistics:" right before a table for a heading.
func (c *collector) announce() {
	if len(c.paragraph) == 0 {
		return
	}
	last := c.paragraph[len(c.paragraph)-1]
	if text, ok := strings.CutSuffix(last, ":"); ok && len(text) <= maxHeading && (kindOfText(text) != unknownKind || tracks(wordsOf(text))) {
		above := c.paragraph[:len(c.paragraph)-1]
		c.heading(boldLevel, strings.TrimSpace(text))
		c.paragraph = above
	}
}

// table reads the rows of a table.
func (c *collector) table(t *table) {
	first, columns, ok := t.head()
	if !ok {
		if columns, ok = t.guess(); !ok {
			return
		}
		first = -1
	}
	c.rowsLeft += t.cut
	c.current, c.ruled = nil, false
	if t.caption != "" && len(t.caption) <= maxHeading {
		c.headings[captionLevel] = t.caption
	}
	width := t.width()
	for i, row := range t.rows {
		if text, ok := title(row, width); ok {
			c.headings[titleLevel] = text
			c.current, c.paragraph, c.ruled = nil, nil, false
			continue
		}
		if i <= first || isSameRow(row, t.rows[max(first, 0)]) && first >= 0 {
			continue // the head, which long tables repeat
		}
		c.row(row, &columns)
	}
	clear(c.headings[captionLevel:])
}

func isSameRow(a, b []cell) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].prose != b[i].prose {
			return false
		}
	}
	return true
}

// row reads a row: the cookies of a service.
func (c *collector) row(row []cell, columns *columns) {
	if c.isFull() {
		c.rowsLeft++
		return
	}
	cell := columns.of(names, row)
	found, odd := readNames(cell.marked)
	texts := func(what column) string { return strings.Trim(columns.of(what, row).prose, " -–—") }
	kept := texts(retention)
	if len(found)+len(odd) == 0 {
		if cell.prose != "" || texts(purpose) != "" {
			c.leaveOut(cell.prose+" "+texts(purpose), texts(provider))
		}
		return
	}
	if len(found) == 0 {
		c.leaveOut(cell.prose, texts(provider))
		return
	}
	key := serviceKey{cut(texts(provider), maxText), cut(texts(function), maxText), cut(texts(purpose), maxText), c.categoryOf(texts(category))}
	lives := livesOf(columns.of(retention, row).marked, len(found))
	services := make(map[*categoryDraft]*serviceDraft, 1) // of this row
	var first *serviceDraft
	for i, name := range found {
		k := key
		k.category = c.unlessTracker(name, key)
		s, ok := services[k.category]
		if !ok {
			s = c.service(k)
			services[k.category] = s
		}
		if s == nil {
			continue
		}
		if first == nil {
			first = s
		}
		if k != key {
			s.notes.add("the page calls it necessary: %s", cut(name, 60))
		}
		life := kept
		if lives != nil {
			life = lives[i]
		}
		c.cookie(s, name, life)
	}
	if first == nil {
		return
	}
	for _, text := range odd {
		first.notes.add("not read in the cell of the cookies: %s", text)
	}
}

// unlessTracker is the category of a cookie: that of the row, unless that passes without
// consent and the cookie is of another kind, whatever the page calls it.
func (c *collector) unlessTracker(name string, k serviceKey) *categoryDraft {
	if k.category.consent != "none" {
		return k.category
	}
	if kind := c.useOf(name, k); kind != unknownKind {
		return c.category(kind, "", nil)
	}
	return k.category
}

// leaveOut tells of a row that names no cookie.
func (c *collector) leaveOut(text, provider string) {
	if c.told++; c.told > maxLeftOut {
		return
	}
	s := newService("", nil)
	s.fields[providerField].value = provider
	s.cookies = []*entry{{name: cut(text, maxText), why: "expected the name of a cookie"}}
	c.d.services = append(c.d.services, s)
}

// service is the service of a row. It is nil where a policy has no room for it.
func (c *collector) service(k serviceKey) *serviceDraft {
	if s := c.services[k]; s != nil {
		return s
	}
	if c.count == consent.MaxServices {
		c.rowsLeft++
		return nil
	}
	c.count++
	s := newService("", k.category)
	s.fields[providerField].value = k.provider
	s.fields[functionField].value = k.function
	s.fields[purposeField].value = k.purpose
	c.services[k] = s
	c.d.services = append(c.d.services, s)
	return s
}

// cookie adds a cookie to a service. A policy lists each once.
func (c *collector) cookie(s *serviceDraft, name, life string) {
	e := newEntry(name)
	e.places[retentionPlace] = retentionField(life)
	if first := c.names[name]; first != nil {
		if first == s && s.has(e) {
			return // said twice
		}
		if c.told++; c.told <= maxLeftOut {
			e.why = "published more than once: the first one counts"
			s.cookies = append(s.cookies, e)
		}
		return
	}
	if strings.Contains(name, "*") {
		c.patterns++
	}
	if c.isFull() || c.nameBytes+len(name) > maxNameBytes || strings.Contains(name, "*") && c.patterns > maxPatterns {
		c.rowsLeft++
		return
	}
	c.names[name] = s
	c.nameBytes += len(name)
	s.cookies = append(s.cookies, e)
}

// isFull tells that there are as many cookies as are read.
func (c *collector) isFull() bool { return len(c.names) >= maxCookies }

func (s *serviceDraft) has(e *entry) bool {
	return slices.ContainsFunc(s.cookies, func(other *entry) bool { return other.name == e.name && other.places == e.places })
}

// finish completes the draft once all tables are read.
func (c *collector) finish() {
	for _, s := range c.d.services {
		s.shareRetention()
	}
	c.giveIDs()
	if c.language != "" && !strings.EqualFold(c.language, policy.DefaultLanguage) {
		c.d.settings = append(c.d.settings, textSetting("language", c.language))
	}
	c.findChoice()
	if c.rowsLeft > 0 {
		c.d.left.tooMany(c.rowsLeft)
	}
	if more := c.told - maxLeftOut; more > 0 {
		c.d.left.add("%d more rows name no cookie, or one that is listed", more)
	}
}
