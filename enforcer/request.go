package enforcer

import (
	"io"
	"net/http"
	"strings"

	"github.com/caddy-consent/caddy-consent/enforcer/consent"
	"github.com/caddy-consent/caddy-consent/enforcer/cookie"
)

// filterRequest reads the choice and takes the cookies that it does not permit
// off the request (rules Q1 to Q10).
func (x *Exchange) filterRequest(header http.Header) {
	lines := header["Cookie"]
	choice := x.enforcer.choice(lines)
	x.judge = newJudge(x.enforcer.policy, &choice)
	delete(header, "Cookie2")
	if len(lines) == 0 {
		return
	}
	line, changed := x.judge.filterCookies(lines)
	switch {
	case !changed:
	case line == "":
		delete(header, "Cookie")
	default:
		x.cookieLine[0] = line
		header["Cookie"] = x.cookieLine[:]
	}
}

// choice reads the consent cookies of a request (rule C3).
func (e *Enforcer) choice(lines []string) (choice consent.Choice) {
	found := false
	for _, line := range lines {
		for more := true; more; {
			var pair cookie.Pair
			pair, line, more = cookie.Next(line)
			if pair.Name != e.policy.ConsentCookie {
				continue
			}
			c := e.policy.Decoder.Decode(pair.Value, e.Now)
			if found {
				c = choice.And(c)
			}
			choice, found = c, true
		}
	}
	return choice
}

// filterCookies joins the pairs that may pass to one line, which is empty where
// none may. It reports false where the lines can stay as they are: there is one
// of them, and nothing to remove.
func (j *judge) filterCookies(lines []string) (line string, changed bool) {
	var kept rewrite
	if len(lines) != 1 {
		kept.begin(lines)
	}
	for _, line := range lines {
		whole, rest := line, line
		for more := true; more; {
			var pair cookie.Pair
			before := len(whole) - len(rest)
			pair, rest, more = cookie.Next(rest)
			switch {
			case pair.Text == "":
			case j.permits(pair) && !j.hides(pair):
				kept.keep(pair)
			case !kept.changed:
				kept.begin(lines)
				kept.keepAll(whole[:before])
			}
		}
	}
	return kept.line.String(), kept.changed || kept.pairs == 0
}

// rewrite is a Cookie line in the making. Nothing is written until there is
// something to change.
type rewrite struct {
	changed bool
	pairs   int
	line    strings.Builder
}

// begin starts to write, with room for all that could be kept.
func (w *rewrite) begin(lines []string) {
	w.changed = true
	n := 0
	for _, line := range lines {
		n += len(line) + len("; ")
	}
	w.line.Grow(n)
}

func (w *rewrite) keep(pair cookie.Pair) {
	w.pairs++
	if !w.changed {
		return
	}
	if w.line.Len() > 0 {
		w.line.WriteString("; ")
	}
	w.line.WriteString(pair.Text)
}

// keepAll writes the pairs of a line's beginning, all of which were kept.
func (w *rewrite) keepAll(line string) {
	w.pairs = 0
	for more := true; more; {
		var pair cookie.Pair
		pair, line, more = cookie.Next(line)
		if pair.Text != "" {
			w.keep(pair)
		}
	}
}

// guardTrailers keeps cookies out of the request's trailers (rule Q9). They
// arrive once the body has been read to its end.
func guardTrailers(r *http.Request) {
	deleteCookies(r.Trailer) // those that are announced
	mayHaveTrailers := len(r.Trailer) > 0 || r.ContentLength < 0
	if r.Body == nil || r.Body == http.NoBody || !mayHaveTrailers {
		return
	}
	r.Body = &guardedBody{ReadCloser: r.Body, request: r}
}

type guardedBody struct {
	io.ReadCloser
	request *http.Request
}

// Read filters the trailers before anybody learns that the body has ended: the
// reverse proxy copies them in that very call.
func (b *guardedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil {
		deleteCookies(b.request.Trailer)
	}
	return n, err
}

func deleteCookies(trailer http.Header) {
	for key := range trailer {
		if strings.EqualFold(key, "Cookie") || strings.EqualFold(key, "Cookie2") {
			delete(trailer, key)
		}
	}
}
