package cookieconsent

import (
	"net/http"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"go.uber.org/zap"

	"github.com/caddy-consent/caddy-consent/enforcer"
)

const (
	placeholderPrefix = "http.cookie_consent."
	// exchangeKey is how a matcher, or a page, finds the exchange. It is no placeholder: what it
	// stands for is no text.
	exchangeKey = placeholderPrefix + "\x00exchange"
)

// publication is an exchange that a request is in, the policy that it is judged by, and,
// in a report, the one inside of it that counts instead: whether somebody reports must
// make no difference.
type publication struct {
	exchange *enforcer.Exchange
	inForce  *inForce
	enforced *publication
}

// String keeps what is in it out of {http.vars.*}.
func (*publication) String() string { return "" }

const reportVar = "cookie_consent_report"

// publish makes an exchange known to what comes after it, until the request has been
// logged. Values are found out when somebody asks for them. Where there is an
// exchange around this one, that one counts: it has seen the request as it came.
func (h *Handler) publish(r *http.Request, x *enforcer.Exchange, now *inForce) *publication {
	p := &publication{exchange: x, inForce: now}
	replacer, ok := r.Context().Value(caddy.ReplacerCtxKey).(*caddy.Replacer)
	if !ok {
		return p
	}
	if h.Mode == report {
		caddyhttp.SetVar(r.Context(), reportVar, p)
	} else if around, ok := caddyhttp.GetVar(r.Context(), reportVar).(*publication); ok && around.enforced == nil {
		around.enforced = p
	}
	replacer.Map(func(key string) (any, bool) {
		name, ok := strings.CutPrefix(key, placeholderPrefix)
		if !ok {
			return nil, false
		}
		if p.enforced != nil {
			return p.enforced.placeholder(name)
		}
		return p.placeholder(name)
	})
	return p
}

func (p *publication) placeholder(name string) (any, bool) {
	x := p.exchange
	switch name {
	case "state":
		return string(x.State()), true
	case "granted":
		return strings.Join(x.Granted(), ","), true
	case "denied":
		return strings.Join(x.Denied(), ","), true
	case "removed":
		return strings.Join(x.Removed(), ","), true
	case exchangeKey[len(placeholderPrefix):]:
		return p, true
	}
	return nil, false
}

// published is the exchange that a request is in, and that counts, or nil.
func published(r *http.Request) *publication {
	replacer, ok := r.Context().Value(caddy.ReplacerCtxKey).(*caddy.Replacer)
	if !ok {
		return nil
	}
	found, _ := replacer.Get(exchangeKey)
	p, _ := found.(*publication)
	return p
}

// log writes what was removed to the debug log, and to the access log where that is
// wanted (rule F3: names, and no values).
func (h *Handler) log(r *http.Request, x *enforcer.Exchange) {
	if h.AccessLog {
		logAccess(r)
	}
	if !h.debugs {
		return
	}
	if removed := x.Removed(); len(removed) > 0 {
		h.logger.Debug("cookies removed",
			zap.String("mode", h.Mode),
			zap.String("host", r.Host),
			zap.String("state", string(x.State())),
			zap.Strings("cookies", removed))
	}
}

// logAccess adds the fields of the exchange that counts. Several handlers that want
// them add the same ones.
func logAccess(r *http.Request) {
	p := published(r)
	fields, ok := r.Context().Value(caddyhttp.ExtraLogFieldsCtxKey).(*caddyhttp.ExtraLogFields)
	if p == nil || !ok {
		return
	}
	x := p.exchange
	fields.Set(zap.String("cookie_consent.state", string(x.State())))
	fields.Set(zap.Strings("cookie_consent.removed", x.Removed()))
}
