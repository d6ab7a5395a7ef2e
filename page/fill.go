package page

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/caddy-consent/caddy-consent/enforcer/consent"
	"github.com/caddy-consent/caddy-consent/enforcer/policy"
)

// filler makes the data of a page in one language.
type filler struct {
	*Page
	language string
	text     *Texts
	visitor  *Visitor // nil: the page is for a file
}

// data is the page for a visitor.
func (p *Page) data(language string, v Visitor, n note) *Data {
	f := filler{p, language, texts[language], &v}
	d := f.data()
	for _, code := range Languages() {
		d.Languages = append(d.Languages, LanguageLink{code, texts[code].Name, code == language})
	}
	if len(p.boxes) > 0 {
		d.Choice = f.choice(n)
	}
	return d
}

// dataForFile is the page without a visitor.
func (p *Page) dataForFile(language string) *Data {
	f := filler{p, language, texts[language], nil}
	return f.data()
}

func (f *filler) data() *Data {
	d := &Data{
		Language: f.language, Dir: direction(f.language), Text: f.text, Style: style,
		Site: f.policy.Site, Settings: f.policy.Settings, SHA256: f.sha256,
		HasIntroduction: f.policy.Introduction != nil, Strips: !f.policy.AllowUnlisted,
	}
	if site, err := url.Parse(f.policy.Site); err == nil {
		d.SiteName = site.Host
	}
	if !f.updated.IsZero() {
		d.Updated, d.UpdatedText = f.updated.Format(time.DateOnly), f.text.day(f.updated)
	}
	d.Introduction = f.paragraphs(f.policy.Introduction)
	for _, kind := range []policy.Consent{policy.None, policy.Required, policy.Objection} {
		if slices.ContainsFunc(f.policy.Categories, func(c policy.Category) bool { return c.Consent == kind }) {
			id := string(kind)
			d.Kinds = append(d.Kinds, Kind{id, f.text.KindNames[id], f.text.KindMeanings[id]})
		}
	}
	for i := range f.policy.Categories {
		d.Categories = append(d.Categories, f.category(i))
	}
	f.addServices(d)
	for _, name := range f.policy.OwnedCookies() {
		if f.policy.Lookup(name) == nil {
			d.Owned = f.list(d.Owned, Words{Text: name})
		}
	}
	f.addBoxes(d)
	return d
}

// words are what the policy says, in the page's language if it can.
func (f *filler) words(t policy.Text) Words {
	if t == nil {
		return Words{}
	}
	text, in := t.In(f.language)
	w := Words{Text: text, Published: true}
	if in = cmp.Or(in, f.policy.Language); spoken(in) != f.language {
		w.Lang, w.Dir = in, direction(in)
	}
	return w
}

func (f *filler) paragraphs(t policy.Text) (paragraphs []Words) {
	if t == nil {
		return []Words{{Text: f.text.Introduction}}
	}
	all := f.words(t)
	for _, text := range all.Paragraphs() {
		paragraph := all
		paragraph.Text = text
		paragraphs = append(paragraphs, paragraph)
	}
	return paragraphs
}

func (f *filler) category(i int) Category {
	c := &f.policy.Categories[i]
	title := f.words(c.Title)
	if title.Text == "" {
		title = Words{Text: f.text.categoryName(c.ID)}
	}
	return Category{
		ID: c.ID, Consent: string(c.Consent), ExemptIfAnonymized: c.ExemptIfAnonymized,
		Title: title, Description: f.words(c.Description),
	}
}

// name is what a service is called in short.
func (f *filler) name(service int) Words {
	s := &f.policy.Services[service]
	if name := f.words(s.Provider); name.Text != "" {
		return name
	}
	return Words{Text: s.ID}
}

// list adds to a list of words.
func (f *filler) list(to []Words, w Words) []Words {
	if len(to) > 0 {
		w.Before = f.text.Comma
	}
	return append(to, w)
}

// addServices adds the rows of all tables.
func (f *filler) addServices(d *Data) {
	cookies := make([][]Cookie, len(f.policy.Services))
	for rule := range f.policy.Rules() {
		cookies[rule.Service] = append(cookies[rule.Service], f.cookie(rule))
		d.HasPatterns = d.HasPatterns || strings.Contains(rule.Name, "*")
	}
	for i := range f.policy.Services {
		s := &f.policy.Services[i]
		row := Service{
			ID: s.ID, Anonymized: s.Anonymized, Domain: s.Domain, Path: s.Path,
			Provider: f.words(s.Provider), Function: f.words(s.Function), Purpose: f.words(s.Purpose),
			Retention: f.text.retention(s.Retention), Cookies: cookies[i],
		}
		if s.Key != s.ID {
			row.Key = s.Key
		}
		for _, o := range s.Origins {
			row.Origins = append(row.Origins, o.String())
		}
		c := &d.Categories[s.Category]
		c.Services = append(c.Services, row)
		if f.policy.IsExempt(i) {
			c.Exempt = f.list(c.Exempt, f.name(i))
		}
	}
}

