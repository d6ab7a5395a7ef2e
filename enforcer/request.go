package enforcer

import (
	"io"
	"math/bits"
	"net/http"
	"slices"
	"strings"

	"github.com/caddy-consent/caddy-consent/enforcer/cookie"
)

// filterRequest reads the choice and takes the cookies that it does not permit
// off the request (rules Q1 to Q10).
func (x *Exchange) filterRequest(r *http.Request) {
	header := r.Header
	lines := header["Cookie"]
	var room [32]listed // for as many cookies as a request mostly has; more are on the heap
	pairs, names := x.readCookies(lines, room[:0])
	j, p := &x.judge, x.enforcer.policy
	x.cookies, x.gpc = lines, p.HonoursGPC && sendsGPC(header)
	j.policy, j.permitted = p, j.choice.settle(p, x.gpc)
	kept, expires, gone := j.filterCookies(pairs)
	if x.enforcer.Expiry.Counts() && !x.enforcer.ReportOnly {
		x.countPage()
	}
	if expires {
		j.withdrawal = x.withdrawal()
	}
	if x.enforcer.Observer != nil {
		x.observeRequest(names.and(gone))
	}
	if x.enforcer.ReportOnly {
		return
	}
	if header["Cookie2"] != nil { // to delete what is not there takes longer
		delete(header, "Cookie2")
	}
	switch {
	case len(kept) == 0:
		delete(header, "Cookie")
	case len(kept) < len(pairs) || len(lines) > 1:
		x.cookieLine[0] = join(kept)
		header["Cookie"] = x.cookieLine[:]
	}
}

// sendsGPC tells whether a request has the Global Privacy Control signal (rule
// C6).
func sendsGPC(header http.Header) bool { return slices.Contains(header["Sec-Gpc"], "1") }

// readCookies appends the pairs of a request to pairs, and adds to the choice what
// its consent cookies hold (rule C3).
func (x *Exchange) readCookies(lines []string, pairs []listed) (_ []listed, names like) {
	e := x.enforcer
	for _, line := range lines {
		for more := true; more; {
			var pair cookie.Pair
			if pair, line, more = cookie.Next(line); pair.Text == "" {
				continue
			}
			service, hash := serviceOf(e.policy, pair)
			names = names.then(hash)
			pairs = append(pairs, listed{pair, service})
			if service == theChoice && e.policy.Sources == nil {
				x.judge.choice.read(pair.Value(), e)
			}
		}
	}
	if e.policy.Sources != nil {
		x.judge.choice.readPairs(pairs, e)
	}
	return pairs, names
}

// filterCookies leaves of some pairs those that may pass, and tells whether others
// are to be deleted, and, as a number, which ones go: some do for their values.
func (j *judge) filterCookies(pairs []listed) (kept []listed, expires bool, gone uint64) {
	kept = pairs[:0]
	for i, p := range pairs {
		if j.permits(p.Pair, p.service) && !j.hides(p.Pair) {
			kept = append(kept, p)
			continue
		}
		gone ^= bits.RotateLeft64(1, i) // no observer remembers a message of more than 64
		if !expires {
			expires = j.choice.expires(j.policy, p.service)
		}
	}
	return kept, expires, gone
}

// join makes a Cookie line of some pairs.
func join(pairs []listed) string {
	size := 0
	for _, p := range pairs {
		size += len("; ") + len(p.Text)
	}
	var line strings.Builder
	line.Grow(size)
	for i, p := range pairs {
		if i > 0 {
			line.WriteString("; ")
		}
		line.WriteString(p.Text)
	}
	return line.String()
}

// guardTrailers keeps cookies out of the request's trailers (rule Q9), and what a
// client says about the decision. They arrive once the body has been read to its
// end.
func (e *Enforcer) guardTrailers(r *http.Request) {
	e.filterTrailer(r.Trailer) // those that are announced
	mayHaveTrailers := len(r.Trailer) > 0 || r.ContentLength < 0
	if r.Body == nil || r.Body == http.NoBody || !mayHaveTrailers {
		return
	}
	r.Body = &guardedBody{ReadCloser: r.Body, enforcer: e, request: r}
}

type guardedBody struct {
	io.ReadCloser
	enforcer *Enforcer
	request  *http.Request
}

// Read filters the trailers before anybody learns that the body has ended: the
// reverse proxy copies them in that very call.
func (b *guardedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil {
		b.enforcer.filterTrailer(b.request.Trailer)
	}
	return n, err
}

func (e *Enforcer) filterTrailer(trailer http.Header) {
	if len(trailer) == 0 {
		return
	}
	deleteField(trailer, "Cookie")
	deleteField(trailer, "Cookie2")
	if e.UpstreamHeader != "" {
		deleteField(trailer, e.UpstreamHeader)
	}
}
