package cookieconsent

import (
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

func init() {
	httpcaddyfile.RegisterHandlerDirective("cookie_consent_page", parsePage)
	httpcaddyfile.RegisterDirectiveOrder("cookie_consent_page", httpcaddyfile.Before, "respond")
}

func parsePage(h httpcaddyfile.Helper) (caddyhttp.MiddlewareHandler, error) {
	p := new(Page)
	return p, p.UnmarshalCaddyfile(h.Dispenser)
}

// UnmarshalCaddyfile sets up the page as a handler of its own. Syntax:
//
//	cookie_consent_page [<matcher>] {
//	    template <path>
//	    record
//	}
func (p *Page) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	d.Next() // consume the directive's name
	if d.NextArg() {
		return d.Errf("unexpected argument %q: expected a matcher at most, such as cookie_consent_page /cookies", d.Val())
	}
	return p.unmarshalBlock(d, 0)
}

// setPage sets up the page of a handler.
func (h *Handler) setPage(d *caddyfile.Dispenser) error {
	if h.Page != nil {
		return d.Errf("a second page %q: it is %s already", d.Val(), h.Page.Path)
	}
	h.Page = &Page{Path: d.Val()}
	if !pagePath.MatchString(h.Page.Path) {
		return d.Errf("page: expected a path such as /cookies, found %q", h.Page.Path)
	}
	if d.NextArg() {
		return d.Errf("page: unexpected argument %q", d.Val())
	}
	return h.Page.unmarshalBlock(d, 1)
}

func (p *Page) unmarshalBlock(d *caddyfile.Dispenser, nesting int) error {
	for d.NextBlock(nesting) {
		switch name := d.Val(); name {
		case "template":
			if !d.NextArg() || d.Val() == "" {
				return d.Err("template: expected the path of a template")
			}
			if err := setOnce(name, &p.Template)(d); err != nil {
				return err
			}
		case "record":
			if p.Record {
				return d.Err("record stands twice")
			}
			p.Record = true
		default:
			return d.Errf("unrecognized subdirective %q: expected one of template, record", name)
		}
		if d.NextArg() {
			return d.Errf("unexpected argument %q", d.Val())
		}
		if d.NextBlock(nesting + 1) {
			return d.Errf("unexpected block with %q", d.Val())
		}
	}
	return nil
}

// Interface guards
var _ caddyfile.Unmarshaler = (*Page)(nil)
