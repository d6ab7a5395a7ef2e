package enforcer

import (
	"net/http"
	"net/url"
	"time"

	"github.com/caddy-consent/caddy-consent/enforcer/expiry"
)

// Explanation is how an exchange would be judged.
type Explanation struct {
	// State is what the visitor's choice comes to.
	State State

	// Decisions are one for each cookie, those of the request first, in the order of
	// the headers, of very many the first 256 of each. A cookie that the response
	// would delete has one more.
	Decisions []Decision
}

// Explain judges an exchange without changing it, or anything else: the request is
// taken for one of a page where it does not say so. Either header may be nil.
func (e *Enforcer) Explain(request, response http.Header) Explanation {
	told := explainer{}
	dry := *e
	dry.ReportOnly, dry.Observer, dry.Expiry = true, &told, expiry.NewMemory()
	r := &http.Request{Method: http.MethodGet, URL: &url.URL{Path: "/"}, Header: request.Clone(), Body: http.NoBody}
	if r.Header == nil {
		r.Header = make(http.Header)
	}
	if r.Header["Sec-Fetch-Mode"] == nil && r.Header["Accept"] == nil {
		r.Header.Set("Accept", "text/html")
	}
	w := headerOnly{response.Clone()}
	if w.header == nil {
		w.header = make(http.Header)
	}
	x := dry.Begin(w, r)
	x.End()
	return Explanation{State: x.State(), Decisions: told}
}

// explainer is an observer that keeps all decisions, in their order.
type explainer []Decision

func (*explainer) Again(uint64) bool { return false }

func (e *explainer) Observe(_ uint64, m *Message) {
	for _, c := range m.Cookies {
		*e = append(*e, c.Decision)
	}
}

func (*explainer) Took(time.Duration) {}

func (*explainer) Undeletable(string, string, string) {}

// headerOnly is a response that goes nowhere.
type headerOnly struct{ header http.Header }

func (w headerOnly) Header() http.Header { return w.header }

func (headerOnly) Write(p []byte) (int, error) { return len(p), nil }

func (headerOnly) WriteHeader(int) {}

// Interface guards
var _ Observer = (*explainer)(nil)
