// Package violation reads what browsers report of a Content Security Policy: what a page
// would have loaded, and may not.
package violation

import (
	"encoding/json"
	"errors"
	"mime"
	"net/url"
	"slices"
	"strings"
)

// Violation is something that a page was kept from loading, or would be.
type Violation struct {
	// Origin is where from, such as https://www.example.com. The rest of the address,
	// which may tell who was there, is not kept.
	Origin *url.URL

	// Directive is the one that does not allow it: one of [Directives].
	Directive string

	// ReportOnly tells that it was loaded all the same.
	ReportOnly bool
}

// Scripts is the directive of scripts that a page loads.
const Scripts = "script-src-elem"

// Directives are those that pages are told, and that there are reports of.
var Directives = []string{Scripts, "img-src", "frame-src", "connect-src"}

const (
	// MaxBytes is the longest body that should be read.
	MaxBytes = 64 << 10
	// maxReports is how many reports of a body are read. Browsers collect some of them.
	maxReports = 100
)

// The errors of [Read].
var (
	ErrType      = errors.New("expected the content type application/csp-report or application/reports+json")
	ErrMalformed = errors.New("expected a report of a content security policy as JSON")
)

// legacy is the report of a report-uri (CSP Level 2, section 4.4).
type legacy struct {
	Report struct {
		Blocked     string `json:"blocked-uri"`
		Effective   string `json:"effective-directive"`
		Violated    string `json:"violated-directive"` // all that some browsers send
		Disposition string `json:"disposition"`
	} `json:"csp-report"`
}

// modern is a report of a report-to (Reporting API, and CSP Level 3, section 5.3).
type modern struct {
	Type string `json:"type"`
	Body struct {
		Blocked     string `json:"blockedURL"`
		Effective   string `json:"effectiveDirective"`
		Disposition string `json:"disposition"`
	} `json:"body"`
}

// Read reads the reports in a body, of either of the two forms that there are. Reports
// of other things, or of other directives, are left out.
func Read(contentType string, body []byte) ([]Violation, error) {
	kind, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		return nil, ErrType
	}
	switch kind {
	case "application/csp-report":
		var r legacy
		if json.Unmarshal(body, &r) != nil {
			return nil, ErrMalformed
		}
		directive := r.Report.Effective
		if directive == "" {
			directive, _, _ = strings.Cut(r.Report.Violated, " ")
		}
		return appendOne(nil, r.Report.Blocked, directive, r.Report.Disposition), nil
	case "application/reports+json":
		return readModern(body)
	}
	return nil, ErrType
}

func readModern(body []byte) (all []Violation, _ error) {
	var reports []modern
	if json.Unmarshal(body, &reports) != nil {
		return nil, ErrMalformed
	}
	for _, r := range reports[:min(len(reports), maxReports)] {
		if r.Type == "csp-violation" {
			all = appendOne(all, r.Body.Blocked, r.Body.Effective, r.Body.Disposition)
		}
	}
	return all, nil
}

// appendOne adds a violation, if it is one of a directive and of an origin.
func appendOne(all []Violation, blocked, directive, disposition string) []Violation {
	i := indexOf(directive)
	origin := originOf(blocked)
	if i < 0 || origin == nil {
		return all
	}
	return append(all, Violation{origin, Directives[i], disposition == "report"})
}

func indexOf(directive string) int {
	if directive == "script-src" {
		directive = Scripts // as browsers say that do not know more than that
	}
	return slices.Index(Directives, directive)
}

// originOf is the origin of an address, or nil where it is another word that browsers
// have for what was blocked, such as inline.
func originOf(address string) *url.URL {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || len(u.Host) > maxHostBytes {
		return nil
	}
	switch u.Scheme {
	case "https", "http", "wss", "ws":
		return &url.URL{Scheme: u.Scheme, Host: strings.ToLower(u.Host)}
	}
	return nil
}

// maxHostBytes is the length of the longest name in the DNS, and of a port.
const maxHostBytes = 253 + len(":65535")
