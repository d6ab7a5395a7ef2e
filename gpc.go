package cookieconsent

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/caddy-consent/caddy-consent/enforcer/policy"
)

// wellKnown is a small resource of the site that does not come from the portal.
type wellKnown struct {
	path string
	body []byte
	day  time.Time // of its last change
}

// gpcJSON is the resource by which a site declares that it honours the Global
// Privacy Control signal (https://w3c.github.io/gpc/, section 3.3), or nil where
// the policy does not ask for it.
func gpcJSON(p *policy.Policy, source *policySource) (*wellKnown, error) {
	if !p.GPCJSON {
		return nil, nil
	}
	day := source.day(p)
	if day.IsZero() {
		return nil, errNotUpdated
	}
	body, err := json.Marshal(struct {
		GPC        bool   `json:"gpc"`
		LastUpdate string `json:"lastUpdate"`
	}{true, day.Format(time.DateOnly)})
	if err != nil {
		return nil, err
	}
	return &wellKnown{path: "/.well-known/gpc.json", body: body, day: day}, nil
}

// matches tells whether a request is for the resource.
func (k *wellKnown) matches(r *http.Request) bool {
	return k != nil && sentPath(r) == k.path && (r.Method == http.MethodGet || r.Method == http.MethodHead)
}

// ServeHTTP sends the resource.
func (k *wellKnown) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	http.ServeContent(w, r, "", k.day, bytes.NewReader(k.body))
}

var errNotUpdated = errors.New(`gpc_json in a policy without a file: expected "updated" with the day of its last change, such as 2026-01-31`)
