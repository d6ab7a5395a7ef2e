package page

import (
	"encoding/json"
	"time"

	"github.com/caddy-consent/caddy-consent/enforcer/consent"
)

// document is the page for programs. Texts are in the language of the page where the
// policy has them.
type document struct {
	Site         string             `json:"site"`
	Language     string             `json:"language"`
	Updated      string             `json:"updated,omitempty"`
	SHA256       string             `json:"sha256,omitempty"`
	Introduction string             `json:"introduction,omitempty"`
	GPC          bool               `json:"gpc"`
	Categories   []documentCategory `json:"categories"`
}

type documentCategory struct {
	ID          string            `json:"id"`
	Title       string            `json:"title"`
	Description string            `json:"description,omitempty"`
	Consent     string            `json:"consent"`
	State       string            `json:"state,omitempty"` // of a category without services
	Services    []documentService `json:"services"`
}

type documentService struct {
	ID        string           `json:"id"`
	Provider  string           `json:"provider,omitempty"`
	Function  string           `json:"function,omitempty"`
	Purpose   string           `json:"purpose,omitempty"`
	Cookies   []documentCookie `json:"cookies"`
	Retention string           `json:"retention,omitempty"`
	Origins   []string         `json:"origins"`
	State     string           `json:"state"`
}

type documentCookie struct {
	Name      string `json:"name"`
	Retention string `json:"retention,omitempty"`
}

// always is the state of what is necessary.
const always = "always"

// json is the page as JSON.
func (p *Page) json(language string, v Visitor) []byte {
	f := filler{p, language, texts[language], &v}
	d := document{
		Site: p.policy.Site, Language: language, SHA256: p.sha256, GPC: v.GPC,
		Introduction: f.words(p.policy.Introduction).Text,
	}
	if !p.updated.IsZero() {
		d.Updated = p.updated.Format(time.DateOnly)
	}
	states := p.states(&v.Choice)
	for _, c := range f.data().Categories {
		category := documentCategory{
			ID: c.ID, Title: c.Title.Text, Description: c.Description.Text, Consent: c.Consent,
			State: states["category "+c.ID], Services: []documentService{},
		}
		for _, s := range c.Services {
			category.Services = append(category.Services, jsonOf(&s, states["service "+s.ID]))
		}
		d.Categories = append(d.Categories, category)
	}
	text, _ := json.Marshal(d) // of texts and lists, which cannot fail
	return append(text, '\n')
}

// states are what a choice says about all services, and categories without any.
func (p *Page) states(c *consent.Choice) map[string]string {
	states := make(map[string]string)
	for i := range p.policy.Services {
		states["service "+p.policy.Services[i].ID] = always
	}
	for _, o := range p.policy.Options() {
		name := "category " + p.policy.Categories[o.Category].ID
		if o.Service >= 0 {
			name = "service " + p.policy.Services[o.Service].ID
		}
		states[name] = p.stateOf([]int{o.Place}, c.State(o.Place))
	}
	return states
}

func jsonOf(s *Service, state string) documentService {
	d := documentService{
		ID: s.ID, Provider: s.Provider.Text, Function: s.Function.Text, Purpose: s.Purpose.Text,
		Cookies: []documentCookie{}, Retention: s.Retention, Origins: []string{}, State: state,
	}
	for _, c := range s.Cookies {
		d.Cookies = append(d.Cookies, documentCookie{c.Name, c.Retention})
	}
	d.Origins = append(d.Origins, s.Origins...)
	return d
}
