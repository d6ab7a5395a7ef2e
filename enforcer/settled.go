package enforcer

import (
	"net/http"
	"slices"
	"strings"

	"github.com/caddy-consent/caddy-consent/enforcer/consent"
)

// settled are lines of a header map that were judged, where these are many, or long. A
// handler may write a body in any number of parts, and the head may go out with each of
// them, so that to judge all lines again before every one would be endless work.
type settled struct {
	cookies lent
	dates   []string // by which they were judged
	judge   *judge   // of the header map

	links     lent
	permitted consent.Set // by which they were judged
}

// lent are lines under a key of a header map. Handlers may have kept the slice that is in
// the map, and write into it at any time. So while others send what is in the map, it has
// a copy of what was judged. A handler that puts another slice into the map, as to add a
// line does, has it judged.
type lent struct {
	key    string
	theirs []string // in the map while the handler works; empty where nothing is settled
	ours   []string // in the map while others send it
}

// More lines than fewLines, or more bytes than fewBytes, are not judged before every part
// of a body.
const (
	fewLines = 16
	fewBytes = 4096
)

func areMany(lines []string) bool {
	bytes := 0
	for _, line := range lines[:min(len(lines), fewLines)] {
		bytes += len(line)
	}
	return len(lines) > fewLines || bytes > fewBytes
}

func newLent(key string, lines []string) lent { return lent{key, lines, slices.Clone(lines)} }

// are reports whether lines under a key are those that were judged.
func (l *lent) are(key string, lines []string) bool {
	return l.key == key && isSlice(lines, l.theirs)
}

// isSlice reports whether two slices are one, of the same length.
func isSlice(a, b []string) bool { return len(a) == len(b) && len(a) > 0 && &a[0] == &b[0] }

// takeBack puts into a map what the handler knows, unless somebody else has put in
// something else.
func (l *lent) takeBack(header http.Header) {
	if len(l.theirs) > 0 && isSlice(header[l.key], l.ours) {
		header[l.key] = l.theirs
	}
}

// settleCookies takes note of Set-Cookie lines that were judged, and are as they may go
// out.
func (x *Exchange) settleCookies(header http.Header, key string, j *judge) {
	if !areMany(header[key]) {
		return
	}
	dates := datesOf(header)
	if areMany(dates) {
		return
	}
	if x.settled == nil {
		x.settled = new(settled)
	}
	x.settled.cookies, x.settled.dates, x.settled.judge = newLent(key, header[key]), slices.Clone(dates), j
}

// areSettled reports whether Set-Cookie lines are those that were judged before, and has
// them sent as they were then.
func (x *Exchange) areSettled(header http.Header, f *setCookies) bool {
	s := x.settled
	if s == nil || !s.cookies.are(f.key, f.lines) || !slices.Equal(datesOf(header), s.dates) {
		return false
	}
	if !x.enforcer.ReportOnly {
		header[f.key] = s.cookies.ours
	}
	return true
}

// takeBack gives the handler its header map, once others have sent what is in it.
func (x *Exchange) takeBack() {
	if s := x.settled; s != nil && !x.enforcer.ReportOnly {
		header := x.Header()
		s.cookies.takeBack(header)
		s.links.takeBack(header)
	}
}

// datesOf are the Date lines of a header map.
func datesOf(header http.Header) (dates []string) {
	for key, lines := range header {
		switch {
		case len(key) != len("Date") || !strings.EqualFold(key, "Date"):
		case dates == nil:
			dates = lines
		default:
			dates = slices.Concat(dates, lines)
		}
	}
	return dates
}