func (f *filler) cookie(rule *policy.Rule) Cookie {
	s := &f.policy.Services[rule.Service]
	c := Cookie{Name: rule.Name}
	if rule.Domain != s.Domain {
		c.Domain = rule.Domain
	}
	if rule.Path != s.Path {
		c.Path = rule.Path
	}
	if rule.Retention != s.Retention {
		c.Retention = f.text.retention(rule.Retention)
	}
	return c
}

// stateOf is what the page calls the state of some places of a choice: what is exempt is
// active until it is refused (rule C9).
func (p *Page) stateOf(places []int, s consent.State) string {
	if s != consent.Granted && s != consent.Denied && !slices.ContainsFunc(places, p.isNotExempt) {
		return exempt
	}
	return stateNames[s]
}

func (p *Page) isNotExempt(place int) bool { return !p.policy.IsExempt(place) }

// exempt is the state of what is exempt, and neither granted nor denied.
const exempt = "exempt"

// stateNames are what the page's JSON calls the other states, and its texts.
var stateNames = map[consent.State]string{
	consent.Undecided: "undecided", consent.Granted: "granted",
	consent.Denied: "denied", consent.Undecodable: "undecodable",
}

// addBoxes adds what the visitor chooses, as it stands.
func (f *filler) addBoxes(d *Data) {
	if f.visitor == nil {
		return
	}
	for i := range f.boxes {
		b := &f.boxes[i]
		c := &d.Categories[b.category]
		box := f.box(i)
		if len(b.services) > 0 {
			c.Boxes = append(c.Boxes, box)
		}
		if c.Box == nil {
			c.Box = &Box{ID: c.ID, HTML: "c" + strconv.Itoa(b.category), State: box.State, Ticked: true, Disabled: true}
		}
		if c.Box.State != box.State {
			c.Box.State = "undecided"
		}
		c.Box.Ticked = c.Box.Ticked && box.Ticked
		c.Box.Disabled = c.Box.Disabled && box.Disabled
	}
}

func (f *filler) box(i int) Box {
	b := &f.boxes[i]
	state := f.stateOf(b.places, b.state(&f.visitor.Choice))
	disabled := f.visitor.GPC && f.isSignalled(b.key)
	box := Box{
		ID: b.id(f.policy), HTML: "s" + strconv.Itoa(i), State: state,
		Ticked: (state == stateNames[consent.Granted] || state == exempt) && !disabled, Disabled: disabled,
	}
	for n, service := range b.services {
		box.Names = f.list(box.Names, f.name(service))
		if n == 0 {
			box.Function = f.words(f.policy.Services[service].Function)
		}
	}
	for j := range f.boxes {
		if other := &f.boxes[j]; j != i && other.key == b.key {
			for _, service := range other.services {
				box.Together = f.list(box.Together, f.name(service))
			}
		}
	}
	return box
}

func (f *filler) choice(n note) *Choice {
	c := &Choice{
		Status: f.status(), Saved: n.saved, Lost: n.lost, Receipt: n.receipt, Cleared: n.cleared,
		Disputed: f.visitor.Choice.Disputed != consent.Set{},
	}
	if f.takesChoice() {
		c.Action = pathOf(f.visitor.Path) + n.keep
	}
	if !f.visitor.GPC {
		return c
	}
	for i := range f.policy.Categories {
		denies := func(b box) bool { return b.category == i && slices.ContainsFunc(b.places, f.policy.SignalDenies) }
		if slices.ContainsFunc(f.boxes, denies) {
			c.SignalDenies = f.list(c.SignalDenies, f.category(i).Title)
		}
	}
	return c
}

// status is where the visitor stands. What a signal denies is no choice.
func (f *filler) status() string {
	status := "unchosen"
	for i := range f.boxes {
		b := &f.boxes[i]
		if f.visitor.GPC && f.isSignalled(b.key) {
			continue
		}
		switch b.state(&f.visitor.Choice) {
		case consent.Undecodable:
			return "undecodable"
		case consent.Granted, consent.Denied:
			status = "chosen"
		}
	}
	return status
}
