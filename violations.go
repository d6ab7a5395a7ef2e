package cookieconsent

import (
	"errors"
	"io"
	"net/http"
	"regexp"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"github.com/caddy-consent/caddy-consent/enforcer"
	"github.com/caddy-consent/caddy-consent/enforcer/policy"
	"github.com/caddy-consent/caddy-consent/enforcer/violation"
	"github.com/caddy-consent/caddy-consent/inventory"
	"github.com/caddy-consent/caddy-consent/quota"
)

// takesReports tells whether a request is a browser's report of what it did not load.
func (f *inForce) takesReports(r *http.Request) bool {
	return f.policy.ThirdParties != "" && !f.enforcer.ReportOnly && sentPath(r) == enforcer.ReportPath
}

// reports limits how many reports of browsers are read, of all handlers together: anybody
// can send them. What is more than that would tell nothing new.
var reports = rate.NewLimiter(50, 200)

// reporters limits how many of them are one client's, which otherwise could have all.
var reporters = quota.New(100, 100*time.Millisecond)

// takeReport counts what a browser reports. There is no answer that it would wait for.
func (f *inForce) takeReport(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "expected the method POST, with a report of a browser", http.StatusMethodNotAllowed)
		return
	}
	result, status, err := f.readReport(w, r)
	cspReports.WithLabelValues(result).Inc()
	if err != nil {
		http.Error(w, err.Error(), status)
		return
	}
	w.WriteHeader(status)
}

func (f *inForce) readReport(w http.ResponseWriter, r *http.Request) (result string, status int, _ error) {
	from := visit(r)
	if reporters.Take(from.Address, time.Now()) > 0 || !reports.Allow() {
		return "limited", http.StatusTooManyRequests, errTooManyReports
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, violation.MaxBytes))
	if errors.As(err, new(*http.MaxBytesError)) {
		return "oversized", http.StatusRequestEntityTooLarge, err
	}
	if err != nil {
		return "malformed", http.StatusBadRequest, err
	}
	found, err := violation.Read(r.Header.Get("Content-Type"), body)
	switch {
	case errors.Is(err, violation.ErrType):
		return "malformed", http.StatusUnsupportedMediaType, err
	case err != nil:
		return "malformed", http.StatusBadRequest, err
	}
	f.count(from.Host, found)
	return "read", http.StatusNoContent, nil
}

var errTooManyReports = errors.New("too many reports: expected fewer; what is reported is known by now")

// count adds what browsers did not load to the metrics and to the inventory.
func (f *inForce) count(host string, found []violation.Violation) {
	var sightings []inventory.Sighting
	for _, v := range found {
		var verdict inventory.Verdict
		if i := f.policy.ServiceOfOrigin(v.Origin); i >= 0 {
			s := &f.policy.Services[i]
			verdict = inventory.Verdict{Category: f.policy.Categories[s.Category].ID, Service: s.ID}
		}
		disposition := enforce
		if v.ReportOnly {
			disposition = report
		}
		blocked.WithLabelValues(v.Directive, category(verdict.Category), disposition).Inc()
		sightings = append(sightings, inventory.Sighting{
			Host:      host,
			Name:      originName(v),
			Direction: inventory.Reported,
			Removed:   !v.ReportOnly,
			Verdict:   verdict,
		})
	}
	observed.Add(time.Now(), 1, sightings)
}

// originName is the origin as a policy has it, or as the browser has it where none can.
// Names that are made up for each page, as advertisers do, are told as one.
func originName(v violation.Violation) string {
	if found := madeUp.FindStringSubmatch(v.Origin.Host); found != nil && strings.ContainsAny(found[1], "0123456789") {
		o, err := policy.ParseOrigin(v.Origin.Scheme + "://*." + found[2])
		if shared, _ := o.IsShared(); err == nil && !shared {
			return o.String()
		}
	}
	if o, err := policy.ParseOrigin(v.Origin.String()); err == nil {
		return o.String()
	}
	return v.Origin.String()
}

// madeUp is an id in front of a name that has at least two labels more.
var madeUp = regexp.MustCompile(`^(?:[a-z0-9_-]+\.)*([0-9a-f-]{16,})\.([a-z0-9_-]+\.[a-z0-9_-].*)$`)
