package cookieconsent

import (
	"context"
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/caddy-consent/caddy-consent/enforcer/expiry"
)

// TestVisit: deletions are for the address in the browser, whatever proxies and
// rewrites have made of it; and nobody but a trusted proxy may say what that is.
func TestVisit(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		trusted bool
		tls     bool
		proto   []string
		host    []string
		want    expiry.Visit
	}{
		{name: "plain", want: expiry.Visit{Host: "inner.example.org", Path: "/app/a%2Fb", Address: "198.51.100.7"}},
		{name: "TLS", tls: true, want: expiry.Visit{HTTPS: true, Host: "inner.example.org", Path: "/app/a%2Fb", Address: "198.51.100.7"}},
		{
			name: "a client that says it came by a proxy", proto: []string{"https"}, host: []string{"evil.example.com"},
			want: expiry.Visit{Host: "inner.example.org", Path: "/app/a%2Fb", Address: "198.51.100.7"},
		},
		{
			name: "a trusted proxy", trusted: true, proto: []string{"https"}, host: []string{"Portal.example.org:443"},
			want: expiry.Visit{HTTPS: true, Host: "portal.example.org", Path: "/app/a%2Fb", Address: "198.51.100.7"},
		},
		{
			name: "a chain of trusted proxies", trusted: true, proto: []string{"http", "https , http"}, host: []string{"x", "portal.example.org, inner"},
			want: expiry.Visit{HTTPS: true, Host: "portal.example.org", Path: "/app/a%2Fb", Address: "198.51.100.7"},
		},
		{
			name: "a trusted proxy that speaks TLS to a browser that does not", trusted: true, tls: true, proto: []string{"http"},
			want: expiry.Visit{Host: "inner.example.org", Path: "/app/a%2Fb", Address: "198.51.100.7"},
		},
		{name: "a trusted proxy that says nothing", trusted: true, tls: true, want: expiry.Visit{HTTPS: true, Host: "inner.example.org", Path: "/app/a%2Fb", Address: "198.51.100.7"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest("GET", "http://inner.example.org/rewritten", nil)
			if c.tls {
				r.TLS = &tls.ConnectionState{}
			}
			r.Header["X-Forwarded-Proto"], r.Header["X-Forwarded-Host"] = c.proto, c.host
			original := http.Request{RequestURI: "/app/a%2Fb?c", URL: &url.URL{Path: "/app/a/b", RawPath: "/app/a%2Fb"}}
			ctx := context.WithValue(r.Context(), caddyhttp.OriginalRequestCtxKey, original)
			ctx = context.WithValue(ctx, caddyhttp.VarsCtxKey, map[string]any{
				caddyhttp.TrustedProxyVarKey: c.trusted,
				caddyhttp.ClientIPVarKey:     "198.51.100.7",
			})
			if got := visit(r.WithContext(ctx)); got != c.want {
				t.Errorf("got %+v\nwant %+v", got, c.want)
			}
		})
	}
}
