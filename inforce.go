package cookieconsent

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/caddy-consent/caddy-consent/enforcer"
	"github.com/caddy-consent/caddy-consent/enforcer/expiry"
	"github.com/caddy-consent/caddy-consent/enforcer/policy"
)

// inForce is a policy as one handler enforces it. It is never changed: another
// policy takes its place, and exchanges that have begun go on with it.
type inForce struct {
	source   *policySource
	policy   *policy.Policy
	enforcer *enforcer.Enforcer
	gpcJSON  *wellKnown // nil where the site does not publish it
	since    time.Time
	records  *zap.Logger // of choices that visitors save
	pages    sync.Map    // the page of the policy, of type *page.Page, by the *Page that shows it
}

// memory is of all handlers, and of those that a config reload brings: what it
// knows of a host does not depend on them.
var memory = expiry.NewMemory()

func (h *Handler) provisionMode() error {
	switch h.Mode {
	case "":
		h.Mode = enforce
	case enforce, report:
	default:
		return fmt.Errorf("mode: expected %s or %s, found %q", enforce, report, h.Mode)
	}
	return nil
}

// provisionPolicy puts the policy into force for the first time.
func (h *Handler) provisionPolicy() error {
	source, err := h.policySource()
	if err != nil {
		return err
	}
	if !source.inline {
		h.file = source.name
	}
	p, err := source.load()
	if err != nil {
		return err
	}
	prepared, err := h.prepare(p, source)
	if err != nil {
		return err
	}
	h.putInForce(prepared)
	return nil
}

// prepare finds out whether this handler can put a policy into force.
func (h *Handler) prepare(p *policy.Policy, source *policySource) (*inForce, error) {
	e := enforcer.New(p)
	e.Expiry = memory
	e.Visit = visit
	e.Observer = observer{h.logger, h.Mode}
	e.ReportOnly = h.Mode == report
	next := &inForce{source: source, policy: p, enforcer: e, since: time.Now(), records: h.logger.Named("record")}
	if err := provisionUpstreamHeader(e, h.UpstreamHeader); err != nil {
		return nil, err
	}
	gpc, err := gpcJSON(p, source)
	if err != nil {
		return nil, err
	}
	if h.Page != nil {
		made, err := h.Page.compile(next)
		if err != nil {
			return nil, err
		}
		next.pages.Store(h.Page, made)
	}
	if !e.ReportOnly { // in a report, what the portal answers is answered
		next.gpcJSON = gpc
	}
	return next, nil
}

func (h *Handler) putInForce(next *inForce) {
	h.inForce.Store(next)
	for _, warning := range next.policy.Warnings {
		h.logger.Warn(warning.Error())
	}
	h.logger.Info("cookie policy in force",
		zap.String("policy", next.source.name),
		zap.String("sha256", next.source.sum()),
		zap.String("mode", h.Mode),
		zap.Int("categories", len(next.policy.Categories)),
		zap.Int("services", len(next.policy.Services)))
}

var errNoPolicy = errors.New(`no cookie policy: expected "policy" with the path of a policy.yaml, or with the policy itself`)
