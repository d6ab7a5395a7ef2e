package cookieconsent

import (
	"errors"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/caddy-consent/caddy-consent/enforcer"
)

// The metrics are of all handlers, and outlive a config reload. Labels come from
// closed sets (rule F4): there is no name of a cookie, no host and no address.
var (
	cookies = prometheus.NewCounterVec(metric("cookies_total",
		"Cookies by what became of them, or would have in mode report."),
		[]string{"direction", "category", "action", "reason"})
	exchanges = prometheus.NewCounterVec(metric("exchanges_total",
		"Requests by what the visitor's choice comes to, and by mode."),
		[]string{"state", "mode"})
	blocked = prometheus.NewCounterVec(metric("origins_blocked_total",
		"What browsers report that pages did not load, by the directive of the Content Security Policy and the category of the service; with disposition report, it was loaded all the same."),
		[]string{"directive", "category", "disposition"})
	cspReports = prometheus.NewCounterVec(metric("csp_reports_total",
		"Bodies with reports of browsers: read, malformed, oversized, or limited because there were too many."),
		[]string{"result"})
	undeletable = prometheus.NewCounterVec(metric("undeletable_total",
		"Names of denied cookies, for each host, that browsers still send after every way to delete them was tried."),
		[]string{"category"})
	filterSeconds = prometheus.NewHistogram(prometheus.HistogramOpts{
		Namespace: namespace, Subsystem: subsystem, Name: "filter_duration_seconds",
		Help:    fmt.Sprintf("Time of all the work on an exchange; one in %d is measured.", enforcer.Sampled),
		Buckets: prometheus.ExponentialBuckets(1e-6, 2, 12), // 1 µs to 2 ms
	})

	policyInfo = prometheus.NewDesc(namespace+"_"+subsystem+"_policy_info",
		"The policies in force, by the first digits of the SHA-256 of their content; always 1.", []string{"sha256", "mode"}, nil)
	reloaded = prometheus.NewDesc(namespace+"_"+subsystem+"_policy_last_reload_successful",
		"0 where a policy was changed and the last good one is still in force; otherwise 1.", nil, nil)
)

const (
	namespace = "caddy"
	subsystem = "cookie_consent"
)

func metric(name, help string) prometheus.CounterOpts {
	return prometheus.CounterOpts{Namespace: namespace, Subsystem: subsystem, Name: name, Help: help}
}

// registerMetrics puts the metrics into a registry, of which each config has one.
func registerMetrics(registry *prometheus.Registry) error {
	err := registry.Register(collector{})
	var known prometheus.AlreadyRegisteredError
	if errors.As(err, &known) {
		return nil // by another handler
	}
	return err
}

// collector hands out all metrics, with what was counted up to now.
type collector struct{}

var vectors = []prometheus.Collector{cookies, exchanges, undeletable, blocked, cspReports, filterSeconds}

// Describe tells which metrics there are.
func (collector) Describe(to chan<- *prometheus.Desc) {
	for _, v := range vectors {
		v.Describe(to)
	}
	to <- policyInfo
	to <- reloaded
}

// Collect hands out their values.
func (collector) Collect(to chan<- prometheus.Metric) {
	seen.Drain()
	for _, v := range vectors {
		v.Collect(to)
	}
	type label struct{ sum, mode string }
	sent := make(map[label]bool)
	successful := 1.0
	for _, h := range handlers.all() {
		now := h.inForce.Load()
		if l := (label{now.source.sum(), h.Mode}); !sent[l] {
			sent[l] = true
			to <- prometheus.MustNewConstMetric(policyInfo, prometheus.GaugeValue, 1, l.sum, l.mode)
		}
		if handlers.refused(h.file) {
			successful = 0
		}
	}
	to <- prometheus.MustNewConstMetric(reloaded, prometheus.GaugeValue, successful)
}

// Interface guards
var _ prometheus.Collector = collector{}
