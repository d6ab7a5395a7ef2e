package cookieconsent

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/caddy-consent/caddy-consent/enforcer"
)

// observer writes what the enforcer finds into the log and the metrics.
type observer struct {
	logger *zap.Logger
}

// Undeletable tells that the visitor's browser still sends a cookie.
func (o observer) Undeletable(host, name, category string) {
	o.logger.Warn("a denied cookie is still there after every way to delete it was tried: name its domain and path in the policy, or stop the script that sets it again",
		zap.String("host", host),
		zap.String("cookie", name),
		zap.String("category", category))
	if category == "" {
		category = "unlisted"
	}
	undeletable.WithLabelValues(category).Inc()
}

// The metrics are of all handlers, and outlive a config reload (rule F4: labels
// come from the policy).
var undeletable = prometheus.NewCounterVec(prometheus.CounterOpts{
	Namespace: "caddy",
	Subsystem: "cookie_consent",
	Name:      "undeletable_total",
	Help:      "Names of denied cookies, for each host, that browsers still send after every way to delete them was tried.",
}, []string{"category"})

// registerMetrics puts the metrics into a registry, of which each config has one.
func registerMetrics(registry *prometheus.Registry) error {
	err := registry.Register(undeletable)
	var known prometheus.AlreadyRegisteredError
	if errors.As(err, &known) {
		return nil // by another handler
	}
	return err
}

// Interface guards
var _ enforcer.Observer = observer{}
