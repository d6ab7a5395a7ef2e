// Package cookieconsent is a Caddy module that enforces a published cookie
// policy in front of any portal: it removes from requests and responses every
// cookie that the policy and the visitor's choice do not permit.
package cookieconsent

import (
	"encoding/json"
	"errors"
	"net/http"
	"sync/atomic"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"go.uber.org/zap"

	"github.com/caddy-consent/caddy-consent/inventory"
)

func init() {
	caddy.RegisterModule(new(Handler))
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
//
// Handlers that come after it, and logs, have these placeholders:
//
// Placeholder | Description
// ------------|-------------
// `{http.cookie_consent.state}` | What the visitor's choice comes to: `undecided`, `undecodable`, `granted`, `denied`, or `partial`
// `{http.cookie_consent.granted}` | The ids of the services that the visitor has granted, with commas between them
// `{http.cookie_consent.denied}` | The ids of the services that the visitor, or a signal of the browser, has denied
// `{http.cookie_consent.removed}` | The names of the cookies that were removed so far, with `*` in place of ids; in a report, of those that would have been
type Handler struct {
	// The cookie policy: the path of a policy.yaml, relative to the working
	// directory, or the policy itself as an object with the same keys as the
	// file. The path may contain global placeholders such as `{env.POLICY}`,
	// which are evaluated when the config is loaded. Required; a policy that
	// cannot be read or is not valid stops the config from loading. A file that
	// changes later is in force within five seconds, unless it is not valid: then
	// the last good one stays.
	Policy json.RawMessage `json:"policy,omitempty"`

	// What is done with the policy: `enforce` it, or `report`. A report takes every
	// decision, counts it and logs it, and changes nothing in requests and
	// responses. Default: `enforce`.
	Mode string `json:"mode,omitempty"`

	// The name of a request header that tells the portal what the visitor permits:
	// a structured-field dictionary (RFC 9651) with a boolean for each category that
	// needs a choice, such as `statistical=?1, third_party=?0`. A header of that name
	// that a client sends is removed. Default: none is sent.
	UpstreamHeader string `json:"upstream_header,omitempty"`

	// Whether the access log gets the fields `cookie_consent.state` and
	// `cookie_consent.removed`, with what the placeholders of these names have.
	// Default: false.
	AccessLog bool `json:"access_log,omitempty"`

	// The path of a CSV file in the form of the Open Cookie Database, from which the
	// inventory suggests what unlisted cookies may be. It is an aid for those who
	// write the policy; nothing is decided by it. The path may contain global
	// placeholders. Default: there are no suggestions.
	Catalogue string `json:"catalogue,omitempty"`

	// The cookie policy as a page for visitors, on which they see and change their
	// choice. In a report it is left to the portal. Default: none.
	Page *Page `json:"page,omitempty"`

	inForce   atomic.Pointer[inForce]
	file      string // of the policy; empty where it is in the config
	catalogue *inventory.Catalogue
	storage   inventory.Storage
	logger    *zap.Logger
	debugs    bool // somebody reads debug messages
}

// The modes of a handler.
const (
	enforce = "enforce"
	report  = "report"
)

// CaddyModule returns the Caddy module information.
func (*Handler) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "http.handlers.cookie_consent",
		New: func() caddy.Module { return new(Handler) },
	}
}

// Provision reads and compiles the policy.
func (h *Handler) Provision(ctx caddy.Context) error {
	h.logger, h.storage = ctx.Logger(), ctx.Storage()
	h.debugs = h.logger.Core().Enabled(zap.DebugLevel)
	if err := h.provisionMode(); err != nil {
		return err
	}
	if err := h.provisionCatalogue(); err != nil {
		return err
	}
	if err := h.provisionPage(); err != nil {
		return err
	}
	if err := h.provisionPolicy(); err != nil {
		return err
	}
	if err := registerMetrics(ctx.GetMetricsRegistry()); err != nil {
		return err
	}
	handlers.add(h)
	return nil
}

// Cleanup takes leave of a handler that a config has no more, or that could not be
// provisioned.
func (h *Handler) Cleanup() error {
	handlers.remove(h)
	return nil
}

// ServeHTTP enforces the policy on one exchange.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request, next caddyhttp.Handler) error {
	now := h.inForce.Load()
	if now.gpcJSON.matches(r) {
		now.gpcJSON.ServeHTTP(w, r)
		return nil
	}
	if now.takesReports(r) {
		now.takeReport(w, r)
		return nil
	}
	if now.enforcer.RefusesTunnel(r) {
		return caddyhttp.Error(http.StatusNotImplemented, errTunnel)
	}
	exchange := now.enforcer.Begin(w, r)
	around := h.publish(r, exchange, now)
	defer func() {
		exchange.End()
		h.log(r, exchange)
	}()
	if h.Page.isAt(r, now) {
		return h.Page.serve(exchange, r, around)
	}
	return next.ServeHTTP(exchange, r)
}

var errTunnel = errors.New("CONNECT opens no tunnel to the portal: expected a WebSocket, or another method")

// Interface guards
var (
	_ caddy.Provisioner           = (*Handler)(nil)
	_ caddy.CleanerUpper          = (*Handler)(nil)
	_ caddyhttp.MiddlewareHandler = (*Handler)(nil)
)
