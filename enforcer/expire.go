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
	visit.Navigation, visit.Page = navigation, x.page
	return &visit
}

// countPage counts a page that the visitor goes to, with refused cookies or without them:
// where they come again after one without them, they are deleted as for the first time
// (rule X6).
func (x *Exchange) countPage() {
	if navigation, _ := fetchedBy(x.request); navigation {
		visit := x.visit()
		x.page = x.enforcer.Expiry.Page(&visit)
	}
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
	own := x.ownLines(j, header)
	pairs := x.expiring(j, own.sets)
	if x.enforcer.ReportOnly {
		x.observeExpired(j, slices.DeleteFunc(pairs, func(p cookie.Pair) bool {
			c, _ := j.expired(p, own)
			return !x.enforcer.Expiry.Needs(j.withdrawal, &c)
		}))
		return
	}
	if deletions := x.deletions(j, pairs, own); len(deletions) > 0 {
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

// deletions are the lines that delete cookies of the request where they are not gone
// already, as far as there is room for them.
func (x *Exchange) deletions(j *judge, pairs []cookie.Pair, own ownLines) (lines []string) {
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
		c, category := j.expired(p, own)
		if room < fullBytes {
			x.enforcer.Expiry.Came(visit, &c) // it has to wait for the next response
			continue
		}
		next, undeletable := x.enforcer.Expiry.Next(visit, &c, room, now)
		if undeletable && x.enforcer.Observer != nil {
			x.enforcer.Observer.Undeletable(visit.Host[:min(len(visit.Host), maxHostBytes)], cookie.Collapsed(c.Name), category)
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
	}
	x.observeExpired(j, expired)
	return lines
}

// expired is a cookie that is to be deleted, with what the policy says of it.
func (j *judge) expired(p cookie.Pair, own ownLines) (c expiry.Cookie, category string) {
	c = expiry.Cookie{Name: p.Name(), Value: p.Value(), Gone: own.gone[p.Name()]}
	if rule := j.policy.Lookup(c.Name); rule != nil {
		c.Domain, c.Path = rule.Domain, rule.Path
		category = j.policy.Categories[j.policy.Services[rule.Service].Category].ID
	}
	return c, category
}

// alwaysFit is how many cookies have room in a response for a line or two each.
const alwaysFit = expiry.MaxBytes / fullBytes / 2

// fullBytes is about what one line takes: with less room a response is full.
const fullBytes = 128

// expiring returns the cookies of the request that are to be deleted, but those
// whose names the response sets, and has the visit tell visitors apart by
// their choice, and by the cookies that they keep. A cookie that was sent twice with one value is one: its turn comes
// once.
func (x *Exchange) expiring(j *judge, taken map[string]bool) (pairs []cookie.Pair) {
	seen := make(map[string]bool)
	var choice, kept strings.Builder
	for _, line := range x.cookies {
		for more := true; more; {
			var pair cookie.Pair
			if pair, line, more = cookie.Next(line); pair.Text == "" {
				continue
			}
			switch service, _ := serviceOf(j.policy, pair); {
			case service == theChoice:
				choice.WriteString(pair.Value())
			case service >= 0 && j.permitted.Has(service):
				kept.WriteString(pair.Text)
			case !j.choice.expires(j.policy, service):
			case !seen[pair.Text] && !taken[pair.Name()] && expiry.CanDelete(pair.Name()):
				seen[pair.Text] = true
				pairs = append(pairs, pair)
			}
		}
	}
	j.withdrawal.Choice, j.withdrawal.Kept = choice.String(), kept.String()
	return pairs
}
