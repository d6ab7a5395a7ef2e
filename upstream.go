package cookieconsent

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"golang.org/x/net/http/httpguts"

	"github.com/caddy-consent/caddy-consent/enforcer"
)

// provisionUpstreamHeader checks the header that tells the portal what was decided.
func provisionUpstreamHeader(e *enforcer.Enforcer, header string) error {
	if header == "" {
		return nil
	}
	name := http.CanonicalHeaderKey(header)
	if !httpguts.ValidHeaderFieldName(name) || isTaken(http.CanonicalHeaderKey(strings.ReplaceAll(name, "_", "-"))) {
		return fmt.Errorf("upstream_header: expected the name of a header of its own, such as X-Cookie-Consent, found %q", header)
	}
	if err := e.CheckUpstreamHeader(); err != nil {
		return fmt.Errorf("upstream_header: %w", err)
	}
	e.UpstreamHeader = name
	return nil
}

// isTaken tells whether a header means something else to the gateway, to HTTP or to
// most portals, which would not get it any more.
func isTaken(name string) bool {
	return slices.Contains(taken, name) || slices.ContainsFunc(takenPrefixes, func(prefix string) bool {
		return strings.HasPrefix(name, prefix)
	})
}

var (
	taken = []string{
		"Accept", "Authorization", "Connection", "Cookie", "Cookie2", "Expect", "Forwarded", "Host", "Keep-Alive", "Origin",
		"Range", "Referer", "Set-Cookie", "Te", "Trailer", "Transfer-Encoding", "Upgrade", "User-Agent", "Via", "X-Csrftoken",
	}
	takenPrefixes = []string{"Accept-", "Content-", "If-", "Proxy-", "Sec-", "X-Forwarded-"}
)
