package enforcer

import (
	"strconv"
	"time"

	"github.com/caddy-consent/caddy-consent/enforcer/cookie"
	"github.com/caddy-consent/caddy-consent/enforcer/expiry"
)

// admit takes note of how a permitted cookie that needs consent is set (rule X2).
// It returns the service of the cookie, or tooLong where it would live longer than
// the policy promises (rule S4).
//
// The visit is found out with the first of several lines.
func (x *Exchange) admit(p listed, line string, clock *browserClock, visit *expiry.Visit) (service int) {
	if cookie.Deletes(line, clock.Now) {
		return p.service
	}
	if *visit == (expiry.Visit{}) {
		*visit = x.visit()
	}
	x.enforcer.Expiry.Learn(visit, p.Name(), line)
	limit := x.judge.policy.Lookup(p.Name()).Retention.Limit
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
	return line + "; Max-Age=" + strconv.FormatInt(int64(limit/time.Second), 10)
}

// forLives is the time that lives are counted from. Where there is a Date that
// cannot be read, browsers go by their own clocks.
func (c *browserClock) forLives() time.Time {
	if from := c.Now(); !from.IsZero() {
		return from
	}
	return c.now()
}
