package enforcer

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/caddy-consent/caddy-consent/enforcer/consent"
	"github.com/caddy-consent/caddy-consent/enforcer/cookie"
)

// filterHead filters a header map that is about to go out with a final status.
func (x *Exchange) filterHead() {
	x.wroteHead = true
	header := x.filterHeader()
	if x.owesPrivate {
		x.owesPrivate = false
		x.makePrivate(header)
	}
}

// isJudged tells whether lines of Set-Cookie are known to be permitted by the
// choice that came with the request. The header map is looked through before
// every part of a body, and mostly nothing has changed. It compares the strings,
// which takes no time where they are the same in memory: whoever assigns to an
// element of the slice is seen too.
func (x *Exchange) isJudged(key string, lines []string) bool {
	return key == "Set-Cookie" && len(lines) == x.passed && slices.Equal(lines, x.passedLines[:x.passed])
}

// filterHeader drops the Set-Cookie lines of a header map that may not pass
// (rules S1, S2 and S5), in the trailers too.
func (x *Exchange) filterHeader() http.Header {
	header := x.ResponseWriter.Header()
	var room [4]string // for nearly every header map; only odd ones need more
	keys := room[:0]
	news := false
	for key := range header {
		switch cookieField(key) {
		case setCookie:
			keys = append(keys, key)
			news = news || !x.isJudged(key, header[key])
		case setCookie2:
			delete(header, key)
		case trailerList:
			unannounce(header, key)
		}
	}
	if !news {
		return header
	}
	j := x.responseJudge(header, keys)
	x.deletionPassed = false
	for _, key := range keys {
		lines := header[key]
		kept := x.filterSetCookies(j, lines)
		switch {
		case len(kept) == len(lines):
			continue
		case len(kept) == 0:
			delete(header, key)
		default:
			header[key] = kept
		}
		x.owesPrivate = true
	}
	x.remember(header["Set-Cookie"], j)
	return header
}

// remember keeps lines that passed for isJudged, unless they passed by a choice
// or a date that the next header map may not have.
func (x *Exchange) remember(lines []string, j *judge) {
	x.passed = 0
	if j == &x.judge && !x.deletionPassed && len(lines) <= len(x.passedLines) {
		x.passed = copy(x.passedLines[:], lines)
	}
}

// responseJudge is the judge of a header map: where it sets the consent cookie,
// the choice that it sets counts, and where it deletes it, none does (rule S5).
func (x *Exchange) responseJudge(header http.Header, keys []string) *judge {
	var choice consent.Choice
	found := false
	for _, key := range keys {
		for _, line := range header[key] {
			if !cookie.IsNamed(line, x.judge.policy.ConsentCookie) {
				continue
			}
			var c consent.Choice
			if !cookie.Deletes(line, x.browserTime) {
				c = x.judge.policy.Decoder.Decode(setCookiePair(line).Value, x.enforcer.Now)
			}
			if found {
				c = choice.And(c)
			}
			choice, found = c, true
		}
	}
	if !found {
		return &x.judge
	}
	j := newJudge(x.judge.policy, &choice)
	return &j
}

// filterSetCookies returns the lines that may pass. It never writes into the
// slice it was given, which a handler may share between responses.
func (x *Exchange) filterSetCookies(j *judge, lines []string) []string {
	for i, line := range lines {
		if x.passes(j, line) {
			continue
		}
		kept := append(make([]string, 0, len(lines)-1), lines[:i]...)
		for _, line := range lines[i+1:] {
			if x.passes(j, line) {
				kept = append(kept, line)
			}
		}
		return kept
	}
	return lines
}

func (x *Exchange) passes(j *judge, line string) bool {
	if j.permits(setCookiePair(line)) {
		return true
	}
	deletes := cookie.Deletes(line, x.browserTime)
	x.deletionPassed = x.deletionPassed || deletes
	return deletes
}

// browserTime is what an Expires attribute is compared with: the time, or that
// of the response's Date where it is earlier. Chromium takes the difference for
// a clock that is wrong, and lets the cookie live on by as much. Where the Date
// cannot be read, nothing is past.
func (x *Exchange) browserTime() time.Time {
	earliest := x.enforcer.Now()
	for key, dates := range x.ResponseWriter.Header() {
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

func setCookiePair(line string) cookie.Pair {
	pair, _, _ := cookie.Next(line)
	return pair
}

// field is a header field that can bring cookies to a browser.
type field uint8

const (
	otherField field = iota
	setCookie
	setCookie2
	trailerList
)

// cookieField tells which field a key of a header map is sent as. Keys that are
// not in canonical form are sent all the same, in HTTP/2 and HTTP/3 even in
// lower case.
func cookieField(key string) field {
	// HTTP/2 may take the prefix off more than once: it looks at keys that it
	// has just put into the map.
	for n := len(http.TrailerPrefix); len(key) > n && key[n-1] == ':' && strings.EqualFold(key[:n], http.TrailerPrefix); {
		key = strings.Trim(key[n:], " \t")
	}
	switch len(key) {
	case len("Trailer"):
		if strings.EqualFold(key, "Trailer") {
			return trailerList
		}
	case len("Set-Cookie"):
		if strings.EqualFold(key, "Set-Cookie") {
			return setCookie
		}
	case len("Set-Cookie2"):
		if strings.EqualFold(key, "Set-Cookie2") {
			return setCookie2
		}
	}
	return otherField
}

// unannounce takes cookies off a list of announced trailers: HTTP/3 moves an
// announced field from the head to the trailer, where a permitted cookie would
// be lost.
func unannounce(header http.Header, key string) {
	var rest []string
	found := false
	for _, list := range header[key] {
		var kept []string
		for name := range strings.SplitSeq(list, ",") {
			name = strings.Trim(name, " \t")
			if f := cookieField(name); f == setCookie || f == setCookie2 {
				found = true
			} else if name != "" {
				kept = append(kept, name)
			}
		}
		if len(kept) > 0 {
			rest = append(rest, strings.Join(kept, ", "))
		}
	}
	switch {
	case !found:
	case len(rest) == 0:
		delete(header, key)
	default:
		header[key] = rest
	}
}
