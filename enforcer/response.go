package enforcer

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/caddy-consent/caddy-consent/enforcer/cookie"
)

// filterHead filters a header map that is about to go out with a final status, and
// adds what deletes cookies.
func (x *Exchange) filterHead() {
	x.clock.start()
	header, j := x.filterHeader()
	if j.withdrawal != nil && !x.wroteHead && !x.upgraded {
		x.expire(header, j)
	}
	x.wroteHead = true
	if x.enforcer.guardsLoading() {
		x.guardLoading(header, j)
	}
	x.keepFromSharing(header)
	x.clock.stop()
}

// setCookies are the Set-Cookie lines under one key of a header map. There may
// be more than one such key: see [cookieField].
type setCookies struct {
	key   string
	lines []string
	names like
}

// filterHeader drops the Set-Cookie lines of a header map that may not pass
// (rules S1, S2 and S5), in the trailers too. It returns the map, and the judge of
// it.
func (x *Exchange) filterHeader() (http.Header, *judge) {
	header := x.Header()
	var room [2]setCookies // for nearly every header map; only odd ones need more
	found := room[:0]
	for key, lines := range header {
		switch cookieField(key) {
		case setCookieField:
			found = append(found, setCookies{key: key, lines: lines})
		case setCookie2Field:
			if !x.enforcer.ReportOnly {
				delete(header, key)
			}
		case trailerField:
			if x.enforcer.ReportOnly {
				continue
			}
			// HTTP/3 moves an announced field from the head to the trailer, where a
			// permitted cookie would be lost.
			unannounce(header, key, func(name string) bool {
				f := cookieField(name)
				return f == setCookieField || f == setCookie2Field
			})
		}
	}
	if len(found) == 0 || len(found) == 1 && x.arePermitted(found[0].lines) {
		return header, &x.judge
	}
	return header, x.filterFound(header, found)
}

// filterFound drops those lines of a header map that may not pass, and returns the judge
// of it.
func (x *Exchange) filterFound(header http.Header, found []setCookies) *judge {
	if len(found) == 1 && x.areSettled(header, &found[0]) {
		return x.settled.judge
	}
	var pairRoom [8]listed
	clock := browserClock{now: x.enforcer.Now, header: header}
	pairs, j := x.readSetCookies(found, pairRoom[:0], &clock)
	for _, f := range found {
		kept, outcome := x.filterSetCookies(j, f.lines, pairs[:len(f.lines)], &clock)
		if x.enforcer.Observer != nil {
			x.observeSetCookies(j, &f, pairs[:len(f.lines)], kept)
		}
		pairs = pairs[len(f.lines):]
		switch {
		case outcome == unchanged || x.enforcer.ReportOnly:
			continue
		case len(kept) == 0:
			delete(header, f.key)
		default:
			header[f.key] = kept
		}
		x.owesPrivate = x.owesPrivate || outcome == lost
	}
	if x.settled != nil {
		x.settled.cookies = lent{}
	}
	if len(found) == 1 {
		x.settleCookies(header, found[0].key, j)
	}
	return j
}

// arePermitted tells whether lines are those that the judge was found to permit
// last: the header map is looked through before every part of a body, and mostly
// nothing has changed. It compares what they say, so it sees what a handler did to
// the slice, and takes no time where they are the same strings. That the judge
// permits a line depends on nothing else, unless another line sets the choice.
func (x *Exchange) arePermitted(lines []string) bool {
	return slices.Equal(lines, x.permitted[:x.permittedCount])
}

// readSetCookies appends the pair of each line to pairs, and returns the judge of
// the header map: where it sets the consent cookie, the choice that it sets
// counts, and where it deletes it, none does (rule S5).
func (x *Exchange) readSetCookies(all []setCookies, pairs []listed, clock *browserClock) ([]listed, *judge) {
	setsChoice := false
	for i := range all {
		f := &all[i]
		for _, line := range f.lines {
			pair, hash := setCookiePair(x.judge.policy, line)
			f.names = f.names.then(hash)
			pairs = append(pairs, pair)
			setsChoice = setsChoice || pair.service == theChoice
		}
	}
	if setsChoice {
		return pairs, x.responseJudge(all, pairs, clock)
	}
	return pairs, &x.judge
}

// responseJudge judges by the choice that a header map sets.
func (x *Exchange) responseJudge(all []setCookies, pairs []listed, clock *browserClock) *judge {
	j := &judge{policy: x.judge.policy}
	if j.policy.Sources != nil {
		x.readResponseChoice(j, all, pairs, clock)
	} else {
		x.readSetChoices(j, all, pairs, clock)
	}
	j.permitted = j.choice.settle(j.policy, x.gpc)
	j.withdrawal = x.withdrawal()
	return j
}

