package enforcer

import (
	"strconv"
	"time"

	"github.com/caddy-consent/caddy-consent/enforcer/cookie"
)

// admit looks at lines of which some pass by the visitor's choice only: the response is
// then for nobody else (rule S7). It takes note of how these are set (rule X2), and finds
// those that would live longer than the policy promises (rule S4). That depends on what
// else is in the header map, so no line of theirs is remembered as one that passes. It
// returns how many lines pass, and what became of all.
func (x *Exchange) admit(j *judge, lines []string, pairs []listed, clock *browserClock) (passed int, became outcome) {
	visit := x.visit()
	for i, p := range pairs {
		if x.isChosen(j, p) && !cookie.Deletes(lines[i], clock.Now) {
			if p.service >= 0 {
				if !x.enforcer.ReportOnly { // a gateway around this one may drop the line
					x.enforcer.Expiry.Learn(&visit, p.Name(), lines[i])
				}
				pairs[i].service = j.limited(p, lines[i], clock)
			}
			x.isForOne = x.isForOne || pairs[i].service != dropped && !x.enforcer.ReportOnly
		}
		switch pairs[i].service {
		case dropped:
			became = lost
			continue
		case tooLong:
			became = max(became, changed)
		}
		passed++
	}
	return passed, became
}

// isChosen reports whether a pair passes, and would not for those who refuse everything.
func (x *Exchange) isChosen(j *judge, p listed) bool {
	return !x.enforcer.refusing.permits(p.Pair, p.service) && j.permits(p.Pair, p.service)
}

// limited is the service of a cookie, or what it is instead where the cookie would
// live too long.
func (j *judge) limited(p listed, line string, clock *browserClock) (service int) {
	limit := j.policy.Lookup(p.Name()).Retention.Limit
	switch {
	case limit == 0 || !cookie.Outlives(line, limit, clock.forLives):
		return p.service
	case cookie.HasControls(line):
		return dropped // there are browsers for which it ends before what is appended
	}
	return tooLong
}

// shorten caps the life of a cookie: of several Max-Age attributes the last one
// counts.
func (j *judge) shorten(name, line string) string {
	limit := j.policy.Lookup(name).Retention.Limit
	return line + capping + strconv.FormatInt(int64(limit/time.Second), 10)
}

// capping is what is appended to a line, before the number.
const capping = "; Max-Age="

// forLives is the time that lives are counted from. Where there is a Date that
// cannot be read, browsers go by their own clocks.
func (c *browserClock) forLives() time.Time {
	if from := c.Now(); !from.IsZero() {
		return from
	}
	return c.now()
}
