package cookieconsent

import (
	"cmp"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"golang.org/x/time/rate"

	"github.com/caddy-consent/caddy-consent/enforcer"
	"github.com/caddy-consent/caddy-consent/enforcer/violation"
	"github.com/caddy-consent/caddy-consent/inventory"
	"github.com/caddy-consent/caddy-consent/quota"
)

// reportOf is what a browser reports of an address.
func reportOf(address, disposition string) string {
	return fmt.Sprintf(`{"csp-report":{"document-uri":"https://portal.example/?q=Secret","effective-directive":"img-src","disposition":%q,"blocked-uri":%q}}`, disposition, address)
}

func withThirdParties(t *testing.T, what, mode string) *Handler {
	t.Helper()
	h, err := provision(t, fmt.Sprintf(`{"mode": %q, "policy": %s, %s}}`, mode, strings.TrimSuffix(strings.TrimSpace(
		strings.Replace(inlinePolicy, `"cookies": ["_ga"]`, `"cookies": ["_ga"], "origins": ["https://*.tracker.example"]`, 1)), "}"), what))
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// TestReports does not run beside other tests: all handlers share one limit.
func TestReports(t *testing.T) {
	limiter, each := reports, reporters
	t.Cleanup(func() { reports, reporters = limiter, each })
	reports, reporters = rate.NewLimiter(0, 1000), nil
	enforcing := withThirdParties(t, `"third_parties": "enforce"`, "enforce")
	const kind = "application/csp-report"
	for _, c := range []struct {
		name, method, kind, body string
		status                   int
		result                   string
		origin                   string // that is in the inventory then
		service                  string
		blocked                  uint64
	}{
		{name: "blocked", method: "POST", kind: kind, body: reportOf("https://a.tracker.example/p.gif?id=Secret", "enforce"), status: 204, result: "read", origin: "https://a.tracker.example", service: "ga", blocked: 1},
		{name: "loaded all the same", method: "POST", kind: kind, body: reportOf("https://other.example:8443/x", "report"), status: 204, result: "read", origin: "https://other.example:8443"},
		{name: "a name made up", method: "POST", kind: kind, body: reportOf("https://x.0a1b2c3d4e5f60718293.frames.example:8443/x", "enforce"), status: 204, result: "read", origin: "https://*.frames.example:8443", blocked: 1},
		{name: "a name of everybody", method: "POST", kind: kind, body: reportOf("https://0a1b2c3d4e5f60718293.github.io/x", "enforce"), status: 204, result: "read", origin: "https://0a1b2c3d4e5f60718293.github.io", blocked: 1},
		{name: "a name of words", method: "POST", kind: kind, body: reportOf("https://decade-facade-added.gov.example/x", "enforce"), status: 204, result: "read", origin: "https://decade-facade-added.gov.example", blocked: 1},
		{name: "nothing of ours", method: "POST", kind: kind, body: `{}`, status: 204, result: "read"},
		{name: "malformed", method: "POST", kind: kind, body: `{"csp-report":`, status: 400, result: "malformed"},
		{name: "another type", method: "POST", kind: "text/plain", body: `{}`, status: 415, result: "malformed"},
		{name: "too long", method: "POST", kind: kind, body: reportOf("https://x.example/"+strings.Repeat("a", violation.MaxBytes), "enforce"), status: 413, result: "oversized"},
		{name: "no report", method: "GET", status: 405},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := valueOf(t, cspReports.WithLabelValues(cmp.Or(c.result, "read")))
			r := httptest.NewRequest(c.method, "https://"+strings.ReplaceAll(c.name, " ", "-")+".example"+enforcer.ReportPath, strings.NewReader(c.body))
			r.Header.Set("Content-Type", c.kind)
			r.Header.Set("Cookie", "sessionid=Secret")
			answer, body, err := through(r, enforcing)
			if err != nil || answer.StatusCode != c.status || strings.Contains(body, "Secret") || len(answer.Header["Set-Cookie"]) > 0 {
				t.Errorf("%d (%v), want %d: %s", answer.StatusCode, err, c.status, body)
			}
			if got := valueOf(t, cspReports.WithLabelValues(cmp.Or(c.result, "read"))) - before; got != 1 && c.result != "" {
				t.Errorf("counted %v times as %q", got, c.result)
			}
			host := strings.ReplaceAll(c.name, " ", "-") + ".example"
			records := observed.Snapshot().Records
			i := slices.IndexFunc(records, func(r inventory.Record) bool { return r.Host == host })
			if c.origin == "" {
				if i >= 0 {
					t.Errorf("the inventory has %+v", records[i])
				}
				return
			}
			if i < 0 || records[i].Name != c.origin || records[i].Service != c.service || records[i].Reported != 1 || records[i].Removed != c.blocked || !records[i].IsOrigin() {
				t.Errorf("the inventory has %+v", records)
			}
		})
	}

	t.Run("too many", func(t *testing.T) {
		reports = rate.NewLimiter(0, 3)
		var statuses []int
		for range 5 {
			r := httptest.NewRequest("POST", enforcer.ReportPath, strings.NewReader(reportOf("https://flood.example", "enforce")))
			r.Header.Set("Content-Type", kind)
			answer, _, _ := through(r, enforcing)
			statuses = append(statuses, answer.StatusCode)
		}
		if want := []int{204, 204, 204, 429, 429}; !slices.Equal(statuses, want) {
			t.Errorf("answered %v, want %v", statuses, want)
		}
	})

	t.Run("too many of one client", func(t *testing.T) {
		reports, reporters = rate.NewLimiter(0, 100), quota.New(2, time.Hour)
		statuses := make(map[string][]int)
		for _, client := range []string{"192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.2"} {
			r := httptest.NewRequest("POST", enforcer.ReportPath, strings.NewReader(reportOf("https://flood.example", "enforce")))
			r.Header.Set("Content-Type", kind)
			r.RemoteAddr = client + ":1234"
			answer, _, _ := through(r, enforcing)
			statuses[client] = append(statuses[client], answer.StatusCode)
		}
		if want := map[string][]int{"192.0.2.1": {204, 204, 429, 429}, "192.0.2.2": {204}}; !reflect.DeepEqual(statuses, want) {
			t.Errorf("answered %v, want %v", statuses, want)
		}
		if left := reports.Tokens(); left != 97 {
			t.Errorf("%v reports are left for all", left)
		}
	})

	t.Run("left to the portal", func(t *testing.T) {
		for name, h := range map[string]*Handler{
			"no third parties": withThirdParties(t, `"unlisted": "strip"`, "enforce"),
			"a report":         withThirdParties(t, `"third_parties": "enforce"`, "report"),
		} {
			answer, body, err := through(httptest.NewRequest("POST", enforcer.ReportPath, nil), h)
			if err != nil || answer.StatusCode != http.StatusOK || body != "portal" {
				t.Errorf("%s: %d %q (%v)", name, answer.StatusCode, body, err)
			}
		}
	})

	t.Run("the limit is one that visitors do not meet", func(t *testing.T) {
		if limiter.Limit() < 10 || limiter.Burst() < 100 {
			t.Errorf("%v reports a second, %d at once", limiter.Limit(), limiter.Burst())
		}
	})
}

func valueOf(t *testing.T, counter prometheus.Counter) float64 {
	t.Helper()
	var m dto.Metric
	if err := counter.Write(&m); err != nil {
		t.Fatal(err)
	}
	return m.GetCounter().GetValue()
}
