// Package page shows a cookie policy to visitors, and takes their choice.
//
// The page is rendered from the very policy that is enforced, so that it cannot say
// anything else. Its form works without any script: the page has none.
package page

import (
	"crypto/rand"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/caddy-consent/caddy-consent/enforcer/consent"
	"github.com/caddy-consent/caddy-consent/enforcer/policy"
	"github.com/caddy-consent/caddy-consent/quota"
)

// Page is the page of one policy. It may serve any number of requests at a time.
type Page struct {
	policy   *policy.Policy
	sha256   string
	updated  time.Time
	boxes    []box
	places   []int              // in a choice, of all that can be chosen
	own      *template.Template // the site's own; nil: there is none
	onError  func(error)
	toldLast atomic.Int64 // when onError was last told, in seconds since 1970
	now      func() time.Time

	kept              pages
	renderings, saves *quota.Quota
}

// Config is what a page is made of.
type Config struct {
	// Policy is the policy in force. It must be set.
	Policy *policy.Policy

	// SHA256 is the beginning of the hash of the policy's file, which the page shows.
	// Empty: it shows none.
	SHA256 string

	// Updated is the day of the policy, which the page shows. Zero: it shows none.
	Updated time.Time

	// Template is the site's own page, in the language of html/template; it is
	// executed with a [Data]. Empty: the one that is built in.
	Template string

	// TemplateName is the name that errors of the site's own template carry.
	// The default is "template".
	TemplateName string

	// WithoutForm has visitors choose elsewhere.
	WithoutForm bool

	// Renderings is how many pages each client has rendered that are not kept yet, and
	// Saves how many forms it may send. The visitors of several pages may share them. Nil:
	// as many as come.
	Renderings, Saves *quota.Quota

	// OnError is told of a template of the site's own that failed while a page was
	// asked for, which then is the built-in one: at most once a minute. It may be nil.
	OnError func(error)
}

// Visitor is what is known of who asks for the page.
type Visitor struct {
	// Choice is what the visitor has chosen, with what signals deny.
	Choice consent.Choice

	// GPC tells that the browser sends the Global Privacy Control signal, and that the
	// policy honours it.
	GPC bool

	// HTTPS tells that the visitor's browser asked over TLS.
	HTTPS bool

	// Host is the name of the site as the browser asked for it, without the port.
	Host string

	// Address is the visitor's IP address. Where it is none, what the visitor does is not
	// limited.
	Address string

	// Path is the path of the page as the browser asked for it, with its escapes.
	Path string
}

// Saved is a choice that a visitor has saved. There is no address in it, no value of
// a cookie, and nothing that two choices of one visitor have in common.
type Saved struct {
	// Time is when it was saved, in UTC.
	Time time.Time

	// Host is the name of the site, as Visitor has it.
	Host string

	// Receipt is a random text that is shown to the visitor, once.
	Receipt string

	// Language is the one in which the page was shown, such as "fr".
	Language string

	// Granted and Denied are the ids of services, or of a category that has none. What
	// is necessary is in neither.
	Granted, Denied []string

	// GPC is that of the visitor.
	GPC bool

	// SHA256 is that of the page, and Version the day of the policy, such as
	// 2026-01-31, or "".
	SHA256, Version string
}

// New makes the page of a policy. It renders the site's own template for a visitor
// made up, in each language, so that one that fails is found before anybody asks.
func New(c Config) (*Page, error) {
	if c.Policy == nil {
		return nil, errors.New("expected a policy to show")
	}
	p := &Page{policy: c.Policy, sha256: c.SHA256, updated: c.Updated, onError: c.OnError, now: time.Now, renderings: c.Renderings, saves: c.Saves}
	for _, o := range c.Policy.Options() {
		p.places = append(p.places, o.Place)
	}
	if !c.WithoutForm {
		p.boxes = boxesOf(c.Policy)
	}
	if p.takesChoice() {
		if err := p.checkWritable(); err != nil {
			return nil, err
		}
	}
	if c.Template == "" {
		return p, nil
	}
	name := c.TemplateName
	if name == "" {
		name = "template"
	}
	own, err := template.New(name).Parse(c.Template)
	if err != nil {
		return nil, fmt.Errorf("the template of the page: %w", err)
	}
	p.own = own
	return p, p.try(&source{name, c.Template})
}

// try renders the site's own template for all kinds of visitors, who have to be able to
// choose on it.
func (p *Page) try(own *source) error {
	v := Visitor{Host: "www.example.com", Path: "/cookies"}
	signalled := v
	signalled.GPC, signalled.Choice = true, p.policy.Signalled(consent.Choice{Granted: p.policy.Decoder.All})
	for _, language := range Languages() {
		for _, d := range []*Data{
			p.data(language, v, note{}),
			p.data(language, signalled, note{saved: true, receipt: rand.Text()}),
		} {
			html, err := render(p.own, d)
			if err == nil && p.takesChoice() {
				err = checkForm(html, own, p.sha256)
			}
			if err != nil {
				return fmt.Errorf("the template of the page, in the language %q: %w", language, err)
			}
		}
	}
	return nil
}

// takesChoice tells whether visitors choose on the page. They do not where another
// consent manager keeps the choice, or where there is nothing to choose.
func (p *Page) takesChoice() bool { return p.policy.Sources == nil && len(p.boxes) > 0 }

// Serve answers a request for the page: GET and HEAD show it, and POST saves a choice
// and shows it. Save is told of a choice that is saved. It may be nil: then nothing is
// recorded, and the visitor gets no receipt.
func (p *Page) Serve(w http.ResponseWriter, r *http.Request, v Visitor, save func(Saved)) {
	switch {
	case r.Method == http.MethodGet || r.Method == http.MethodHead:
		p.show(w, r, v)
	case r.Method == http.MethodPost && p.takesChoice():
		p.take(w, r, v, save)
	default:
		allowed := "GET, HEAD"
		if p.takesChoice() {
			allowed += ", POST"
		}
		w.Header().Set("Allow", allowed)
		p.refuse(w, r, v, http.StatusMethodNotAllowed)
	}
}
