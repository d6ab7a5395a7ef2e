package consent

import (
	"bytes"
	"net/http"
	"strings"
	"time"
)

// said is what consent cookies say, and when they say so: a choice ages (rule C5).
type said struct {
	choice Choice

	// Whether there is a choice, and its grants do not count any more: those of nothing
	// older may take their place.
	lapsed bool

	// Whether the choice is another one before or after these times.
	dated       bool
	from, until time.Time
}

// holds tells whether that is still what they say. It asks for the time only where
// that matters.
func (s *said) holds(now func() time.Time) bool {
	if !s.dated {
		return true
	}
	t := now()
	return !t.Before(s.from) && !t.After(s.until)
}

// within is what is said in a period. Before and after it nothing is granted, and what
// is denied stays so (rule C8).
func (s said) within(p period, now func() time.Time) said {
	if !p.dated {
		return s
	}
	t := now()
	switch {
	case t.Before(p.from):
		s = said{choice: s.choice.withoutGrants(), lapsed: true, dated: true, until: p.from.Add(-1)}
	case t.After(p.until):
		s = said{choice: s.choice.withoutGrants(), lapsed: true, dated: true, from: p.until.Add(1), until: endOfTime}
	default:
		s.dated, s.from, s.until = true, p.from, p.until
	}
	return s
}

// endOfTime is later than any date that can be read.
var endOfTime = time.Unix(1<<60, 0)

// period is when a choice counts. The zero period is all time.
type period struct {
	dated       bool
	from, until time.Time
}

// add takes in when the choice was made. Cookies may say so more than once: then
// none of the dates may be too long ago, or in the future.
func (p *period) add(made time.Time, maxAge time.Duration) {
	from, until := made.Add(-maxSkew), made.Add(maxAge)
	if !p.dated || from.After(p.from) {
		p.from = from
	}
	if !p.dated || until.Before(p.until) {
		p.until = until
	}
	p.dated = true
}

// maxSkew is how far in the future a choice may be dated, for visitors whose
// clock is wrong (rule C5).
const maxSkew = 24 * time.Hour

// timeOf is the time that a number of minutes, seconds or milliseconds since 1970 stands
// for.
func timeOf(n int64) time.Time {
	switch {
	case n > lastSecond:
		return time.UnixMilli(n)
	case n < firstSecond:
		return time.Unix(60*n, 0)
	}
	return time.Unix(n, 0)
}

// lastSecond tells seconds and milliseconds apart: as seconds it is the year
// 5138, as milliseconds March 1973. firstSecond tells minutes and seconds apart: as
// minutes it is the year 2160, as seconds March 1973.
const (
	lastSecond  = 100_000_000_000
	firstSecond = 100_000_000
)

// wholePart reads the digits before the fraction of a decimal number of
// ordinary size.
func wholePart(number []byte) (n int64, ok bool) {
	whole, fraction, _ := bytes.Cut(number, []byte("."))
	if len(whole) == 0 || len(whole) > 18 {
		return 0, false
	}
	for _, c := range fraction {
		if c < '0' || c > '9' {
			return 0, false
		}
	}
	for _, c := range whole {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}

// limit has s hold no longer than another one, which it depends on.
func (s *said) limit(other *said) {
	switch {
	case !other.dated:
		return
	case !s.dated:
		s.dated, s.from, s.until = true, other.from, other.until
		return
	}
	if other.from.After(s.from) {
		s.from = other.from
	}
	if other.until.Before(s.until) {
		s.until = other.until
	}
}

// dateOf reads a date as consent managers write it: in minutes, seconds or milliseconds
// since 1970, or as ISO 8601 or JavaScript have it, percent-encoded or not.
func dateOf(text string) (time.Time, bool) {
	text = string(wholeDecoded([]byte(text)))
	if n, ok := wholePart([]byte(text)); ok {
		return timeOf(n), true
	}
	if zone := strings.Index(text, " ("); zone >= 0 {
		text = text[:zone] // "Tue Nov 24 2026 10:00:00 GMT+0100 (CET)"
	}
	for _, layout := range layouts {
		if t, err := time.Parse(layout, text); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// layouts are those of dates in words. After seconds there may be a fraction of them,
// with a point or a comma.
var layouts = func() (all []string) {
	for _, clock := range []string{"T15:04:05", " 15:04:05", "T15:04", " 15:04"} {
		for _, zone := range []string{"Z07:00", "", "Z0700", "Z07", " Z07:00", " Z0700"} {
			all = append(all, time.DateOnly+clock+zone)
		}
	}
	return append(all, time.DateOnly, "Mon Jan 02 2006 15:04:05 GMT-0700", http.TimeFormat)
}()

// addAge adds that what is said does not count at this time.
func (c *causes) addAge(cookie string, p period, s *said) {
	switch {
	case c == nil || !p.dated || !s.lapsed:
	case s.from.IsZero():
		c.add(Cause{Kind: CauseInFuture, Cookie: cookie})
	default:
		c.add(Cause{Kind: CauseTooOld, Cookie: cookie, Since: p.until})
	}
}
