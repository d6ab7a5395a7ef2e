// Package audit judges a recording of a visit to a site by a policy: which cookies
// were set and sent before the visitor's choice and after it, and which of them
// the gateway would have removed.
package audit

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/caddy-consent/caddy-consent/enforcer/policy"
)

// Options say how a recording is judged.
type Options struct {
	// Host is the host whose cookies are judged, without a port. The default is
	// that of the policy's site or, where the recording does not have it, the
	// first one in the recording.
	Host string

	// Progress is told, each 64 KiB, how many bytes have been read. It may be nil.
	Progress func(read int64)
}

// Run judges a recording in the form of the HTTP Archive 1.2 (HAR). The name is
// what errors call it.
//
// It reads the recording once, and needs no more memory for a long one. A
// recording that cannot be read to its end is an error, as is one without any
// exchange with the host: nothing is said about what was not seen.
func Run(p *policy.Policy, name string, r io.Reader, o Options) (*Report, error) {
	a := audit{policy: p, wanted: hostname(o.Host), tallies: map[string]*tally{}}
	if a.wanted == "" {
		a.site, _ = address(p.Site)
	}
	entries, err := readHAR(newScanner(r, o.Progress), a.add)
	if err != nil {
		return nil, fmt.Errorf("%s: %w (exchanges read: %d)", name, err, entries)
	}
	report, err := a.report()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return report, nil
}

// audit is a recording that is being judged. Which host counts is only known in
// the end, so up to two are counted.
type audit struct {
	policy       *policy.Policy
	wanted, site string // one is empty
	first        string // the first host of the recording
	tallies      map[string]*tally

	exchanges        int       // that went over a network
	unnamed, undated int       // entries that do not say where and when
	last             time.Time // when the last entry was that does
}

func (a *audit) add(x *exchange) {
	if x.request.url == "" {
		a.unnamed++
	}
	host, path := address(x.request.url)
	if host == "" {
		return // a blob, an extension's page or the like
	}
	a.exchanges++
	if a.first == "" {
		a.first = host
	}
	if x.started.IsZero() {
		a.undated++
		x.started = a.last
	}
	a.last = x.started
	if host != a.wanted && (a.wanted != "" || host != a.site && host != a.first) {
		return
	}
	if a.tallies[host] == nil {
		a.tallies[host] = newTally(a.policy)
	}
	a.tallies[host].add(x, path)
}

// report is that of the host that counts.
func (a *audit) report() (*Report, error) {
	host := a.wanted
	if host == "" {
		host = a.site
	}
	var warnings []string
	if a.wanted == "" && a.tallies[host] == nil && a.first != "" {
		if host = a.first; a.site != "" {
			warnings = append(warnings, fmt.Sprintf("the recording has no exchange with %s, the policy's site: the cookies of %s were judged", a.site, printable(host)))
		}
	}
	t := a.tallies[host]
	if t == nil && a.first != "" {
		return nil, fmt.Errorf("expected exchanges with the host %q, found none: name one of the recording, such as %q", host, a.first)
	}
	if t == nil {
		return nil, errors.New("expected exchanges with a host, found none: record a visit to the site")
	}
	r := t.report(host)
	r.Elsewhere = a.exchanges - t.entries
	r.Warnings = append(warnings, a.warnings(r)...)
	return r, nil
}

// warnings tell what a recording leaves open.
func (a *audit) warnings(r *Report) (warnings []string) {
	if a.unnamed > 0 {
		warnings = append(warnings, fmt.Sprintf("exchanges without an address, which were not judged: %d", a.unnamed))
	}
	if a.undated > 0 {
		warnings = append(warnings, fmt.Sprintf("exchanges without a time, each of which was taken to be right after the one before it: %d", a.undated))
	}
	switch {
	case len(r.Cookies) == 0:
		warnings = append(warnings, `no exchange with the host has a cookie: Chrome leaves them all out unless told to "Export HAR (with sensitive data)", which its settings have to allow`)
	case r.Choice == 0 && len(r.Causes) > 0:
		warnings = append(warnings, "the visitor decides nothing in the recording, although consent cookies are there: what happens after a choice was not seen")
	case r.Choice == 0:
		warnings = append(warnings, "the visitor makes no choice in the recording: what happens after one was not seen")
	}
	for _, c := range r.Causes {
		warnings = append(warnings, c.String())
	}
	return warnings
}
