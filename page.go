package cookieconsent

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"go.uber.org/zap"

	"github.com/caddy-consent/caddy-consent/enforcer/policy"
	"github.com/caddy-consent/caddy-consent/page"
	"github.com/caddy-consent/caddy-consent/quota"
)

func init() {
	caddy.RegisterModule(new(Page))
}

// Page answers with the cookie policy as a page for visitors, rendered from the policy
// that is enforced, on which they see and change their choice. It is a part of the
// handler `cookie_consent`, or a handler of its own that comes after one. It is in
// English, French or Arabic, as the cookie `django_language` says where it is permitted,
// or else the browser, or else the policy. With `Accept: application/json` it is JSON.
//
// The form works without scripts. It writes the consent cookie in the form in which the
// portal keeps it; where another consent manager keeps the choice, there is no form.
type Page struct {
	// The path of the page, such as `/cookies`. Required in the handler
	// `cookie_consent`, and of no use in a handler of its own, which answers every
	// request that comes to it.
	Path string `json:"path,omitempty"`

	// The path of a template of the site's own, in the language of Go's `html/template`.
	// It may contain global placeholders. Where visitors choose on the page, it has to have
	// the form for that. Default: the template that is built in.
	Template string `json:"template,omitempty"`

	// Whether every choice that is saved is recorded: as one message of the logger
	// `http.handlers.cookie_consent.record`, which has no address, no value of a cookie
	// and no id that lasts. The visitor is shown a random id as a receipt. Each client saves
	// 60 choices at once, and then one every two seconds.
	// Default: false.
	Record bool `json:"record,omitempty"`

	template string // its text
	logger   *zap.Logger
}

// CaddyModule returns the Caddy module information.
func (*Page) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "http.handlers.cookie_consent_page",
		New: func() caddy.Module { return new(Page) },
	}
}

// Provision reads the template, and tries it.
func (p *Page) Provision(ctx caddy.Context) error {
	if p.Path != "" {
		return errors.New("path: expected none in a handler of its own: match the path instead, or give the page to the handler cookie_consent")
	}
	if err := p.read(ctx.Logger()); err != nil {
		return err
	}
	sample, err := policy.Parse("policy", []byte(samplePolicy))
	if err != nil {
		return err
	}
	_, err = p.compile(&inForce{policy: sample, source: &policySource{}})
	return err
}

// samplePolicy is what a template is tried on before any policy is known.
const samplePolicy = `version: 1
categories:
  - {id: necessary, consent: none}
  - {id: statistical, consent: required}
services:
  - {id: choice, category: necessary, cookies: [cookies_preferences]}
  - {id: matomo, category: statistical, cookies: ["_pk_id.*"]}
`

// provisionPage does so for a handler that has a page.
func (h *Handler) provisionPage() error {
	if h.Page == nil {
		return nil
	}
	if !pagePath.MatchString(h.Page.Path) {
		return fmt.Errorf("page: expected a path such as /cookies, found %q", h.Page.Path)
	}
	return h.Page.read(h.logger)
}

// pagePath is a path that reads the same however it is sent.
var pagePath = regexp.MustCompile(`^/[A-Za-z0-9_.~-][A-Za-z0-9_.~/-]*$`)

func (p *Page) read(logger *zap.Logger) error {
	p.logger = logger
	if p.Template == "" {
		return nil
	}
	path, err := caddy.NewReplacer().ReplaceOrErr(p.Template, true, true)
	if err != nil {
		return fmt.Errorf("the path of the page's template: %w", err)
	}
	p.template, err = readTemplate(path)
	return err
}

func readTemplate(path string) (string, error) {
	text, _, err := readFile(path, maxTemplateBytes+1)
	switch {
	case err != nil:
		return "", fmt.Errorf("reading the page's template: %w", err)
	case len(text) > maxTemplateBytes:
		return "", fmt.Errorf("reading the page's template: expected %d bytes at most in %s", maxTemplateBytes, path)
	}
	return string(text), nil
}

