// Package cookieconsent is a Caddy module that enforces a published cookie
// policy in front of any portal: it removes from requests and responses every
// cookie that the policy and the visitor's choice do not permit.
package cookieconsent

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"go.uber.org/zap"

	"github.com/caddy-consent/caddy-consent/enforcer"
	"github.com/caddy-consent/caddy-consent/enforcer/expiry"
)

func init() {
	caddy.RegisterModule(Handler{})
}

// Handler is a middleware that stands in front of a portal and enforces its
// cookie policy. It reads the visitor's choice from the consent cookie, and
// removes every cookie that the choice does not permit: from the `Cookie` header
// before the portal sees it, and from the `Set-Cookie` headers of the response
// before the browser stores them. Cookies of what the visitor has refused are
// deleted from the browser. Cookies of categories that need no consent pass
// untouched, always.
//
// It has to come before every handler that sets cookies. Where `handle_errors`
// is used, it has to be repeated there: error routes run outside of it.
type Handler struct {
	// The cookie policy: the path of a policy.yaml, relative to the working
	// directory, or the policy itself as an object with the same keys as the
	// file. The path may contain global placeholders such as `{env.POLICY}`,
	// which are evaluated when the config is loaded. Required; a policy that
	// cannot be read or is not valid stops the config from loading.
	Policy json.RawMessage `json:"policy,omitempty"`

	// The name of a request header that tells the portal what the visitor permits:
	// a structured-field dictionary (RFC 9651) with a boolean for each category that
	// needs a choice, such as `statistical=?1, third_party=?0`. A header of that name
	// that a client sends is removed. Default: none is sent.
	UpstreamHeader string `json:"upstream_header,omitempty"`

	enforcer *enforcer.Enforcer
	gpcJSON  *wellKnown // nil where the site does not publish it
	logger   *zap.Logger
}

// CaddyModule returns the Caddy module information.
func (Handler) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "http.handlers.cookie_consent",
		New: func() caddy.Module { return new(Handler) },
	}
}

// Provision reads and compiles the policy.
func (h *Handler) Provision(ctx caddy.Context) error {
	h.logger = ctx.Logger()
	source, err := h.policySource()
	if err != nil {
		return err
	}
	p, err := source.load()
	if err != nil {
		return err
	}
	for _, warning := range p.Warnings {
		h.logger.Warn(warning.Error())
	}
	h.logger.Info("enforcing cookie policy",
		zap.String("policy", source.name),
		zap.String("sha256", source.sum()),
		zap.Int("categories", len(p.Categories)),
		zap.Int("services", len(p.Services)))
	h.enforcer = enforcer.New(p)
	h.enforcer.Expiry = memory
	h.enforcer.Visit = visit
	h.enforcer.Observer = observer{h.logger}
	if err := h.provisionUpstreamHeader(); err != nil {
		return err
	}
	if h.gpcJSON, err = gpcJSON(p, source); err != nil {
		return err
	}
	return registerMetrics(ctx.GetMetricsRegistry())
}

// memory is of all handlers, and of those that a config reload brings: what it
// knows of a host does not depend on them.
var memory = expiry.NewMemory()

// ServeHTTP enforces the policy on one exchange.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request, next caddyhttp.Handler) error {
	if h.gpcJSON.matches(r) {
		h.gpcJSON.ServeHTTP(w, r)
		return nil
	}
	exchange := h.enforcer.Begin(w, r)
	defer exchange.End()
	return next.ServeHTTP(exchange, r)
}

// Interface guards
var (
	_ caddy.Provisioner           = (*Handler)(nil)
	_ caddyhttp.MiddlewareHandler = (*Handler)(nil)
)

var errNoPolicy = errors.New(`no cookie policy: expected "policy" with the path of a policy.yaml, or with the policy itself`)
