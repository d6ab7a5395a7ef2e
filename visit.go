package cookieconsent

import (
	"net/http"
	"strings"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/caddy-consent/caddy-consent/enforcer/expiry"
)

// visit is a request as the visitor's browser made it: before any rewrite in this
// server, and, where a proxy that Caddy trusts stands in front, before that.
func visit(r *http.Request) expiry.Visit {
	v := expiry.VisitOf(r)
	v.Path = sentPath(r)
	if ip, ok := caddyhttp.GetVar(r.Context(), caddyhttp.ClientIPVarKey).(string); ok {
		v.Address = ip
	}
	if trusted, _ := caddyhttp.GetVar(r.Context(), caddyhttp.TrustedProxyVarKey).(bool); !trusted {
		return v
	}
	if proto := forwarded(r.Header["X-Forwarded-Proto"]); proto != "" {
		v.HTTPS = strings.EqualFold(proto, "https")
	}
	if host := forwarded(r.Header["X-Forwarded-Host"]); host != "" {
		v.Host = expiry.HostName(host)
	}
	return v
}

// sentPath is the path that the browser asked for.
func sentPath(r *http.Request) string {
	if original, ok := r.Context().Value(caddyhttp.OriginalRequestCtxKey).(http.Request); ok {
		return expiry.SentPath(&original)
	}
	return expiry.SentPath(r)
}

// forwarded is what the browser said, as the trusted proxy tells it: in the last
// line, which is the one that Caddy's reverse proxy goes by, and there before what
// other proxies said.
func forwarded(lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	first, _, _ := strings.Cut(lines[len(lines)-1], ",")
	return strings.TrimSpace(first)
}
