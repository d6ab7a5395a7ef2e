package enforcer

import (
	"net/http"

	"github.com/caddy-consent/caddy-consent/enforcer/cookie"
	"github.com/caddy-consent/caddy-consent/enforcer/expiry"
)

// ownLines are what a response does by itself with the cookies that are to be deleted:
// what it sets stays, and where it deletes them nothing is added (rule X4).
type ownLines struct {
	sets map[string]bool
	gone map[string]map[expiry.Scope]bool
}

// ownLines reads the lines of a header map. In a report it still has those that would
// have been dropped.
func (x *Exchange) ownLines(j *judge, header http.Header) ownLines {
	own := ownLines{sets: make(map[string]bool)}
	clock := browserClock{now: x.enforcer.Now, header: header}
	if x.enforcer.ReportOnly {
		header = http.Header{"Set-Cookie": x.left}
	}
	for key, lines := range header {
		if cookieField(key) != setCookieField {
			continue
		}
		for _, line := range lines {
			pair, _ := setCookiePair(j.policy, line)
			own.add(pair.Name(), line, j.withdrawal, &clock)
		}
	}
	return own
}

func (o *ownLines) add(name, line string, v *expiry.Visit, clock *browserClock) {
	if !cookie.Deletes(line, clock.Now) {
		o.sets[name] = true
		return
	}
	place, ok := v.Takes(name, line)
	if !ok {
		return
	}
	if o.gone == nil {
		o.gone = make(map[string]map[expiry.Scope]bool)
	}
	if o.gone[name] == nil {
		o.gone[name] = make(map[expiry.Scope]bool)
	}
	o.gone[name][place] = true
}
