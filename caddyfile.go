package cookieconsent

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
)

func init() {
	httpcaddyfile.RegisterDirective("cookie_consent", parseDirective)
	// Placed after header, cookies of a deferred `header >Set-Cookie` would leak.
	httpcaddyfile.RegisterDirectiveOrder("cookie_consent", httpcaddyfile.Before, "header")
}

// parseDirective sets up a route with the handler. A single argument is the
// policy even where it begins with "/", as with root: the plain registration of
// a handler would take it for a path matcher, and the gateway would never run.
func parseDirective(h httpcaddyfile.Helper) ([]httpcaddyfile.ConfigValue, error) {
	h.Next() // consume the directive's name

	var matchers caddy.ModuleMap
	if hasMatcher(h.Dispenser) {
		var err error
		if matchers, err = h.ExtractMatcherSet(); err != nil {
			return nil, err
		}
	}
	h.Reset()
	handler := new(Handler)
	if err := handler.UnmarshalCaddyfile(h.Dispenser); err != nil {
		return nil, err
	}
	return h.NewRoute(matchers, handler), nil
}

// hasMatcher tells whether the first argument is a matcher: it is the first of
// two, or cannot be anything else.
func hasMatcher(d *caddyfile.Dispenser) bool {
	first := firstArg(d)
	return d.CountRemainingArgs() > 1 || first == "*" || strings.HasPrefix(first, "@")
}

// firstArg looks at the next argument without consuming it.
func firstArg(d *caddyfile.Dispenser) string {
	if !d.NextArg() {
		return ""
	}
	defer d.Prev()
	return d.Val()
}

// UnmarshalCaddyfile sets up the handler from a Caddyfile. Syntax:
//
//	cookie_consent [<matcher>] [<policy>] {
//	    policy          <path>
//	    mode            enforce|report
//	    upstream_header <name>
//	    access_log
//	    catalogue       <path>
//	    page            <path> {
//	        template <path>
//	        record
//	    }
//	}
//
// The policy stands in one of the two places. To restrict the directive to a
// path, write both a matcher and a policy, or name the matcher.
func (h *Handler) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	d.Next() // consume the directive's name
	if d.NextArg() {
		if err := h.setPolicy(d); err != nil {
			return err
		}
		if d.NextArg() {
			return d.Errf("unexpected argument %q: expected a matcher and the path of a policy at most", d.Val())
		}
	}
	for d.NextBlock(0) {
		if err := h.unmarshalSubdirective(d); err != nil {
			return err
		}
	}
	if h.Policy == nil {
		return d.Err("cookie_consent without a policy: expected the path of a policy.yaml as argument, or policy <path> in the block")
	}
	return nil
}

// subdirective is how a line of the block is read. Where it says what its argument
// is, it has one.
type subdirective struct {
	name, argument string
	set            func(*caddyfile.Dispenser) error
}

func (h *Handler) subdirectives() []subdirective {
	return []subdirective{
		{"policy", "the path of a policy.yaml", h.setPolicy},
		{"mode", "enforce or report", h.setMode},
		{"upstream_header", "the name of a header, such as X-Cookie-Consent", setOnce("upstream_header", &h.UpstreamHeader)},
		{"access_log", "", h.setAccessLog},
		{"catalogue", "the path of a CSV file", setOnce("catalogue", &h.Catalogue)},
		{"page", "the path of the page, such as /cookies", h.setPage},
	}
}

func (h *Handler) unmarshalSubdirective(d *caddyfile.Dispenser) error {
	name, all := d.Val(), h.subdirectives()
	i := slices.IndexFunc(all, func(s subdirective) bool { return s.name == name })
	if i < 0 {
		var names []string
		for _, s := range all {
			names = append(names, s.name)
		}
		return d.Errf("unrecognized subdirective %q: expected one of %s", name, strings.Join(names, ", "))
	}
	if all[i].argument != "" && !d.NextArg() {
		return d.Errf("%s: expected %s", name, all[i].argument)
	}
	if all[i].argument != "" && d.Val() == "" {
		return d.Errf("%s: expected %s, found an empty one", name, all[i].argument)
	}
	if err := all[i].set(d); err != nil {
		return err
	}
	if d.NextArg() {
		return d.Errf("%s: unexpected argument %q", name, d.Val())
	}
	if d.NextBlock(1) {
		return d.Errf("%s: unexpected block with %q", name, d.Val())
	}
	return nil
}

// setOnce sets a field to an argument, if it is the first one.
func setOnce(name string, field *string) func(*caddyfile.Dispenser) error {
	return func(d *caddyfile.Dispenser) error {
		if *field != "" {
			return d.Errf("a second %s %q: it is %s already", name, d.Val(), *field)
		}
		*field = d.Val()
		return nil
	}
}

func (h *Handler) setMode(d *caddyfile.Dispenser) error {
	if mode := d.Val(); mode != enforce && mode != report {
		return d.Errf("mode: expected %s or %s, found %q", enforce, report, mode)
	}
	return setOnce("mode", &h.Mode)(d)
}

func (h *Handler) setAccessLog(d *caddyfile.Dispenser) error {
	if h.AccessLog {
		return d.Err("access_log stands twice")
	}
	h.AccessLog = true
	return nil
}

func (h *Handler) setPolicy(d *caddyfile.Dispenser) error {
	if h.Policy != nil {
		return d.Errf("a second policy %q: %s is one already; to restrict the directive to a path, write cookie_consent <path> <policy>", d.Val(), h.Policy)
	}
	if d.Val() == "" {
		return d.Err("expected the path of a policy.yaml, found an empty one")
	}
	path, err := json.Marshal(d.Val())
	if err != nil {
		return d.WrapErr(err)
	}
	h.Policy = path
	return nil
}

// Interface guards
var _ caddyfile.Unmarshaler = (*Handler)(nil)
