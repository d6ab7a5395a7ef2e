package cookieconsent

import (
	"errors"
	"net/http"
	"reflect"
	"sync/atomic"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types/ref"
	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"go.uber.org/zap"
)

func init() {
	caddy.RegisterModule(MatchCookieConsent{})
}

// MatchCookieConsent matches requests by what the visitor permits. It goes by the
// decision of the handler `cookie_consent`, which has to come before it; a request
// that has not come through the handler does not match.
type MatchCookieConsent struct {
	// The ids of services and categories of the policy. The cookies of each of them
	// have to be permitted, of a category those of all its services. One that needs no
	// consent is. An id that the policy does not have never matches. Required.
	Granted []string `json:"granted,omitempty"`

	logger *zap.Logger
	warned *atomic.Bool // of an id that the policy does not have
}

// CaddyModule returns the Caddy module information.
func (MatchCookieConsent) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "http.matchers.cookie_consent",
		New: func() caddy.Module { return new(MatchCookieConsent) },
	}
}

// Provision sets up the matcher.
func (m *MatchCookieConsent) Provision(ctx caddy.Context) error {
	m.logger, m.warned = ctx.Logger(), new(atomic.Bool)
	return nil
}

// Validate refuses a matcher that asks for nothing.
func (m *MatchCookieConsent) Validate() error {
	if len(m.Granted) == 0 {
		return errNothingGranted
	}
	return nil
}

// MatchWithError matches a request.
func (m *MatchCookieConsent) MatchWithError(r *http.Request) (bool, error) {
	around := published(r)
	if around == nil {
		return false, nil
	}
	for _, id := range m.Granted {
		permitted, known := around.exchange.Permits(id)
		if !known && m.warned.CompareAndSwap(false, true) {
			m.logger.Warn("the cookie policy has no service and no category of this id: expected one of its ids", zap.String("granted", id))
		}
		if !permitted {
			return false, nil
		}
	}
	return true, nil
}

// UnmarshalCaddyfile sets up the matcher from a Caddyfile. Syntax:
//
//	cookie_consent granted <service or category>...
func (m *MatchCookieConsent) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	for d.Next() {
		if !d.NextArg() || d.Val() != "granted" {
			return d.Err("expected granted, and the id of a service or category of the policy")
		}
		ids := d.RemainingArgs()
		if len(ids) == 0 {
			return d.Err("granted: expected the id of a service or category of the policy")
		}
		m.Granted = append(m.Granted, ids...)
		if d.NextBlock(0) {
			return d.Errf("unexpected block with %q", d.Val())
		}
	}
	return nil
}

// CELLibrary offers the matcher to expressions. Example:
//
//	expression cookie_consent('granted', 'matomo')
func (MatchCookieConsent) CELLibrary(ctx caddy.Context) (cel.Library, error) {
	return caddyhttp.CELMatcherImpl("cookie_consent", "cookie_consent_match_request_list",
		[]*cel.Type{cel.ListType(cel.StringType)},
		func(data ref.Val) (caddyhttp.RequestMatcherWithError, error) {
			list, err := data.ConvertToNative(reflect.TypeFor[[]string]())
			if err != nil {
				return nil, err
			}
			words := list.([]string)
			if len(words) == 0 || words[0] != "granted" {
				return nil, errNotGranted
			}
			m := &MatchCookieConsent{Granted: words[1:]}
			if err := m.Provision(ctx); err != nil {
				return nil, err
			}
			return m, m.Validate()
		})
}

var (
	errNothingGranted = errors.New("granted: expected the id of a service or category of the policy at least")
	errNotGranted     = errors.New("cookie_consent: expected 'granted' and the ids of services or categories, such as cookie_consent('granted', 'matomo')")
)

// Interface guards
var (
	_ caddy.Provisioner                 = (*MatchCookieConsent)(nil)
	_ caddy.Validator                   = (*MatchCookieConsent)(nil)
	_ caddyfile.Unmarshaler             = (*MatchCookieConsent)(nil)
	_ caddyhttp.RequestMatcherWithError = (*MatchCookieConsent)(nil)
	_ caddyhttp.CELLibraryProducer      = (*MatchCookieConsent)(nil)
)
