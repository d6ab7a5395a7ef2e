package policyimport

import (
	"slices"
	"strings"
)

// write writes the whole draft anew.
func (d *draft) write() *writer {
	w := &writer{}
	if d.own {
		w.comment(0, "The cookie policy that is published in %s.", d.name)
	} else {
		w.comment(0, "A draft, read from %s:", d.name)
		w.comment(0, "compare it with the page before it is put in force.")
	}
	w.add(nil, "")
	d.writeSettings(w)
	w.add(nil, "", "categories:")
	for _, c := range d.categories {
		d.writeCategory(w, c)
	}
	w.add(nil, "", "services:")
	for i, s := range d.services {
		if i > 0 && s.lists() {
			w.add(nil, "")
		}
		s.write(w)
	}
	if len(d.left.texts) > 0 {
		w.add(nil, "")
		w.notes(2, d.left)
	}
	return w
}

func (d *draft) writeSettings(w *writer) {
	introduced := false
	introduce := func() {
		if !introduced {
			w.field(0, &d.introduction)
		}
		introduced = true
	}
	if !slices.ContainsFunc(d.settings, func(s *setting) bool { return s.key == "version" && s.why == "" }) {
		w.add(nil, "version: 1")
	}
	if !d.own {
		w.comment(0, "site: https://data.example.org, the address of the site")
	}
	for _, s := range d.settings {
		if !slices.Contains([]string{"version", "site", "language"}, s.key) {
			introduce()
		}
		s.write(w)
	}
	introduce()
	for _, hint := range d.hints {
		w.comment(0, "%s", hint)
	}
}

func (d *draft) writeCategory(w *writer, c *categoryDraft) {
	drop := func(why string) { c.why = why }
	if c.why != "" {
		w.comment(2, "left out: category %s: %s", c.id, c.why)
		return
	}
	w.key(4, "- ", "id", c.id, drop)
	w.notes(4, c.notes)
	w.key(4, "", "consent", c.consent, func(why string) {
		c.notes.add("consent: %s: %s", c.consent, why)
		c.consent = "required" // what asks for most, where the page does not say
	})
	w.field(4, &c.title)
	w.field(4, &c.description)
	if c.exempt {
		w.add(func(string) { c.exempt = false }, "    exempt_if_anonymized: true")
	}
}

func (s *serviceDraft) write(w *writer) {
	if !s.lists() {
		s.writeLeftOut(w)
		return
	}
	drop := func(why string) { s.why = why }
	w.key(4, "- ", "id", s.id, drop)
	w.notes(4, s.notes)
	for i := range s.fields {
		if i == purposeField {
			w.key(4, "", "category", s.category.id, drop)
		}
		w.field(4, &s.fields[i])
	}
	writeEntries(w, "cookies", s.cookies)
	writeEntries(w, "origins", s.origins)
	for i := range s.places {
		if f := &s.places[i]; i == anonymizedPlace && f.value != "" && f.why == "" {
			w.add(func(why string) { f.why = why }, "    anonymized: true")
		} else {
			w.field(4, f)
		}
	}
}

// writeLeftOut tells of a service that the policy does not have.
func (s *serviceDraft) writeLeftOut(w *writer) {
	for _, e := range slices.Concat(s.cookies, s.origins) {
		why := e.why
		switch {
		case why != "":
		case s.why != "":
			why = s.why
		case s.category == nil || s.category.why != "":
			why = "its category was left out"
		}
		of := ""
		if s.fields[providerField].value != "" {
			of = " of " + cut(s.fields[providerField].value, 60)
		}
		w.comment(2, "left out: %s%s: %s", cut(fold(e.name), 80), of, why)
	}
}

// writeEntries writes a list of cookies or origins, on one line where that says all.
func writeEntries(w *writer, key string, entries []*entry) {
	if len(listed(entries)) == 0 {
		for _, e := range entries {
			w.comment(4, "%s: %s: %s", key, cut(fold(e.name), 80), e.why)
		}
		return
	}
	if len(entries) == 1 && !entries[0].hasPlaces() {
		e := entries[0]
		w.add(func(why string) { e.why = why }, "    "+key+": ["+inFlow(e.name)+"]")
		return
	}
	w.add(nil, "    "+key+":")
	for _, e := range entries {
		e.write(w)
	}
}

// inFlow is a name in a list on one line, where more characters mean something.
func inFlow(name string) string {
	text := quoted(name)
	if strings.HasPrefix(text, `"`) || !strings.ContainsAny(text, ",[]{}:") {
		return text
	}
	return `"` + text + `"`
}

func (e *entry) hasPlaces() bool {
	return slices.ContainsFunc(e.places[:], func(f field) bool { return f.value != "" })
}

func (e *entry) write(w *writer) {
	drop := func(why string) { e.why = why }
	switch {
	case e.why != "":
		w.comment(6, "%s: %s", cut(fold(e.name), 80), e.why)
	case !slices.ContainsFunc(e.places[:], func(f field) bool { return f.value != "" && f.why == "" }):
		w.add(drop, "      - "+quoted(e.name))
		for i := range e.places {
			w.field(8, &e.places[i])
		}
	default:
		w.key(8, "- ", "name", e.name, drop)
		for i := range e.places {
			w.field(8, &e.places[i])
		}
	}
}
