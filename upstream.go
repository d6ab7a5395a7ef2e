package cookieconsent

import (
	"fmt"
	"net/http"
	"slices"

	"golang.org/x/net/http/httpguts"
)

// provisionUpstreamHeader checks the header that tells the portal what was decided.
func (h *Handler) provisionUpstreamHeader() error {
	if h.UpstreamHeader == "" {
		return nil
	}
	name := http.CanonicalHeaderKey(h.UpstreamHeader)
	if !httpguts.ValidHeaderFieldName(name) || slices.Contains(taken, name) {
		return fmt.Errorf("upstream_header: expected the name of a header of its own, such as X-Cookie-Consent, found %q", h.UpstreamHeader)
	}
	if err := h.enforcer.CheckUpstreamHeader(); err != nil {
		return fmt.Errorf("upstream_header: %w", err)
	}
	h.enforcer.UpstreamHeader = name
	return nil
}

// taken are headers that mean something else to the gateway, or to HTTP.
var taken = []string{
	"Accept", "Authorization", "Connection", "Content-Length", "Content-Type", "Cookie", "Cookie2", "Host", "Sec-Gpc",
	"Te", "Trailer", "Transfer-Encoding", "Upgrade", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto",
}