const maxTemplateBytes = 1 << 20

// What each client may do, on the pages of all handlers, however often a config is loaded:
// save a choice, which may be recorded for years, and have a page rendered that is not kept.
// Many visitors may share one address.
var (
	saves      = quota.New(60, 2*time.Second)
	renderings = quota.New(120, time.Second)
)

// compile makes the page of a policy.
func (p *Page) compile(now *inForce) (*page.Page, error) {
	made, err := page.New(p.config(now))
	if err != nil {
		return nil, fmt.Errorf("the page of the cookie policy: %w", err)
	}
	return made, nil
}

func (p *Page) config(now *inForce) page.Config {
	return page.Config{
		Policy:       now.policy,
		SHA256:       now.source.sum(),
		Updated:      now.source.day(now.policy),
		Template:     p.template,
		TemplateName: p.Template,
		Saves:        saves,
		Renderings:   renderings,
		OnError: func(err error) {
			p.logger.Error("the page's template failed, and the one that is built in was used in its place", zap.Error(err))
		},
	}
}

// of is the page of the policy that an exchange is judged by. A handler of its own meets
// the policy here for the first time: what it cannot do with that, the page is without.
func (p *Page) of(now *inForce) (*page.Page, error) {
	if made, ok := now.pages.Load(p); ok {
		return made.(*page.Page), nil
	}
	made, err := p.compile(now)
	if err != nil {
		p.logger.Error("the page is shown without a form, and by the template that is built in", zap.Error(err))
		c := p.config(now)
		c.Template, c.WithoutForm = "", true
		if made, err = page.New(c); err != nil {
			return nil, err
		}
	}
	now.pages.Store(p, made)
	return made, nil
}

// ServeHTTP answers with the page of the policy that the request is judged by.
func (p *Page) ServeHTTP(w http.ResponseWriter, r *http.Request, _ caddyhttp.Handler) error {
	around := published(r)
	if around == nil {
		return caddyhttp.Error(http.StatusInternalServerError, errNoHandlerAround)
	}
	return p.serve(w, r, around)
}

var errNoHandlerAround = errors.New("cookie_consent_page: expected a handler cookie_consent that comes before it, with the policy")

// isAt tells whether a request is for the page of a handler. In a report, what the
// portal answers is answered.
func (p *Page) isAt(r *http.Request, now *inForce) bool {
	return p != nil && !now.enforcer.ReportOnly && sentPath(r) == p.Path
}

func (p *Page) serve(w http.ResponseWriter, r *http.Request, around *publication) error {
	made, err := p.of(around.inForce)
	if err != nil {
		return caddyhttp.Error(http.StatusInternalServerError, err)
	}
	v := visit(r)
	var save func(page.Saved)
	if p.Record {
		save = around.inForce.record
	}
	made.Serve(w, r, page.Visitor{
		Choice:  around.exchange.Choice(),
		GPC:     around.exchange.Signalled(),
		HTTPS:   v.HTTPS,
		Host:    v.Host,
		Address: v.Address,
		Path:    v.Path,
	}, save)
	return nil
}

// record writes down that a visitor has saved a choice. There is nothing in it that
// tells who the visitor was.
func (f *inForce) record(s page.Saved) {
	choice := make(map[string]string)
	for _, id := range s.Granted {
		choice[id] = "granted"
	}
	for _, id := range s.Denied {
		choice[id] = "denied"
	}
	f.records.Info("choice saved",
		zap.String("time", s.Time.UTC().Format(time.RFC3339)),
		zap.String("receipt", s.Receipt),
		zap.String("host", s.Host),
		zap.Any("choice", choice),
		zap.Bool("gpc", s.GPC),
		zap.String("language", s.Language),
		zap.String("policy_sha256", s.SHA256),
		zap.String("policy_version", s.Version))
}

// Interface guards
var (
	_ caddy.Provisioner           = (*Page)(nil)
	_ caddyhttp.MiddlewareHandler = (*Page)(nil)
)
