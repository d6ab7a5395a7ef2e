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
		for {
			value, rest, ok := cookie.Find(line, e.policy.ConsentCookie)
			if !ok {
				break
			}
			line = rest
			c := e.policy.Decoder.Decode(value, e.Now)
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
	changed = len(lines) != 1
	pairs := 0
	var room [16]string
	kept := room[:0] // all texts, or none of more than there is room for until something has changed
	for _, line := range lines {
		whole := line
		for more := true; more; {
			var pair cookie.Pair
			before := len(whole) - len(line)
			pair, line, more = cookie.Next(line)
			switch {
			case pair.Text == "":
			case j.permits(pair) && !j.hides(pair):
				if pairs++; changed || pairs <= len(room) {
					kept = append(kept, pair.Text)
				}
			case !changed:
				if changed = true; pairs > len(room) {
					kept = appendPairs(kept[:0], whole[:before])
				}
			}
		}
	}
	if !changed && pairs > 0 {
		return "", false
	}
	return strings.Join(kept, "; "), true
}

// appendPairs appends the texts of all pairs of a line.
func appendPairs(texts []string, line string) []string {
	for more := line != ""; more; {
		var pair cookie.Pair
		if pair, line, more = cookie.Next(line); pair.Text != "" {
			texts = append(texts, pair.Text)
		}
	}
	return texts
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
