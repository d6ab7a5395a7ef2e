package enforcer

import (
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"

	"github.com/caddy-consent/caddy-consent/enforcer/cookie"
	"github.com/caddy-consent/caddy-consent/enforcer/expiry"
)

// withdrawal is the visit in which a response is to delete cookies, or nil where it
// may not (rule X4): it may where the browser goes to another page, or the page
// itself asks for something.
func (x *Exchange) withdrawal() *expiry.Visit {
	navigation, sameOrigin := fetchedBy(x.request)
	if !navigation && !sameOrigin {
		return nil
	}
	visit := x.visit()
	visit.Navigation = navigation
	return &visit
}

// visit is the visit that the request tells of, whatever host a handler has given
// it in the meantime.
func (x *Exchange) visit() expiry.Visit {
	r := x.request
	if r.Host != x.host {
		r = r.WithContext(r.Context())
		r.Host = x.host
	}
	return x.enforcer.Visit(r)
}

// expire adds to a final head the lines that make the browser delete cookies which
// it sent and which the visitor has denied (rules X1 to X5).
func (x *Exchange) expire(header http.Header, j *judge) {
	if isForCDN(header) {
		return
	}
	pairs := x.expiring(j, x.setNames(j, header))
	if x.enforcer.ReportOnly {
		x.observeExpired(j, pairs)
		return
	}
	if deletions := x.deletions(j, pairs); len(deletions) > 0 {
		header["Set-Cookie"] = slices.Concat(header["Set-Cookie"], deletions)
		x.left = slices.Concat(x.left, deletions)
		x.isForOne = true // rule X5
	}
}

// fetchedBy tells what a browser fetches a response for. Browsers that do not say
// so (Fetch Metadata), or not without TLS, ask for HTML when they go to a page.
func fetchedBy(r *http.Request) (navigation, sameOrigin bool) {
	mode := first(r.Header["Sec-Fetch-Mode"])
	if mode == "" && !(r.Method == http.MethodGet && strings.Contains(first(r.Header["Accept"]), "text/html")) {
		return false, false
	}
	site := first(r.Header["Sec-Fetch-Site"])
	if mode == "" {
		return site == "" || site == "none" || site == "same-origin", false
	}
	sameOrigin = site == "same-origin"
	dest := first(r.Header["Sec-Fetch-Dest"])
	// A service worker that fetches a page again sends no destination.
	return mode == "navigate" && (dest == "document" || dest == "empty" && sameOrigin), sameOrigin
}

func first(lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	return lines[0]
}

// setNames are the names of the cookies that a header map sets or deletes. In a
// report it still has the lines that would have been dropped.
func (x *Exchange) setNames(j *judge, header http.Header) map[string]bool {
	if x.enforcer.ReportOnly {
		header = http.Header{"Set-Cookie": x.left}
	}
	names := make(map[string]bool)
	for key, lines := range header {
		if cookieField(key) != setCookieField {
			continue
		}
		for _, line := range lines {
			pair, _ := setCookiePair(j.policy, line)
			names[pair.Name()] = true
		}
	}
	return names
}

// deletions are the lines that delete cookies of the request, as far as there is
// room for them.
func (x *Exchange) deletions(j *judge, pairs []cookie.Pair) (lines []string) {
	visit := j.withdrawal
	room := expiry.MaxBytes
	var expired []cookie.Pair
	now := x.enforcer.Now()
	if len(pairs) > alwaysFit {
		// Those in front may be set again on every page.
		first := rand.IntN(len(pairs))
		pairs = slices.Concat(pairs[first:], pairs[:first])
	}
	for _, p := range pairs {
		c := expiry.Cookie{Name: p.Name(), Value: p.Value()}
		category := ""
		if rule := j.policy.Lookup(c.Name); rule != nil {
			c.Domain, c.Path = rule.Domain, rule.Path
			category = j.policy.Categories[j.policy.Services[rule.Service].Category].ID
		}
		next, undeletable := x.enforcer.Expiry.Next(visit, &c, room, now)
		if undeletable && x.enforcer.Observer != nil {
			x.enforcer.Observer.Undeletable(visit.Host, cookie.Collapsed(c.Name), category)
		}
		if len(next) > 0 {
			expired = append(expired, p)
		}
		for _, line := range next {
			// Two cookies of one name have lines in common.
			if !slices.Contains(lines, line) {
				lines = append(lines, line)
				room -= expiry.Size(line)
			}
		}
		if room < fullBytes {
			break // the others have to wait for the next response
		}
	}
	x.observeExpired(j, expired)
	return lines
}

// alwaysFit is how many cookies have room in a response for a line or two each.
const alwaysFit = expiry.MaxBytes / fullBytes / 2

// fullBytes is about what one line takes: with less room a response is full.
const fullBytes = 128

// expiring returns the cookies of the request that are to be deleted, but those
// whose names the response sets already, and has the visit tell visitors apart by
// their choice. A cookie that was sent twice with one value is one: its turn comes
// once.
func (x *Exchange) expiring(j *judge, taken map[string]bool) (pairs []cookie.Pair) {
	seen := make(map[string]bool)
	var choice strings.Builder
	for _, line := range x.cookies {
		for more := true; more; {
			var pair cookie.Pair
			if pair, line, more = cookie.Next(line); pair.Text == "" {
				continue
			}
			switch service, _ := serviceOf(j.policy, pair); {
			case service == theChoice:
				choice.WriteString(pair.Value())
			case service >= 0 && j.permitted.Has(service) || !j.choice.expires(j.policy, service):
			case !seen[pair.Text] && !taken[pair.Name()] && expiry.CanDelete(pair.Name()):
				seen[pair.Text] = true
				pairs = append(pairs, pair)
			}
		}
	}
	j.withdrawal.Choice = choice.String()
	return pairs
}