// readSetChoices reads the values that a header map sets in the plain form.
func (x *Exchange) readSetChoices(j *judge, all []setCookies, pairs []listed, clock *browserClock) {
	for _, f := range all {
		for i, line := range f.lines {
			switch {
			case pairs[i].service != theChoice:
			case cookie.Deletes(line, clock.Now):
				j.choice.readNone()
			default:
				j.choice.read(pairs[i].Value(), x.enforcer)
			}
		}
		pairs = pairs[len(f.lines):]
	}
}

// readResponseChoice reads what consent cookies say together once a header map has set
// and deleted some: the others are those of the request. One that is deleted may be kept
// all the same, in another place: it counts as gone and as there, as it was set or sent,
// whichever grants less.
func (x *Exchange) readResponseChoice(j *judge, all []setCookies, pairs []listed, clock *browserClock) {
	var set []listed
	names, deleted := make(map[string]bool), make(map[string]bool)
	for _, f := range all {
		for i, line := range f.lines {
			if p := pairs[i]; p.service == theChoice {
				if names[p.Name()] = true; cookie.Deletes(line, clock.Now) {
					deleted[p.Name()] = true
				} else {
					set = append(set, p)
				}
			}
		}
		pairs = pairs[len(f.lines):]
	}
	isDeleted := func(p listed) bool { return deleted[p.Name()] }
	kept := x.choicePairs(names)
	j.choice.readPairs(slices.Concat(kept, set), x.enforcer)
	if slices.ContainsFunc(set, isDeleted) {
		j.choice.and(slices.Concat(kept, slices.DeleteFunc(slices.Clone(set), isDeleted)), x.enforcer)
	}
	if len(deleted) > 0 {
		maps.DeleteFunc(names, func(name string, _ bool) bool { return deleted[name] })
		j.choice.and(slices.Concat(x.choicePairs(names), set), x.enforcer)
	}
}

// choicePairs are the consent cookies of the request but those of some names.
func (x *Exchange) choicePairs(but map[string]bool) (pairs []listed) {
	for _, line := range x.cookies {
		for more := true; more; {
			var p cookie.Pair
			p, line, more = cookie.Next(line)
			if name := p.Name(); p.Text != "" && x.judge.policy.HoldsChoice(name) && !but[name] {
				pairs = append(pairs, listed{p, theChoice})
			}
		}
	}
	return pairs
}

// outcome is what became of some Set-Cookie lines.
type outcome uint8

const (
	unchanged outcome = iota
	changed           // all are there, but not as they were
	lost              // at least one was dropped
)

// filterSetCookies returns the lines that may pass, of which the pairs are read.
// It never writes into the slice it was given, which a handler may share between
// responses.
func (x *Exchange) filterSetCookies(j *judge, lines []string, pairs []listed, clock *browserClock) ([]string, outcome) {
	permitted, chosen, passed, became := 0, 0, 0, unchanged
	for i, p := range pairs {
		switch {
		case !j.permits(p.Pair, p.service):
			if !cookie.Deletes(lines[i], clock.Now) {
				pairs[i].service, became = dropped, lost
				continue
			}
		case x.enforcer.refusing.permits(p.Pair, p.service):
			permitted++
		default:
			chosen++
		}
		passed++
	}
	if chosen > 0 {
		passed, became = x.admit(j, lines, pairs, clock)
	}
	kept := lines
	if became != unchanged {
		kept = make([]string, 0, passed)
		for i, p := range pairs {
			switch p.service {
			case dropped:
			case tooLong:
				kept = append(kept, j.shorten(p.Name(), lines[i]))
			default:
				kept = append(kept, lines[i])
			}
		}
	}
	if j == &x.judge && permitted == len(kept) && len(kept) <= len(x.permitted) {
		x.permittedCount = uint8(copy(x.permitted[:], kept))
	}
	return kept, became
}

// browserClock tells the time that Expires attributes of one header map are
// compared with: the time, or that of the response's Date where it is earlier.
// Chromium takes the difference for a clock that is wrong, and lets the cookie
// live on by as much. Where a Date cannot be read, nothing is past.
type browserClock struct {
	now    func() time.Time
	header http.Header

	asked bool // so it looks at the clock and the header map once only
	time  time.Time
}

func (c *browserClock) Now() time.Time {
	if !c.asked {
		c.asked, c.time = true, c.earliest()
	}
	return c.time
}

func (c *browserClock) earliest() time.Time {
	earliest := c.now()
	for key, dates := range c.header {
		if !strings.EqualFold(key, "Date") {
			continue
		}
		for _, text := range dates {
			date, ok := cookie.ParseDate(text)
			if !ok {
				return time.Time{}
			}
			if date.Before(earliest) {
				earliest = date
			}
		}
	}
	return earliest
}
