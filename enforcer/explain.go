package enforcer

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/caddy-consent/caddy-consent/enforcer/consent"
	"github.com/caddy-consent/caddy-consent/enforcer/cookie"
	"github.com/caddy-consent/caddy-consent/enforcer/expiry"
)

// Explanation is how an exchange would be judged.
type Explanation struct {
	// State is what the visitor's choice comes to.
	State State

	// Causes are why something that the consent cookies say does not count, or cannot be
	// read: those of the request first, and then those that the response sets.
	Causes []consent.Cause

	// Decisions are one for each cookie, those of the request first, in the order of
	// the headers, of very many the first 256 of each. A cookie that the response
	// would delete has one more.
	Decisions []Decision

	// More is how many cookies there are beyond those that Decisions tell of.
	More int
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
	cookies, lines := pairsOf(r.Header["Cookie"]), e.setPairs(response)
	return Explanation{
		State: x.State(), Causes: append(e.causes(cookies), e.causes(lines)...), Decisions: told,
		More: max(len(cookies)-MaxTold, 0) + max(len(response["Set-Cookie"])-MaxTold, 0),
	}
}

// pairsOf are the pairs of Cookie lines.
func pairsOf(lines []string) (pairs []cookie.Pair) {
	for _, line := range lines {
		for more := true; more; {
			var pair cookie.Pair
			if pair, line, more = cookie.Next(line); pair.Text != "" {
				pairs = append(pairs, pair)
			}
		}
	}
	return pairs
}

// setPairs are the pairs that a response sets, and does not delete.
func (e *Enforcer) setPairs(response http.Header) (pairs []cookie.Pair) {
	for _, line := range response["Set-Cookie"] {
		if pair, _, _ := cookie.Next(line); !cookie.Deletes(line, e.Now) {
			pairs = append(pairs, pair)
		}
	}
	return pairs
}

// causes are why what the consent cookies among some pairs say does not count.
func (e *Enforcer) causes(pairs []cookie.Pair) (causes []consent.Cause) {
	if e.policy.Sources != nil {
		var line []string
		for _, p := range pairs {
			if e.policy.HoldsChoice(p.Name()) {
				line = append(line, p.Text)
			}
		}
		return e.policy.Sources.Explain(strings.Join(line, "; "), e.Now)
	}
	var all choices
	for _, p := range pairs {
		if p.Name() == e.policy.ConsentCookie {
			causes = append(causes, e.policy.Decoder.Explain(p.Name(), p.Value(), e.Now)...)
			all.read(p.Value(), e)
		}
	}
	if all.merged != nil && all.merged.Disputed != (consent.Set{}) {
		causes = append(causes, consent.Cause{Kind: consent.CauseDisputed, Cookie: e.policy.ConsentCookie})
	}
	return causes
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
